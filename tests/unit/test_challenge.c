/* A challenge (RFC 8555, 7.5.1 and 8; CONFORMANCE CHA; DESIGN 4 and 5). */
#include <stdlib.h>

#include "acme/acme_int.h"
#include "acme/underway.h"
#include "crypto/jwk.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

/* CHA-01, CHA-02, CHA-03, CHA-04, QRK-01. */
TEST(s7_5_1_a_response_starts_validation_and_tells_the_challenge)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r = fake_post(c, o.http01[0], "{}");

	assert_int_equal(r->status, 200);
	assert_string_equal(fake_path(fake_link(w, r, "up")), o.authz[0]);
	assert_string_equal(fake_path(fake_header(r, "Location")), o.http01[0]);
	assert_string_equal(fake_path(fake_json(w, r, "url")), o.http01[0]);
	assert_string_equal(fake_json(w, r, "type"), "http-01");
	assert_non_null(fake_json(w, r, "token"));
	assert_true(fake_becomes(c, o.http01[0], "valid"));
	r = fake_post(c, o.http01[0], "");
	assert_non_null(fake_json(w, r, "validated"));
	assert_string_equal(fake_path(fake_link(w, r, "up")), o.authz[0]);
}

/* CHA-06, VEC-13. */
TEST(s8_1_the_proof_is_of_this_token_by_this_key)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	const char *jwk = fake_signer_jwk(c->signer);
	char thumbprint[JWK_THUMBPRINT];
	struct fault f = { 0 };
	struct fake_reply *r;
	struct jwk *key;

	assert_int_equal(jwk_parse(jwk, strlen(jwk), &key, &f), OK);
	jwk_thumbprint(key, thumbprint);
	jwk_free(key);
	r = fake_post(c, o.dns01[0], "{}");
	assert_string_equal(w->network.key_authz,
	    arena_printf(w->arena, "%s.%s", fake_json(w, r, "token"),
	        thumbprint));
}

TEST(nothing_is_looked_at_before_the_response_is_durable)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r = fake_post_begin(c, o.http01[0], "{}");

	assert_int_equal(w->network.looks, 0);
	fake_wait(w, r);
	assert_int_equal(w->network.looks, 1);
	o = fake_order(c, "b.example");
	fake_store_full(w, true); /* and never if it cannot be */
	assert_true(fake_problem(w, fake_post(c, o.http01[0], "{}"), 503,
	    "serverInternal"));
	fake_store_full(w, false);
	assert_int_equal(w->network.looks, 1);
	assert_string_equal(fake_status(c, o.http01[0]), "pending");
}

/* PAG-04, SEC-08. */
TEST(what_is_not_there_and_what_is_somebody_else_s_look_alike)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct fake_order o = fake_order(c, "*.a.example");
	const char *http01 = arena_printf(w->arena, "%.*shttp-01",
	    (int)(strrchr(o.dns01[0], '/') + 1 - o.dns01[0]), o.dns01[0]);

	assert_true(fake_problem(w, fake_post(other, o.dns01[0], "{}"), 404,
	    "malformed"));
	assert_true(fake_problem(w, fake_post(other, o.dns01[0], ""), 404,
	    "malformed"));
	/* Not offered for a wildcard (H01-07). */
	assert_true(fake_problem(w, fake_post(c, http01, "{}"), 404,
	    "malformed"));
	assert_true(fake_problem(w,
	    fake_post(c, "/acme/challenge/AAAAAAAAAAAAAAAAAAAAAA/dns-01", "{}"),
	    404, "malformed"));
	assert_int_equal(w->network.looks, 0);
	assert_string_equal(fake_status(c, o.dns01[0]), "pending");
}

/* CHA-02. */
TEST(unknown_members_are_ignored_and_what_is_no_object_is_refused)
{
	static const char *const good[] = { "{\"keyAuthorization\":\"x.y\"}",
		"{\"a\":{\"b\":[1,2]}}" };
	static const char *const bad[] = { "[]", "null", "1", "\"\"", "{",
		"{}{}", "{\"a\":1,\"a\":1}" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,b.example,c.example");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!fake_problem(w, fake_post(c, o.http01[0], bad[i]), 400,
		        "malformed"))
			fail_msg("%s", bad[i]);
	assert_int_equal(w->network.looks, 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(fake_post(c, o.http01[1 + i], good[i])->status,
		    200);
	assert_int_equal(w->network.looks, 2);
}

