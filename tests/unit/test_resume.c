/* acme_resume(): what a crash left, and what is due later (DESIGN 5 and 6). */
#include "acme/acme_int.h"
#include "acme/due.h"
#include "acme/validate.h"
#include "tests/cmocka.h"
#include "tests/fake/eab.h"

enum { TICK_MS = 1300 }; /* due work is looked for every second */

/* Respond for every name; the network keeps them waiting. */
static void
respond(struct fake_client *c, const struct fake_order *o)
{
	c->w->config.linger_challenge_ms = 1;
	for (size_t i = 0; i < o->n; i++)
		assert_int_equal(fake_post(c, o->http01[i], "{}")->status, 200);
}

TEST(a_validation_that_a_crash_interrupted_goes_on_by_itself)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,b.example");

	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	respond(c, &o);
	for (int i = 0; i < 3; i++) { /* however often it crashes */
		fake_ca_restart(w);
		acme_resume(w->ca);
		fake_settle(w);
		assert_int_equal(w->ca->n_validations, 2);
		assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 2);
	}
	fake_ca_restart(w);
	fake_network_says(&w->network, PROBE_PROVED, 0);
	acme_resume(w->ca);
	assert_true(fake_becomes(c, o.path, "ready"));
	assert_int_equal(w->network.looks, 2);
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 0);
	fake_ca_run(w, TICK_MS, NULL);
	assert_int_equal(w->network.looks, 2);
	assert_int_equal(fake_events(w, "authz.valid"), 2);
	assert_int_equal(fake_post(c, o.finalize,
	                     fake_csr(c, "a.example,b.example"))
	                     ->status,
	    200);
}

/* CHA-06. */
TEST(the_proof_is_of_the_key_the_client_answered_with)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	const char *before;

	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	respond(c, &o);
	before = arena_text(w->arena, w->network.key_authz);
	w->network.key_authz[0] = '\0';
	fake_ca_restart(w);
	fake_network_says(&w->network, PROBE_PROVED, 0);
	acme_resume(w->ca);
	assert_true(fake_becomes(c, o.path, "ready"));
	assert_string_equal(w->network.key_authz, before);
}

TEST(more_than_fit_one_batch_and_more_than_the_limit_all_go_on)
{
	enum { ORDERS = 10, NAMES = 8 };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o[ORDERS];

	w->config.validations_max = ORDERS * NAMES;
	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	for (int i = 0; i < ORDERS; i++) {
		const char *names = "";

		for (int j = 0; j < NAMES; j++)
			names = arena_printf(w->arena, "%s%sn%d-%d.example",
			    names, j == 0 ? "" : ",", i, j);
		o[i] = fake_order(c, names);
		respond(c, &o[i]);
	}
	fake_ca_restart(w);
	w->config.validations_max = 3; /* it has been lowered since */
	fake_network_says(&w->network, PROBE_PROVED, 50);
	acme_resume(w->ca);
	for (int i = 0; i < ORDERS; i++)
		assert_true(fake_becomes(c, o[i].path, "ready"));
	assert_int_equal(w->network.looks, ORDERS * NAMES);
	fake_settle(w);
	assert_int_equal(w->ca->n_validations, 0);
}

TEST(what_was_decided_before_the_crash_is_not_begun_again)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order proven = fake_order(c, "a.example"),
	                  gone = fake_order(c, "b.example"),
	                  late = fake_order(c, "c.example");

	fake_prove(c, &proven);
	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	respond(c, &gone);
	respond(c, &late);
	(void)fake_post(c, gone.authz[0], "{\"status\":\"deactivated\"}");
	fake_clock(w, (int64_t)w->config.order_s * 1000 + 1000);
	fake_ca_restart(w);
	fake_network_says(&w->network, PROBE_PROVED, 0);
	acme_resume(w->ca);
	fake_settle(w);
	assert_int_equal(w->network.looks, 0);
	assert_string_equal(fake_status(c, gone.authz[0]), "deactivated");
	assert_string_equal(fake_status(c, late.authz[0]), "expired");
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 0);
}

