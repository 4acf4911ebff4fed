/* One validation: when it looks, when it gives up, what it leaves (DESIGN 5). */
#include "acme/validate.h"

#include "acme/acme_int.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

/* What the network says in turn: P(roved) U(nreached) W(rong) F(orbidden). */
static void
says(struct fake_ca *w, const char *turns, unsigned delay_ms)
{
	static const struct {
		char c;
		enum probe_result r;
	} all[] = { { 'P', PROBE_PROVED }, { 'U', PROBE_UNREACHED },
		{ 'W', PROBE_WRONG }, { 'F', PROBE_FORBIDDEN } };

	fake_network_says(&w->network, PROBE_PROVED, delay_ms);
	w->network.n_results = strlen(turns);
	for (size_t i = 0; turns[i] != '\0'; i++)
		for (size_t j = 0; j < 4; j++)
			if (all[j].c == turns[i])
				w->network.results[i] = all[j].r;
}

/* Respond for a new name and wait for the verdict; how long it took. */
static int64_t
validate_one(struct fake_client *c, struct fake_order *o)
{
	struct fake_ca *w = c->w;
	struct fake_reply *r;
	int64_t began;

	w->config.linger_ms = 10 * 1000;
	*o = fake_order(c, "a.example");
	began = loop_now(w->loop);
	r = fake_post(c, o->http01[0], "{}");
	assert_int_equal(r->status, 200);
	r = fake_post(c, o->authz[0], "");
	assert_string_not_equal(fake_json(w, r, "status"), "pending");
	(void)fake_post(c, o->authz[0], "{\"status\":\"deactivated\"}");
	return loop_now(w->loop) - began;
}

/* CHA-09. */
TEST(it_looks_again_when_that_may_help_and_stops_when_it_does_not)
{
	static const struct {
		const char *turns;
		unsigned delay_ms, looks, least_ms, most_ms;
		const char *verdict, *type;
	} rows[] = {
		{ "P", 0, 1, 0, 1500, "valid", NULL },
		{ "F", 0, 1, 0, 1500, "invalid", "connection" },
		{ "UP", 0, 2, 490, 2000, "valid", NULL },
		{ "UUP", 0, 3, 1490, 3000, "valid", NULL },
		{ "WP", 0, 2, 490, 2000, "valid", NULL },
		{ "WW", 0, 2, 490, 2000, "invalid", "unauthorized" },
		{ "UWW", 0, 3, 1490, 3000, "invalid", "unauthorized" },
		{ "UF", 0, 2, 490, 2000, "invalid", "connection" },
		/* The schedule counts from the response, not from a look. */
		{ "WW", 700, 2, 1390, 2900, "invalid", "unauthorized" },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_order o;
		const struct authz *z;
		int64_t ms;

		says(w, rows[i].turns, rows[i].delay_ms);
		ms = validate_one(c, &o);
		z = fake_authz_record(w, o.authz[0]);
		if (w->network.looks != rows[i].looks ||
		    ms < rows[i].least_ms || ms > rows[i].most_ms)
			fail_msg("%s: %u looks in %lld ms", rows[i].turns,
			    w->network.looks, (long long)ms);
		assert_int_equal(z->challenges[0].status == CHALLENGE_VALID,
		    rows[i].type == NULL);
		if (rows[i].type != NULL)
			assert_string_equal(z->challenges[0].error.type,
			    rows[i].type);
	}
	fake_settle(w);
	assert_int_equal(w->ca->n_validations, 0);
}

/* CHA-09, CHA-13. */
TEST(what_is_never_reached_is_given_up_after_six_seconds)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o;
	int64_t ms;

	says(w, "U", 0);
	w->network.why = "refused by 192.0.2.1";
	ms = validate_one(c, &o);
	assert_int_equal(w->network.looks, 5);
	assert_true(ms >= 5990 && ms < 8000);
	assert_string_equal(fake_authz_record(w, o.authz[0])
	                        ->challenges[0]
	                        .error.detail,
	    "refused by 192.0.2.1");
}