/* CHA-07, QRK-37, QRK-66. */
TEST(said_again_it_is_told_again_and_not_looked_at_again)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	w->config.linger_challenge_ms = 1;
	fake_network_says(&w->network, PROBE_PROVED, 100);
	for (int i = 0; i < 3; i++) {
		r = fake_post(c, o.http01[0], "{}");
		assert_int_equal(r->status, 200);
		assert_string_equal(fake_json(w, r, "status"), "processing");
		assert_true(atoi(fake_header(r, "Retry-After")) >= 1);
	}
	assert_true(fake_becomes(c, o.http01[0], "valid"));
	for (int i = 0; i < 3; i++) { /* CHA-07 */
		r = fake_post(c, o.http01[0], "{}");
		assert_int_equal(r->status, 200);
		assert_string_equal(fake_json(w, r, "status"), "valid");
		/* The other one of a name that is proven: no harm, either. */
		assert_int_equal(fake_post(c, o.dns01[0], "{}")->status, 200);
	}
	assert_int_equal(w->network.looks, 1);
	assert_int_equal(fake_events(w, "authz.valid"), 1);
}

TEST(of_many_at_once_one_starts_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r[8];

	fake_network_says(&w->network, PROBE_PROVED, 50);
	for (int i = 0; i < 8; i++)
		r[i] = fake_post_begin(c, o.http01[0], "{}");
	for (int i = 0; i < 8; i++) {
		fake_wait(w, r[i]);
		assert_int_equal(r[i]->status, 200);
	}
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_int_equal(w->network.looks, 1);
}

/* AUT-05. */
TEST(of_two_challenges_the_first_verdict_stands)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *a, *b;

	w->network.results[0] = PROBE_PROVED;
	w->network.results[1] = PROBE_FORBIDDEN;
	w->network.n_results = 2;
	w->network.delay_ms = 30;
	a = fake_post_begin(c, o.http01[0], "{}");
	b = fake_post_begin(c, o.dns01[0], "{}");
	fake_wait(w, a);
	fake_wait(w, b);
	assert_int_equal(a->status, 200);
	assert_int_equal(b->status, 200);
	FAKE_UNTIL(w, w->network.under_way == NULL);
	fake_settle(w);
	assert_int_equal(w->network.looks, 2);
	assert_int_equal(fake_events(w, "authz.valid") +
	                     fake_events(w, "authz.invalid"),
	    1);
	assert_string_equal(fake_status(c, o.authz[0]),
	    fake_events(w, "authz.valid") == 1 ? "valid" : "invalid");
	assert_int_equal(w->ca->n_validations, 0);
}

/* CHA-07, CHA-08, CHA-14. */
TEST(what_is_decided_or_over_is_not_looked_at)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order lost = fake_order(c, "a.example"),
	                  late = fake_order(c, "b.example"),
	                  gone = fake_order(c, "c.example");
	unsigned looks;

	fake_network_says(&w->network, PROBE_FORBIDDEN, 0);
	(void)fake_post(c, lost.http01[0], "{}");
	assert_true(fake_becomes(c, lost.http01[0], "invalid"));
	(void)fake_post(c, gone.authz[0], "{\"status\":\"deactivated\"}");
	fake_network_says(&w->network, PROBE_PROVED, 0);
	looks = w->network.looks;
	assert_true(fake_problem(w, fake_post(c, lost.http01[0], "{}"), 400,
	    "malformed"));
	assert_true(fake_problem(w, fake_post(c, lost.dns01[0], "{}"), 400,
	    "malformed"));
	assert_true(fake_problem(w, fake_post(c, gone.http01[0], "{}"), 400,
	    "malformed"));
	fake_clock(w, (int64_t)w->config.order_s * 1000 + 1000);
	assert_true(fake_problem(w, fake_post(c, late.http01[0], "{}"), 400,
	    "malformed"));
	assert_int_equal(w->network.looks, looks);
	assert_string_equal(fake_status(c, lost.authz[0]), "invalid");
}

