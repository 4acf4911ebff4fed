/* An order, fetched (RFC 8555, 7.1.3, 7.1.6 and 7.4; lingering, DESIGN 4). */
#include <stdlib.h>

#include "acme/acme_int.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

/* ORD-20, PAG-04, SEC-08, QRK-04. */
TEST(s7_4_it_is_fetched_by_its_owner_alone)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r = fake_post(c, o.path, ""), *foreign, *missing;

	assert_int_equal(r->status, 200);
	assert_string_equal(r->body, o.reply->body);
	assert_string_equal(fake_header(r, "Location"),
	    fake_header(o.reply, "Location"));
	foreign = fake_post(other, o.path, "");
	missing = fake_post(c, "/acme/order/AAAAAAAAAAAAAAAAAAAAAA", "");
	assert_true(fake_problem(w, foreign, 404, "malformed"));
	assert_true(fake_problem(w, missing, 404, "malformed"));
	assert_string_equal(foreign->body, missing->body);
}

TEST(s6_3_it_is_fetched_by_post_without_a_body)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r = fake_get(w, o.path);

	assert_true(fake_problem(w, r, 405, "malformed"));
	assert_string_equal(fake_header(r, "Allow"), "POST");
	assert_true(fake_problem(w, fake_post(c, o.path, "{}"), 400,
	    "malformed"));
	assert_true(fake_problem(w, fake_post_jwk(c, o.path, ""), 400,
	    "malformed"));
}

TEST(it_answers_at_once_while_nobody_is_at_work)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r = fake_post(c, o.path, "");

	assert_string_equal(fake_json(w, r, "status"), "pending");
	assert_null(fake_header(r, "Retry-After"));
	assert_true(r->took_ms < 1000);
}

/* Start a validation that takes `look_ms`, then ask for the order. */
static struct fake_reply *
ask_during_validation(struct fake_client *c, struct fake_order *o,
    unsigned look_ms)
{
	c->w->config.linger_challenge_ms = 1;
	fake_network_says(&c->w->network, PROBE_PROVED, look_ms);
	assert_int_equal(fake_post(c, o->http01[0], "{}")->status, 200);
	return fake_post_begin(c, o->path, "");
}

TEST(it_lingers_until_the_verdict_and_tells_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r = ask_during_validation(c, &o, 500);

	fake_settle(w);
	assert_int_equal(r->status, 0);
	fake_wait(w, r);
	assert_string_equal(fake_json(w, r, "status"), "ready");
	assert_null(fake_header(r, "Retry-After"));
	assert_true(r->took_ms < 2900);
}

/* QRK-05, SHL-08. */
TEST(at_the_bound_it_tells_the_present_state)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	w->config.linger_ms = 100;
	r = ask_during_validation(c, &o, 2000);
	fake_wait(w, r);
	assert_true(r->took_ms >= 95 && r->took_ms < 1900);
	assert_string_equal(fake_json(w, r, "status"), "pending");
	assert_true(atoi(fake_header(r, "Retry-After")) >= 1);
}

TEST(a_drain_tells_the_parked_and_parks_nobody_any_more)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r = ask_during_validation(c, &o, 2000);

	fake_settle(w);
	assert_int_equal(r->status, 0);
	acme_drain(w->ca);
	assert_string_equal(fake_json(w, r, "status"), "pending");
	assert_non_null(fake_header(r, "Retry-After"));
	r = fake_post(c, o.path, "");
	assert_string_equal(fake_json(w, r, "status"), "pending");
	assert_non_null(fake_header(r, "Retry-After"));
	assert_true(r->took_ms < 1000);
}

TEST(beyond_the_cap_nobody_waits)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *first, *second;

	w->config.parked_max = 1;
	first = ask_during_validation(c, &o, 800);
	fake_settle(w);
	second = fake_post(c, o.path, "");
	assert_string_equal(fake_json(w, second, "status"), "pending");
	assert_non_null(fake_header(second, "Retry-After"));
	assert_int_equal(first->status, 0);
	fake_wait(w, first);
	assert_string_equal(fake_json(w, first, "status"), "ready");
}

