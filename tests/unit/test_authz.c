/* An authorization (RFC 8555, 7.1.4, 7.5 and 7.5.2; CONFORMANCE AUT). */
#include <stdlib.h>

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

#define DEACTIVATE "{\"status\":\"deactivated\"}"

/* CHA-01, AUT-01, AUT-03, AUT-10. */
TEST(s7_1_4_while_pending_every_challenge_is_shown_flat)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "A.example");
	struct fake_reply *r = fake_post(c, o.authz[0], "");

	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "status"), "pending");
	assert_string_equal(fake_json(w, r, "identifier.type"), "dns");
	assert_string_equal(fake_json(w, r, "identifier.value"), "a.example");
	assert_non_null(fake_json(w, r, "expires"));
	assert_null(fake_json(w, r, "wildcard"));
	assert_int_equal(fake_json_count(w, r, "challenges"), 2);
	for (size_t i = 0; i < 2; i++) { /* type, url, status, token */
		assert_int_equal(fake_json_count(w, r,
		                     i == 0 ? "challenges.0" : "challenges.1"),
		    4);
		assert_string_equal(fake_json(w, r,
		                        i == 0 ? "challenges.0.status"
		                               : "challenges.1.status"),
		    "pending");
	}
	assert_null(fake_header(r, "Retry-After"));
}

/* PAG-04, SEC-08. */
TEST(somebody_else_s_looks_like_none)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *foreign = fake_post(other, o.authz[0], ""),
	                  *missing = fake_post(c,
	                      "/acme/authz/AAAAAAAAAAAAAAAAAAAAAA", "");

	assert_true(fake_problem(w, foreign, 404, "malformed"));
	assert_true(fake_problem(w, missing, 404, "malformed"));
	assert_string_equal(foreign->body, missing->body);
	assert_true(fake_problem(w, fake_post(other, o.authz[0], DEACTIVATE),
	    404, "malformed"));
	assert_string_equal(fake_status(c, o.authz[0]), "pending");
	assert_true(fake_problem(w, fake_get(w, o.authz[0]), 405, "malformed"));
}

/* CHA-01, AUT-03. */
TEST(once_valid_it_shows_what_proved_it_and_lasts_longer)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *before = fake_post(c, o.authz[0], ""), *r;

	(void)fake_post(c, o.dns01[0], "{}");
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	r = fake_post(c, o.authz[0], "");
	assert_int_equal(fake_json_count(w, r, "challenges"), 1);
	assert_string_equal(fake_json(w, r, "challenges.0.type"), "dns-01");
	assert_string_equal(fake_json(w, r, "challenges.0.status"), "valid");
	assert_non_null(fake_json(w, r, "challenges.0.validated"));
	assert_null(fake_json(w, r, "challenges.0.error"));
	assert_true(strcmp(fake_json(w, r, "expires"),
	                fake_json(w, before, "expires")) > 0);
}

/* CHA-01, AUT-03, AUT-04, QRK-02. */
TEST(once_invalid_it_shows_what_failed_with_the_error)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	fake_network_says(&w->network, PROBE_WRONG, 0);
	(void)fake_post(c, o.http01[0], "{}");
	assert_true(fake_becomes(c, o.authz[0], "invalid"));
	r = fake_post(c, o.authz[0], "");
	assert_int_equal(fake_json_count(w, r, "challenges"), 1);
	assert_string_equal(fake_json(w, r, "challenges.0.type"), "http-01");
	assert_string_equal(fake_json(w, r, "challenges.0.status"), "invalid");
	assert_string_equal(fake_json(w, r, "challenges.0.error.type"),
	    "urn:ietf:params:acme:error:unauthorized");
	assert_string_equal(fake_json(w, r, "challenges.0.error.detail"),
	    "seen, and wrong");
	assert_string_equal(fake_json(w, r, "challenges.0.error.status"),
	    "403");
	assert_null(fake_json(w, r, "challenges.0.validated"));
}

/* AUT-06. */
TEST(s7_5_2_it_can_be_deactivated_while_pending_or_valid)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order pending = fake_order(c, "a.example"),
	                  proven = fake_order(c, "b.example");
	struct fake_reply *r;

	fake_prove(c, &proven);
	for (size_t i = 0; i < 2; i++) {
		const struct fake_order *o = i == 0 ? &pending : &proven;

		r = fake_post(c, o->authz[0], DEACTIVATE);
		assert_int_equal(r->status, 200);
		assert_string_equal(fake_json(w, r, "status"), "deactivated");
		assert_string_equal(fake_status(c, o->authz[0]), "deactivated");
		r = fake_post(c, o->path, "");
		assert_string_equal(fake_json(w, r, "status"), "invalid");
		assert_non_null(strstr(fake_json(w, r, "error.detail"),
		    "deactivated"));
		r = fake_post(c, o->finalize, fake_csr(c, "b.example"));
		assert_true(fake_problem(w, r, 403, "orderNotReady"));
		r = fake_post(c, o->http01[0], "{}");
		assert_true(fake_problem(w, r, 400, "malformed"));
	}
	assert_int_equal(fake_events(w, "authz.deactivated"), 2);
}