TEST(the_last_name_s_answer_waits_a_moment_for_the_verdict)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	w->config.linger_challenge_ms = 2000;
	fake_network_says(&w->network, PROBE_PROVED, 60);
	r = fake_post(c, o.http01[0], "{}");
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_true(r->took_ms >= 55);
	assert_null(fake_header(r, "Retry-After"));

	w->config.linger_challenge_ms = 300;
	o = fake_order(c, "b.example");
	fake_network_says(&w->network, PROBE_PROVED, 2000);
	r = fake_post(c, o.http01[0], "{}");
	assert_string_equal(fake_json(w, r, "status"), "processing");
	assert_true(r->took_ms >= 295 && r->took_ms < 1900);
	assert_true(atoi(fake_header(r, "Retry-After")) >= 1);
}

TEST(with_other_names_to_prove_the_answer_comes_at_once)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,b.example,c.example");
	int64_t began = loop_now(w->loop);

	w->config.linger_challenge_ms = 5000;
	fake_network_says(&w->network, PROBE_PROVED, 1500);
	for (size_t i = 0; i < 3; i++) {
		struct fake_reply *r = fake_post(c, o.http01[i], "{}");

		assert_string_equal(fake_json(w, r, "status"), "processing");
	}
	assert_true(loop_now(w->loop) - began < 1400);
	assert_true(fake_becomes(c, o.path, "ready"));
}

TEST(a_proven_name_beside_it_does_not_count_as_pending)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order first = fake_order(c, "a.example"), o;
	struct fake_reply *r;

	w->config.linger_challenge_ms = 2000;
	fake_prove(c, &first);
	o = fake_order(c, "a.example,b.example");
	fake_network_says(&w->network, PROBE_PROVED, 60);
	r = fake_post(c, o.http01[1], "{}");
	assert_string_equal(fake_json(w, r, "status"), "valid");
}

TEST(fetched_it_lingers_until_the_verdict)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	w->config.linger_challenge_ms = 1;
	fake_network_says(&w->network, PROBE_PROVED, 150);
	(void)fake_post(c, o.http01[0], "{}");
	r = fake_post(c, o.http01[0], "");
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_true(r->took_ms < 2900);
}

/* SEC-02, SHL-06, HTTP-23. */
TEST(too_many_at_once_are_told_to_come_back)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,b.example");
	struct fake_reply *r;

	w->config.validations_max = 1;
	fake_network_says(&w->network, PROBE_PROVED, 1000);
	(void)fake_post(c, o.http01[0], "{}");
	r = fake_post(c, o.http01[1], "{}");
	assert_true(fake_problem(w, r, 503, "serverInternal"));
	assert_true(atoi(fake_header(r, "Retry-After")) >= 1);
	assert_string_equal(fake_status(c, o.http01[1]), "pending");
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_int_equal(fake_post(c, o.http01[1], "{}")->status, 200);
	assert_true(fake_becomes(c, o.path, "ready"));
}

TEST(more_at_once_in_one_turn_than_the_limit_all_end)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,b.example,c.example");
	struct fake_reply *r[3];
	unsigned accepted = 0;

	w->config.validations_max = 1;
	fake_network_says(&w->network, PROBE_PROVED, 30);
	for (size_t i = 0; i < 3; i++)
		r[i] = fake_post_begin(c, o.http01[i], "{}");
	for (size_t i = 0; i < 3; i++) {
		fake_wait(w, r[i]);
		accepted += r[i]->status == 200;
		assert_true(r[i]->status == 200 || r[i]->status == 503);
	}
	/* What was accepted is looked at, now: nobody waits for a lease. */
	for (size_t i = 0; i < 3; i++)
		if (r[i]->status == 200)
			assert_true(fake_becomes(c, o.authz[i], "valid"));
	assert_true(accepted >= 1);
}

TEST(an_account_deactivated_at_once_with_the_response_starts_nothing)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *d, *r;

	d = fake_post_begin(c, fake_path(c->kid),
	    "{\"status\":\"deactivated\"}");
	r = fake_post_begin(c, o.http01[0], "{}");
	fake_wait(w, d);
	fake_wait(w, r);
	assert_int_equal(d->status, 200);
	assert_true(fake_problem(w, r, 401, "unauthorized"));
	fake_settle(w);
	assert_int_equal(w->network.looks, 0);
}