/* CHA-10, SEC-03. */
TEST(the_verdict_rests_with_its_evidence_and_in_the_journal)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "*.a.example");
	struct event e[16];
	struct snap *s;
	size_t n, at;

	says(w, "WW", 0);
	w->network.why = "a \"quoted\" \\ answer";
	(void)fake_post(c, o.dns01[0], "{}");
	assert_true(fake_becomes(c, o.authz[0], "invalid"));
	assert_non_null(strstr(fake_authz_record(w, o.authz[0])->evidence,
	    "192.0.2.1"));
	s = snap_open(w->store);
	n = snap_events(s, w->arena, 1, e, 16);
	for (at = 0; at < n && strcmp(e[at].kind, "authz.invalid") != 0; at++)
		;
	assert_true(at < n);
	assert_non_null(strstr(e[at].detail, "\"name\":\"*.a.example\""));
	assert_non_null(strstr(e[at].detail, "\"challenge\":\"dns-01\""));
	assert_non_null(strstr(e[at].detail, "\"looks\":2"));
	assert_non_null(strstr(e[at].detail,
	    "\"a \\\"quoted\\\" \\\\ answer\""));
	assert_non_null(strstr(e[at].detail, "\"evidence\":["));
	snap_close(s);
	fake_ca_restart(w);
	assert_string_equal(fake_status(c, o.authz[0]), "invalid");
	assert_string_equal(fake_status(c, o.path), "invalid");
}

TEST(its_row_of_due_work_lasts_as_long_as_it_does)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");

	w->config.linger_challenge_ms = 1;
	fake_network_says(&w->network, PROBE_PROVED, 100);
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 0);
	(void)fake_post(c, o.http01[0], "{}");
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 1);
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 0);
}

TEST(a_full_store_takes_the_verdict)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");

	w->config.linger_challenge_ms = 1;
	fake_network_says(&w->network, PROBE_PROVED, 50);
	(void)fake_post(c, o.http01[0], "{}");
	fake_store_full(w, true);
	assert_true(fake_becomes(c, o.path, "ready"));
}

TEST(many_at_once_do_not_wait_for_each_other)
{
	enum { ORDERS = 20 };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o[ORDERS];
	int64_t began;

	w->config.linger_challenge_ms = 1;
	for (int i = 0; i < ORDERS; i++)
		o[i] = fake_order(c,
		    arena_printf(w->arena, "a%d.example,b%d.example", i, i));
	fake_network_says(&w->network, PROBE_PROVED, 300);
	began = loop_now(w->loop);
	for (int i = 0; i < ORDERS; i++)
		for (int j = 0; j < 2; j++)
			(void)fake_post_begin(c, o[i].http01[j], "{}");
	for (int i = 0; i < ORDERS; i++)
		assert_true(fake_becomes(c, o[i].path, "ready"));
	/* Forty at 300 ms each would be twelve seconds. */
	assert_true(loop_now(w->loop) - began < 4000);
	fake_settle(w);
	assert_int_equal(w->ca->n_validations, 0);
}

TEST(a_verdict_that_comes_after_the_name_expired_is_void)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");

	w->config.linger_challenge_ms = 1;
	fake_network_says(&w->network, PROBE_PROVED, 100);
	(void)fake_post(c, o.http01[0], "{}");
	fake_clock(w, (int64_t)w->config.order_s * 1000);
	FAKE_UNTIL(w, w->network.under_way == NULL);
	fake_settle(w);
	assert_int_equal(w->ca->n_validations, 0);
	assert_string_equal(fake_status(c, o.authz[0]), "expired");
	assert_string_equal(fake_status(c, o.path), "invalid");
	assert_int_equal(fake_events(w, "authz.valid"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(
		    it_looks_again_when_that_may_help_and_stops_when_it_does_not),
		CA_CASE(what_is_never_reached_is_given_up_after_six_seconds),
		CA_CASE(the_verdict_rests_with_its_evidence_and_in_the_journal),
		CA_CASE(its_row_of_due_work_lasts_as_long_as_it_does),
		CA_CASE(a_full_store_takes_the_verdict),
		CA_CASE(many_at_once_do_not_wait_for_each_other),
		CA_CASE(a_verdict_that_comes_after_the_name_expired_is_void),
	};

	return cmocka_run_group_tests_name("validate", tests, NULL, NULL);
}