TEST(while_it_resumes_what_begins_anew_is_begun_once)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example"),
	                  fresh = fake_order(c, "b.example");
	struct fake_reply *r;

	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	respond(c, &o);
	fake_ca_restart(w);
	fake_network_says(&w->network, PROBE_PROVED, 100);
	acme_resume(w->ca);
	r = fake_post_begin(c, fresh.http01[0], "{}");
	fake_wait(w, r);
	assert_true(fake_becomes(c, o.path, "ready"));
	assert_true(fake_becomes(c, fresh.path, "ready"));
	fake_ca_run(w, TICK_MS, NULL);
	assert_int_equal(w->network.looks, 2);
}

TEST(a_full_store_does_not_keep_it_from_going_on)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");

	fake_network_says(&w->network, PROBE_PROVED, 60 * 1000);
	respond(c, &o);
	fake_ca_restart(w);
	fake_store_full(w, true);
	fake_network_says(&w->network, PROBE_PROVED, 0);
	acme_resume(w->ca);
	assert_true(fake_becomes(c, o.path, "ready"));
}

/* A response that no flow of this process holds, though nobody crashed. */
TEST(a_lease_that_ran_out_is_taken_over)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct authz *z = fake_authz_record(w, o.authz[0]);
	struct batch *b = batch_new(w->arena);
	struct due d = { .kind = DUE_VALIDATION, .object = z->id };

	acme_resume(w->ca);
	/* Of after it: what stood there before, it takes whatever the lease. */
	d.at_ms = loop_now(w->loop) + VALIDATION_LEASE_MS;
	z->challenges[0].status = CHALLENGE_PROCESSING;
	z->challenges[0].key_authz = "token.thumbprint";
	batch_put_authz(b, z);
	batch_due(b, &d);
	fake_commit(w, b);
	fake_ca_run(w, TICK_MS, NULL);
	assert_int_equal(w->network.looks, 0); /* somebody may be at it */
	fake_clock(w, VALIDATION_LEASE_MS + 1000);
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_int_equal(w->network.looks, 1);
	FAKE_UNTIL(w, fake_due_rows(w, DUE_VALIDATION) == 0);
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 0);
}

TEST(a_look_that_outlasts_its_lease_is_not_begun_twice)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");

	acme_resume(w->ca);
	fake_network_says(&w->network, PROBE_PROVED, 3500);
	respond(c, &o);
	for (int i = 1; i <= 2; i++) {
		fake_clock(w, i * (VALIDATION_LEASE_MS + 1000));
		fake_ca_run(w, TICK_MS, NULL);
	}
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_int_equal(w->network.looks, 1);
	fake_clock(w, 4 * VALIDATION_LEASE_MS);
	FAKE_UNTIL(w, fake_due_rows(w, DUE_VALIDATION) == 0);
	assert_int_equal(fake_due_rows(w, DUE_VALIDATION), 0);
}

/* SHL-07. */
TEST(what_has_expired_is_kept_a_while_and_then_pruned)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example"),
	                  idle = fake_order(c, "idle.example");
	int64_t keep = (int64_t)w->config.keep_s * 1000, cert_end, order_end,
	        authz_end;
	const char *cert;
	struct fake_reply *r;

	acme_resume(w->ca);
	fake_prove(c, &o);
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	cert = fake_path(fake_json(w, r, "certificate"));
	cert_end = fake_cert_record(w, cert)->not_after * 1000;
	order_end = fake_order_record(w, o.path)->expires * 1000;
	authz_end = fake_authz_record(w, o.authz[0])->expires * 1000;

	fake_clock_set(w, cert_end + keep - 5000);
	fake_ca_run(w, TICK_MS, NULL);
	assert_non_null(fake_cert_record(w, cert));
	fake_clock_set(w, cert_end + keep);
	FAKE_UNTIL(w, fake_cert_record(w, cert) == NULL);
	assert_null(fake_cert_record(w, cert));
	assert_true(fake_problem(w, fake_post(c, cert, ""), 404, "malformed"));

	fake_clock_set(w, order_end + keep - 5000);
	fake_ca_run(w, TICK_MS, NULL);
	assert_non_null(fake_order_record(w, o.path));
	assert_non_null(fake_authz_record(w, idle.authz[0]));
	fake_clock_set(w, order_end + keep + 2000);
	FAKE_UNTIL(w, fake_authz_record(w, idle.authz[0]) == NULL);
	assert_null(fake_order_record(w, o.path));
	assert_null(fake_order_record(w, idle.path));
	assert_null(fake_authz_record(w, idle.authz[0]));
	assert_non_null(fake_authz_record(w, o.authz[0]));
	r = fake_post(c, arena_printf(w->arena, "%s/orders", fake_path(c->kid)),
	    "");
	assert_string_equal(r->body, "{\"orders\":[]}");

	fake_clock_set(w, authz_end + keep - 5000);
	fake_ca_run(w, TICK_MS, NULL);
	assert_non_null(fake_authz_record(w, o.authz[0]));
	fake_clock_set(w, authz_end + keep);
	FAKE_UNTIL(w, fake_authz_record(w, o.authz[0]) == NULL);
	assert_null(fake_authz_record(w, o.authz[0]));
	assert_int_equal(fake_due_rows(w, DUE_PRUNE_ORDER) +
	                     fake_due_rows(w, DUE_PRUNE_AUTHZ) +
	                     fake_due_rows(w, DUE_PRUNE_CERTIFICATE),
	    0);
}