TEST(who_hangs_up_has_it_validated_all_the_same)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,b.example");
	struct fake_reply *r;

	w->config.linger_challenge_ms = 5000;
	r = fake_post_begin(c, o.http01[0], "{}");
	fake_hang_up(r); /* while it is being committed */
	fake_network_says(&w->network, PROBE_PROVED, 1000);
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_true(r->dropped);
	r = fake_post_begin(c, o.http01[1], "{}");
	fake_settle(w);
	fake_hang_up(r); /* while it is parked */
	assert_true(r->dropped);
	assert_true(fake_becomes(c, o.path, "ready"));
}

static enum challenge_status
recorded(struct fake_ca *w, const struct fake_order *o)
{
	return fake_authz_record(w, o->authz[0])->challenges[0].status;
}

static uint64_t
commits(struct fake_ca *w)
{
	struct store_stat stat;

	store_stat(w->store, &stat);
	return stat.commits;
}

TEST(while_its_client_waits_a_response_is_one_commit_with_its_verdict)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;
	struct challenge *ch;
	uint64_t before = commits(w);

	fake_network_says(&w->network, PROBE_PROVED, 30);
	w->config.linger_challenge_ms = 5000;
	r = fake_post(c, o.http01[0], "{}");
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_int_equal(commits(w), before + 1);
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 0);
	ch = fake_authz_record(w, o.authz[0])->challenges;
	assert_string_equal(ch->key_authz, w->network.key_authz);
	assert_string_equal(ch->account_url, w->network.account_url);
	assert_true(ch->accepted_ms > 0 &&
	            ch->accepted_ms <= loop_now(w->loop));
}

TEST(what_is_told_to_be_processing_is_durable_by_then)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	w->config.linger_challenge_ms = 200;
	r = fake_post_begin(c, o.http01[0], "{}");
	fake_settle(w);
	assert_int_equal(w->network.looks, 1);
	assert_int_equal(recorded(w, &o), CHALLENGE_PENDING);
	fake_wait(w, r); /* up to the bound */
	assert_string_equal(fake_json(w, r, "status"), "processing");
	assert_int_equal(recorded(w, &o), CHALLENGE_PROCESSING);
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 1);
	assert_int_equal(w->network.looks, 1);
	fake_ca_restart(w); /* so a crash now loses nothing that was told */
	fake_network_says(&w->network, PROBE_PROVED, 0);
	acme_resume(w->ca);
	assert_true(fake_becomes(c, o.path, "ready"));
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 0);
}

TEST(a_drain_tells_processing_only_when_that_is_durable)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example"),
	                  late = fake_order(c, "b.example");
	struct fake_reply *r, *l;

	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	w->config.linger_challenge_ms = 60 * 1000;
	r = fake_post_begin(c, o.http01[0], "{}");
	fake_settle(w);
	l = fake_post_begin(c, late.http01[0], "{}"); /* not parked yet */
	acme_drain(w->ca);
	fake_wait(w, r);
	fake_wait(w, l);
	assert_string_equal(fake_json(w, r, "status"), "processing");
	assert_string_equal(fake_json(w, l, "status"), "processing");
	assert_int_equal(recorded(w, &o), CHALLENGE_PROCESSING);
	assert_int_equal(recorded(w, &late), CHALLENGE_PROCESSING);
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 2);
}

TEST(a_crash_while_its_client_waits_leaves_a_challenge_to_respond_to)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	r = fake_post_begin(c, o.http01[0], "{}");
	fake_settle(w);
	fake_ca_restart(w);
	assert_true(r->dropped); /* nobody has been told anything */
	acme_resume(w->ca);
	fake_settle(w);
	assert_int_equal(w->ca->n_validations, 0);
	assert_string_equal(fake_status(c, o.authz[0]), "pending");
	fake_network_says(&w->network, PROBE_PROVED, 0);
	assert_string_equal(fake_json(w, fake_post(c, o.http01[0], "{}"),
	                        "status"),
	    "valid");
}

TEST(who_says_it_again_while_it_is_not_on_disk_waits_for_the_same_look)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *first, *second;

	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	w->config.linger_challenge_ms = 100;
	first = fake_post_begin(c, o.http01[0], "{}");
	fake_settle(w);
	second = fake_post_begin(c, o.http01[0], "{}");
	fake_wait(w, first);
	fake_wait(w, second);
	assert_string_equal(fake_json(w, first, "status"), "processing");
	assert_string_equal(fake_json(w, second, "status"), "processing");
	assert_int_equal(w->network.looks, 1);
	assert_int_equal(w->ca->n_validations, 1);
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 1);
}