/* AUT-06, AUT-08, STM-02. */
TEST(s7_5_2_what_is_over_cannot_be_deactivated)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order failed = fake_order(c, "a.example"),
	                  expired = fake_order(c, "b.example");

	fake_network_says(&w->network, PROBE_FORBIDDEN, 0);
	(void)fake_post(c, failed.http01[0], "{}");
	assert_true(fake_becomes(c, failed.authz[0], "invalid"));
	assert_true(fake_problem(w, fake_post(c, failed.authz[0], DEACTIVATE),
	    400, "malformed"));
	fake_clock(w, (int64_t)w->config.order_s * 1000);
	assert_string_equal(fake_status(c, expired.authz[0]), "expired");
	assert_true(fake_problem(w, fake_post(c, expired.authz[0], DEACTIVATE),
	    400, "malformed"));
	assert_int_equal(fake_events(w, "authz.deactivated"), 0);
}

/* AUT-06. */
TEST(nothing_else_can_be_posted)
{
	static const char *const payloads[] = { "{}", "[]", "null",
		"{\"status\":\"valid\"}", "{\"status\":\"pending\"}",
		"{\"status\":\"\"}", "{\"status\":null}", "{\"status\":1}",
		"{\"status\":\"Deactivated\"}",
		"{\"Status\":\"deactivated\"}" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");

	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		if (!fake_problem(w, fake_post(c, o.authz[0], payloads[i]), 400,
		        "malformed"))
			fail_msg("%s", payloads[i]);
	assert_string_equal(fake_status(c, o.authz[0]), "pending");
}

/* AUT-07. */
TEST(it_lingers_while_a_challenge_is_validated)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	w->config.linger_challenge_ms = 1;
	w->config.linger_ms = 100;
	fake_network_says(&w->network, PROBE_PROVED, 1500);
	(void)fake_post(c, o.http01[0], "{}");
	r = fake_post(c, o.authz[0], "");
	assert_string_equal(fake_json(w, r, "status"), "pending");
	assert_true(atoi(fake_header(r, "Retry-After")) >= 1);
	assert_true(r->took_ms >= 95 && r->took_ms < 1400);
	w->config.linger_ms = 3000;
	r = fake_post(c, o.authz[0], "");
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_null(fake_header(r, "Retry-After"));
	assert_true(r->took_ms < 2900);
}

/* The verdict comes too late: nothing may bring the name back. */
TEST(deactivated_under_way_it_stays_so_and_wakes_who_waits)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *order, *authz;

	w->config.linger_challenge_ms = 1;
	fake_network_says(&w->network, PROBE_PROVED, 1000);
	(void)fake_post(c, o.http01[0], "{}");
	order = fake_post_begin(c, o.path, "");
	authz = fake_post_begin(c, o.authz[0], "");
	fake_settle(w);
	(void)fake_post(c, o.authz[0], DEACTIVATE);
	fake_wait(w, order);
	fake_wait(w, authz);
	assert_string_equal(fake_json(w, order, "status"), "invalid");
	assert_string_equal(fake_json(w, authz, "status"), "deactivated");
	assert_true(order->took_ms < 900 && authz->took_ms < 900);
	FAKE_UNTIL(w, w->network.under_way == NULL);
	fake_settle(w);
	assert_string_equal(fake_status(c, o.authz[0]), "deactivated");
	assert_string_equal(fake_status(c, o.path), "invalid");
	assert_int_equal(fake_events(w, "authz.valid"), 0);
}

TEST(deactivated_by_two_at_once_it_is_so_once)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r[3];

	for (int i = 0; i < 3; i++)
		r[i] = fake_post_begin(c, o.authz[0], DEACTIVATE);
	for (int i = 0; i < 3; i++) {
		fake_wait(w, r[i]);
		assert_string_equal(fake_json(w, r[i], "status"),
		    r[i]->status == 200 ? "deactivated" : "400");
	}
	assert_int_equal(fake_events(w, "authz.deactivated"), 1);
}

/* AUT-08, STM-03. */
TEST(s7_1_6_a_proof_runs_out_and_its_orders_with_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	int64_t now;

	w->config.order_s = 20 * 3600; /* orders that outlive proofs */
	o = fake_order(c, "b.example");
	fake_prove(c, &o);
	now = (int64_t)w->config.authz_s * 1000;
	fake_clock(w, now - 5000);
	assert_string_equal(fake_status(c, o.authz[0]), "valid");
	fake_clock(w, 20LL * 3600 * 1000);
	assert_string_equal(fake_status(c, o.authz[0]), "expired");
	assert_string_equal(fake_status(c, o.path), "invalid");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_1_4_while_pending_every_challenge_is_shown_flat),
		CA_CASE(somebody_else_s_looks_like_none),
		CA_CASE(once_valid_it_shows_what_proved_it_and_lasts_longer),
		CA_CASE(once_invalid_it_shows_what_failed_with_the_error),
		CA_CASE(s7_5_2_it_can_be_deactivated_while_pending_or_valid),
		CA_CASE(s7_5_2_what_is_over_cannot_be_deactivated),
		CA_CASE(nothing_else_can_be_posted),
		CA_CASE(it_lingers_while_a_challenge_is_validated),
		CA_CASE(deactivated_under_way_it_stays_so_and_wakes_who_waits),
		CA_CASE(deactivated_by_two_at_once_it_is_so_once),
		CA_CASE(s7_1_6_a_proof_runs_out_and_its_orders_with_it),
	};

	return cmocka_run_group_tests_name("authz", tests, NULL, NULL);
}