TEST(keys_that_nobody_used_are_pruned_and_others_kept)
{
	struct fake_ca *w = *state;
	struct eab like = { .expires = loop_now(w->loop) / 1000 + 60 };
	struct eab *unused = fake_eab(w, &like), *used = fake_eab(w, &like),
	           *lasting = fake_eab(w, NULL);
	struct batch *b = batch_new(w->arena);
	struct due rows[3];

	(void)fake_client_bound(w, used);
	for (int i = 0; i < 3; i++) {
		const struct eab *e = i == 0 ? unused : i == 1 ? used : lasting;

		rows[i] = (struct due){ .kind = DUE_PRUNE_EAB,
			.at_ms = like.expires * 1000,
			.object = e->id };
		batch_due(b, &rows[i]);
	}
	fake_commit(w, b);
	fake_clock(w, 61 * 1000);
	acme_resume(w->ca);
	FAKE_UNTIL(w, fake_due_rows(w, DUE_PRUNE_EAB) == 1);
	assert_int_equal(fake_due_rows(w, DUE_PRUNE_EAB), 1);
	assert_non_null(fake_eab_record(w, unused->id));
	fake_clock(w, (61 + (int64_t)w->config.keep_s) * 1000);
	FAKE_UNTIL(w, fake_due_rows(w, DUE_PRUNE_EAB) == 0);
	assert_null(fake_eab_record(w, unused->id));
	assert_non_null(fake_eab_record(w, used->id));
	assert_non_null(fake_eab_record(w, lasting->id));
}

TEST(a_long_certificate_keeps_its_order)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o;
	struct fake_reply *r;
	int64_t keep = (int64_t)w->config.keep_s * 1000;

	acme_resume(w->ca);
	w->config.order_s = 60; /* much less than ten minutes */
	o = fake_order(c, "a.example");
	fake_prove(c, &o);
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_int_equal(r->status, 200);
	fake_clock_set(w,
	    fake_order_record(w, o.path)->expires * 1000 + keep + 2000);
	fake_ca_run(w, TICK_MS, NULL);
	assert_string_equal(fake_status(c, o.path), "valid");
	fake_clock_set(w,
	    fake_order_record(w, o.path)->not_after * 1000 + keep + 2000);
	FAKE_UNTIL(w, fake_order_record(w, o.path) == NULL);
	assert_null(fake_order_record(w, o.path));
}

static uint64_t
store_count(struct fake_ca *w)
{
	struct store_stat stat;

	store_stat(w->store, &stat);
	return stat.orders + stat.authzs;
}