TEST(who_hangs_up_is_forgotten)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r = ask_during_validation(c, &o, 500), *stays;

	stays = fake_post_begin(c, o.path, "");
	fake_settle(w);
	assert_int_equal(w->ca->dispatch.n_parked, 2);
	fake_hang_up(r);
	assert_true(r->dropped);
	assert_int_equal(w->ca->dispatch.n_parked, 1);
	fake_wait(w, stays);
	assert_string_equal(fake_json(w, stays, "status"), "ready");
	assert_int_equal(w->ca->dispatch.n_parked, 0);
}

/* ORD-15, QRK-03. */
TEST(s7_1_6_it_is_ready_in_the_very_commit_that_proves_the_last_name)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,b.example");
	struct fake_reply *order, *authz;

	fake_network_says(&w->network, PROBE_PROVED, 60);
	w->config.linger_challenge_ms = 1;
	(void)fake_post(c, o.http01[0], "{}");
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	(void)fake_post(c, o.dns01[1], "{}");
	order = fake_post_begin(c, o.path, "");
	authz = fake_post_begin(c, o.authz[1], "");
	fake_wait(w, authz);
	assert_string_equal(fake_json(w, authz, "status"), "valid");
	fake_wait(w, order);
	assert_string_equal(fake_json(w, order, "status"), "ready");
}

/* ORD-02, AUT-05. */
TEST(s7_1_6_one_name_lost_makes_it_invalid_and_says_why)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,b.example");
	struct fake_reply *r;

	fake_network_says(&w->network, PROBE_FORBIDDEN, 0);
	w->network.why = "192.0.2.1 may not be dialled";
	(void)fake_post(c, o.http01[1], "{}");
	assert_true(fake_becomes(c, o.path, "invalid"));
	r = fake_post(c, o.path, "");
	assert_string_equal(fake_json(w, r, "error.type"),
	    "urn:ietf:params:acme:error:connection");
	assert_string_equal(fake_json(w, r, "error.detail"),
	    "192.0.2.1 may not be dialled");
	assert_non_null(fake_json(w, r, "error.status"));
	assert_null(fake_json(w, r, "certificate"));
	/* It stays so, whatever else is proved. */
	fake_network_says(&w->network, PROBE_PROVED, 0);
	(void)fake_post(c, o.http01[0], "{}");
	fake_ca_restart(w);
	assert_string_equal(fake_status(c, o.path), "invalid");
}

/* STM-03. */
TEST(s7_1_6_it_expires_to_the_second)
{
	static const bool proven[] = { false, true };
	struct fake_ca *w = *state;

	w->config.linger_challenge_ms = 1;
	for (size_t i = 0; i < 2; i++) {
		struct fake_client *c = fake_client_new(w);
		struct fake_order o = fake_order(c, "a.example");
		int64_t end = fake_order_record(w, o.path)->expires * 1000;
		struct fake_reply *r;

		if (proven[i])
			fake_prove(c, &o);
		fake_clock_set(w, end - 900);
		assert_string_equal(fake_status(c, o.path),
		    proven[i] ? "ready" : "pending");
		fake_clock_set(w, end);
		r = fake_post(c, o.path, "");
		assert_string_equal(fake_json(w, r, "status"), "invalid");
		assert_non_null(fake_json(w, r, "error.detail"));
		r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
		assert_true(fake_problem(w, r, 403, "orderNotReady"));
		fake_clock(w, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_4_it_is_fetched_by_its_owner_alone),
		CA_CASE(s6_3_it_is_fetched_by_post_without_a_body),
		CA_CASE(it_answers_at_once_while_nobody_is_at_work),
		CA_CASE(it_lingers_until_the_verdict_and_tells_it),
		CA_CASE(at_the_bound_it_tells_the_present_state),
		CA_CASE(a_drain_tells_the_parked_and_parks_nobody_any_more),
		CA_CASE(beyond_the_cap_nobody_waits),
		CA_CASE(who_hangs_up_is_forgotten),
		CA_CASE(
		    s7_1_6_it_is_ready_in_the_very_commit_that_proves_the_last_name),
		CA_CASE(s7_1_6_one_name_lost_makes_it_invalid_and_says_why),
		CA_CASE(s7_1_6_it_expires_to_the_second),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