/* CHA-07: as twenty clients of one account may say it at once, on all loops. */
TEST(what_another_loop_looks_at_is_not_looked_at_here)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct id authz = fake_authz_record(w, o.authz[0])->id;
	struct fake_reply *r;

	w->config.linger_challenge_ms = 100;
	assert_true(underway_begin(w->ca->deps.underway, authz, 0));
	r = fake_post(c, o.http01[0], "{}");
	assert_string_equal(fake_json(w, r, "status"), "processing");
	assert_int_equal(w->network.looks, 0);
	underway_end(w->ca->deps.underway, authz, 0);
	fake_ca_restart(w);
	acme_resume(w->ca); /* it was durable before it was told */
	assert_true(fake_becomes(c, o.path, "ready"));
}

TEST(each_challenge_is_looked_at_by_one)
{
	struct underway *u = underway_new();
	struct id a = id_new(1), b = id_new(1);

	(void)state;
	assert_true(underway_begin(u, a, 0));
	assert_false(underway_begin(u, a, 0));
	assert_true(underway_begin(u, a, 1));
	assert_true(underway_begin(u, b, 0));
	assert_true(underway_has(u, a, 0));
	underway_end(u, a, 0);
	assert_false(underway_has(u, a, 0));
	assert_true(underway_has(u, a, 1));
	assert_true(underway_begin(u, a, 0));
	underway_free(u);
	underway_free(NULL);
}

/* CHA-05: while it is looked at, a fetch tells when to come again. */
TEST(s8_2_fetched_too_early_it_says_when_to_come_again)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	w->config.linger_challenge_ms = 1;
	w->config.linger_ms = 10;
	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	(void)fake_post(c, o.http01[0], "{}");
	r = fake_post(c, o.http01[0], "");
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "status"), "processing");
	assert_null(fake_json(w, r, "error"));
	assert_true(atoi(fake_header(r, "Retry-After")) >= 1);
	assert_string_equal(fake_path(fake_link(w, r, "up")), o.authz[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(
		    s7_5_1_a_response_starts_validation_and_tells_the_challenge),
		CA_CASE(s8_1_the_proof_is_of_this_token_by_this_key),
		CA_CASE(nothing_is_looked_at_before_the_response_is_durable),
		CA_CASE(
		    what_is_not_there_and_what_is_somebody_else_s_look_alike),
		CA_CASE(
		    unknown_members_are_ignored_and_what_is_no_object_is_refused),
		CA_CASE(said_again_it_is_told_again_and_not_looked_at_again),
		CA_CASE(of_many_at_once_one_starts_it),
		CA_CASE(of_two_challenges_the_first_verdict_stands),
		CA_CASE(what_is_decided_or_over_is_not_looked_at),
		CA_CASE(the_last_name_s_answer_waits_a_moment_for_the_verdict),
		CA_CASE(with_other_names_to_prove_the_answer_comes_at_once),
		CA_CASE(a_proven_name_beside_it_does_not_count_as_pending),
		CA_CASE(fetched_it_lingers_until_the_verdict),
		CA_CASE(s8_2_fetched_too_early_it_says_when_to_come_again),
		CA_CASE(too_many_at_once_are_told_to_come_back),
		CA_CASE(more_at_once_in_one_turn_than_the_limit_all_end),
		CA_CASE(
		    an_account_deactivated_at_once_with_the_response_starts_nothing),
		CA_CASE(who_hangs_up_has_it_validated_all_the_same),
		CA_CASE(
		    while_its_client_waits_a_response_is_one_commit_with_its_verdict),
		CA_CASE(what_is_told_to_be_processing_is_durable_by_then),
		CA_CASE(a_drain_tells_processing_only_when_that_is_durable),
		CA_CASE(
		    a_crash_while_its_client_waits_leaves_a_challenge_to_respond_to),
		CA_CASE(
		    who_says_it_again_while_it_is_not_on_disk_waits_for_the_same_look),
		CA_CASE(what_another_loop_looks_at_is_not_looked_at_here),
		cmocka_unit_test(each_challenge_is_looked_at_by_one),
	};

	return cmocka_run_group_tests_name("challenge", tests, NULL, NULL);
}