/* SHL-07. */
TEST(many_are_pruned_while_requests_are_answered)
{
	enum { ORDERS = 150 };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct store_stat stat;
	struct fake_reply *r;

	for (int i = 0; i < ORDERS; i++)
		assert_int_equal(fake_post(c, "/acme/new-order",
		                     arena_printf(w->arena,
		                         "{\"identifiers\":[{\"type\":\"dns\","
		                         "\"value\":"
		                         "\"n%d.example\"}]}",
		                         i))
		                     ->status,
		    201);
	fake_clock(w,
	    (int64_t)(w->config.order_s + w->config.keep_s) * 1000 + 5000);
	acme_resume(w->ca);
	r = fake_post(c, fake_path(c->kid), "");
	assert_int_equal(r->status, 200);
	assert_true(r->took_ms < 500);
	FAKE_UNTIL(w, store_count(w) == 0);
	store_stat(w->store, &stat);
	assert_int_equal(stat.orders, 0);
	assert_int_equal(stat.authzs, 0);
	assert_int_equal(stat.accounts, 1);
}

static void
check_not_pruned(struct fake_ca *w, unsigned keep_s)
{
	struct fake_client *c = fake_client_new(w);
	struct fake_order o;

	/* Its time to be kept ends before that of its certificate would. */
	w->config.order_s = 60;
	w->config.keep_s = keep_s;
	o = fake_order(c, "a.example");
	acme_resume(w->ca);
	fake_prove(c, &o);
	w->keeper_silent = true;
	w->config.linger_ms = 10;
	(void)fake_post(c, o.finalize, fake_csr(c, "a.example"));
	fake_clock_set(w, (fake_order_record(w, o.path)->expires +
	                      (int64_t)w->config.keep_s + 5) *
	                      1000);
	fake_ca_run(w, TICK_MS, NULL);
	assert_non_null(fake_order_record(w, o.path));
	assert_true(fake_due_rows(w, DUE_PRUNE_ORDER) > 0);
}

TEST(an_order_under_way_is_not_pruned)
{
	check_not_pruned(*state, 60);
}

/* What is signed must be recorded, though nothing is kept for any longer. */
TEST(an_order_under_way_is_not_pruned_where_nothing_is_kept)
{
	check_not_pruned(*state, 0);
}

TEST(the_journal_is_pruned_and_its_chain_holds)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	uint64_t broken = 0;
	struct snap *s;

	(void)fake_issue(c, "a.example");
	acme_resume(w->ca);
	fake_ca_run(w, TICK_MS, NULL);
	w->config.keep_journal_s = 0; /* for ever */
	fake_clock(w, 100LL * 86400 * 1000);
	fake_ca_run(w, TICK_MS, NULL);
	assert_true(fake_events(w, "account.created") > 0);
	w->config.keep_journal_s = 3600;
	fake_clock(w, 101LL * 86400 * 1000);
	FAKE_UNTIL(w, fake_events(w, "account.created") == 0);
	assert_int_equal(fake_events(w, "account.created"), 0);
	s = snap_open(w->store);
	assert_int_equal(snap_journal_check(s, &broken), OK);
	snap_close(s);
	assert_int_equal(fake_due_rows(w, DUE_PRUNE_JOURNAL), 1);
	fake_ca_restart(w);
	acme_resume(w->ca); /* its row is put once */
	fake_settle(w);
	assert_int_equal(fake_due_rows(w, DUE_PRUNE_JOURNAL), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(
		    a_validation_that_a_crash_interrupted_goes_on_by_itself),
		CA_CASE(the_proof_is_of_the_key_the_client_answered_with),
		CA_CASE(
		    more_than_fit_one_batch_and_more_than_the_limit_all_go_on),
		CA_CASE(what_was_decided_before_the_crash_is_not_begun_again),
		CA_CASE(while_it_resumes_what_begins_anew_is_begun_once),
		CA_CASE(a_full_store_does_not_keep_it_from_going_on),
		CA_CASE(a_lease_that_ran_out_is_taken_over),
		CA_CASE(a_look_that_outlasts_its_lease_is_not_begun_twice),
		CA_CASE(what_has_expired_is_kept_a_while_and_then_pruned),
		CA_CASE(keys_that_nobody_used_are_pruned_and_others_kept),
		CA_CASE(a_long_certificate_keeps_its_order),
		CA_CASE(many_are_pruned_while_requests_are_answered),
		CA_CASE(an_order_under_way_is_not_pruned),
		CA_CASE(an_order_under_way_is_not_pruned_where_nothing_is_kept),
		CA_CASE(the_journal_is_pruned_and_its_chain_holds),
	};

	return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
