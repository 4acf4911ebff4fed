/* newAuthz (RFC 8555, 7.4.1; CONFORMANCE PRE). */
#include "tests/fake/ca.h"
#include "tests/order.h"

#define PATH "/acme/new-authz"
#define ASK(type, value) \
	"{\"identifier\":{\"type\":\"" type "\",\"value\":\"" value "\"}}"

/* PRE-01: 201, a Location, and an authorization that is pending. */
TEST(s7_4_1_a_name_is_authorised_before_it_is_ordered)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = fake_post(c, PATH, ASK("dns", "A.example")),
	                  *again;
	int64_t left = time_at(w, r, "expires") - loop_now(w->loop) / 1000;

	assert_int_equal(r->status, 201);
	assert_string_equal(fake_json(w, r, "status"), "pending");
	assert_string_equal(fake_json(w, r, "identifier.type"), "dns");
	assert_string_equal(fake_json(w, r, "identifier.value"), "a.example");
	assert_int_equal(fake_json_count(w, r, "challenges"), 2);
	assert_null(fake_json(w, r, "wildcard"));
	assert_null(fake_json(w, r, "subdomainAuthAllowed"));
	assert_true(left > 3590 && left <= 3600);
	again = fake_post(c, fake_path(fake_header(r, "Location")), "");
	assert_int_equal(again->status, 200);
	assert_string_equal(again->body, r->body);
	assert_int_equal(fake_events(w, "authz.created"), 1);
	r = fake_post(c, PATH, ASK("ip", "192.0.2.7"));
	assert_int_equal(r->status, 201);
	assert_int_equal(fake_json_count(w, r, "challenges"), 1);
}

/* PRE-04: what was proved ahead makes an order ready from the first. */
TEST(a_later_order_takes_the_proof_up)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct fake_reply *z = fake_post(c, PATH, ASK("dns", "a.example")), *r;
	const char *path = fake_path(fake_header(z, "Location"));
	const char *url = fake_path(fake_json(w, z, "challenges.0.url"));
	struct fake_order o;

	assert_int_equal(fake_post(c, url, "{}")->status, 200);
	assert_true(fake_becomes(c, path, "valid"));
	o = fake_order(c, "a.example");
	assert_string_equal(o.authz[0], path);
	assert_string_equal(fake_json(w, o.reply, "status"), "ready");
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_string_not_equal(fake_order(other, "a.example").authz[0], path);
}

/* PRE-04: one that is still pending is taken up as well, and told of. */
TEST(a_later_order_takes_up_what_is_pending)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *z = fake_post(c, PATH, ASK("dns", "a.example"));
	const char *path = fake_path(fake_header(z, "Location"));
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *wait;

	assert_string_equal(o.authz[0], path);
	assert_string_equal(fake_json(w, o.reply, "status"), "pending");
	/* The order waits for it as for one of its own. */
	fake_network_says(&w->network, PROBE_PROVED, 200);
	w->config.linger_challenge_ms = 1;
	(void)fake_post(c, o.http01[0], "{}");
	wait = fake_post(c, o.path, "");
	assert_string_equal(fake_json(w, wait, "status"), "ready");
	assert_true(wait->took_ms < 2000);
	/* An order that nobody pre-authorised has its own. */
	o = fake_order(c, "b.example");
	assert_string_not_equal(fake_order(c, "b.example").authz[0],
	    o.authz[0]);
}

/* PRE-04: not one that would end the order before it can be done. */
TEST(an_order_does_not_take_up_what_is_about_to_expire)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *z = fake_post(c, PATH, ASK("dns", "a.example"));
	const char *path = fake_path(fake_header(z, "Location"));

	fake_clock(w, 2600 * 1000);
	assert_string_equal(fake_order(c, "a.example").authz[0], path);
	fake_clock(w, 2800 * 1000);
	assert_string_not_equal(fake_order(c, "a.example").authz[0], path);
}

/* PRE-02 */
TEST(a_wildcard_is_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = fake_post(c, PATH, ASK("dns", "*.a.example"));

	assert_true(fake_problem(w, r, 400, "malformed"));
	assert_non_null(strstr(fake_json(w, r, "detail"), "wildcard"));
}

/* PRE-03: whom we will not serve is told so with 403, and why. */
TEST(s7_4_1_a_name_that_will_not_be_had_is_forbidden)
{
	static const struct {
		const char *payload, *type;
		int status;
	} rows[] = {
		{ ASK("dns", "a_b.example"), "rejectedIdentifier", 403 },
		{ ASK("dns", "a..example"), "rejectedIdentifier", 403 },
		{ ASK("ip", "0.0.0.0"), "rejectedIdentifier", 403 },
		{ ASK("email", "a@b.example"), "unsupportedIdentifier", 403 },
		{ ASK("dns", "192.0.2.1"), "malformed", 400 },
		{ ASK("dns", ""), "malformed", 400 },
		{ "{}", "malformed", 400 },
		{ "", "malformed", 400 },
		{ "{\"identifier\":null}", "malformed", 400 },
		{ "{\"identifier\":\"a.example\"}", "malformed", 400 },
		{ "{\"identifier\":{\"type\":\"dns\"}}", "malformed", 400 },
		{ "{\"identifier\":{\"value\":\"a\"}}", "malformed", 400 },
		{ "{\"identifier\":[{\"type\":\"dns\",\"value\":\"a\"}]}",
		    "malformed", 400 },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct store_stat before, after;

	store_stat(w->store, &before);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_reply *r = fake_post(c, PATH, rows[i].payload);

		if (!fake_problem(w, r, rows[i].status, rows[i].type))
			fail_msg("%s: %s", rows[i].payload, r->body);
	}
	store_stat(w->store, &after);
	assert_int_equal(after.authzs, before.authzs);
}

/* PRE-03: by the operator's policy, too. */
TEST(a_name_that_policy_forbids_is_forbidden)
{
	static const char *const deny[] = { "*.secret.example" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;

	w->config.deny = (struct name_list){ deny, 1 };
	r = fake_post(c, PATH, ASK("dns", "a.secret.example"));
	assert_true(fake_problem(w, r, 403, "rejectedIdentifier"));
	assert_int_equal(fake_post(c, PATH, ASK("dns", "a.example"))->status,
	    201);
}

/* PRE-05: the same again is the same, until it is over. */
TEST(what_is_asked_for_again_is_the_same)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct fake_reply *first = fake_post(c, PATH, ASK("dns", "a.example")),
	                  *r = fake_post(c, PATH, ASK("dns", "A.EXAMPLE"));
	const char *path = fake_path(fake_header(first, "Location"));

	assert_int_equal(r->status, 201);
	assert_string_equal(r->body, first->body);
	assert_string_equal(fake_path(fake_header(r, "Location")), path);
	r = fake_post(other, PATH, ASK("dns", "a.example"));
	assert_string_not_equal(fake_path(fake_header(r, "Location")), path);
	r = fake_post(c, PATH, ASK("dns", "b.a.example"));
	assert_string_not_equal(fake_path(fake_header(r, "Location")), path);
	/* Valid, it stands for itself. */
	(void)fake_post(c, fake_path(fake_json(w, first, "challenges.0.url")),
	    "{}");
	assert_true(fake_becomes(c, path, "valid"));
	r = fake_post(c, PATH, ASK("dns", "a.example"));
	assert_int_equal(r->status, 201);
	assert_string_equal(fake_path(fake_header(r, "Location")), path);
	assert_string_equal(fake_json(w, r, "status"), "valid");
	/* Deactivated, it does not. */
	(void)fake_post(c, path, "{\"status\":\"deactivated\"}");
	r = fake_post(c, PATH, ASK("dns", "a.example"));
	assert_string_not_equal(fake_path(fake_header(r, "Location")), path);
	assert_string_equal(fake_json(w, r, "status"), "pending");
}

/* PRE-06: how long it waits, and how long it counts, is configured. */
TEST(its_lifetimes_are_configured)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *z;
	const char *path;

	w->config.order_s = 7200;
	w->config.authz_s = 100000;
	z = fake_post(c, PATH, ASK("dns", "a.example"));
	path = fake_path(fake_header(z, "Location"));
	fake_clock(w, 7000 * 1000);
	(void)fake_post(c, fake_path(fake_json(w, z, "challenges.0.url")),
	    "{}");
	assert_true(fake_becomes(c, path, "valid"));
	fake_clock(w, 90000 * 1000);
	assert_string_equal(fake_order(c, "a.example").authz[0], path);
	fake_clock(w, 108000 * 1000);
	assert_string_equal(fake_status(c, path), "expired");
}

/* PRE-01, AUT-12: nobody completed it: it expires, and is pruned. */
TEST(what_nobody_completes_expires_and_goes)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *z = fake_post(c, PATH, ASK("dns", "a.example"));
	const char *path = fake_path(fake_header(z, "Location"));

	fake_clock(w, 3600 * 1000);
	assert_string_equal(fake_status(c, path), "expired");
	fake_clock(w, (3600 + 3600 + 5) * 1000);
	acme_resume(w->ca);
	FAKE_UNTIL(w, fake_authz_record(w, path) == NULL);
	assert_true(fake_problem(w, fake_post(c, path, ""), 404, "malformed"));
}

TEST(it_wants_kid_and_post)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	assert_true(fake_problem(w,
	    fake_post_jwk(c, PATH, ASK("dns", "a.example")), 400, "malformed"));
	assert_true(fake_problem(w, fake_get(w, PATH), 405, "malformed"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_4_1_a_name_is_authorised_before_it_is_ordered),
		CA_CASE(a_later_order_takes_the_proof_up),
		CA_CASE(a_later_order_takes_up_what_is_pending),
		CA_CASE(an_order_does_not_take_up_what_is_about_to_expire),
		CA_CASE(a_wildcard_is_refused),
		CA_CASE(s7_4_1_a_name_that_will_not_be_had_is_forbidden),
		CA_CASE(a_name_that_policy_forbids_is_forbidden),
		CA_CASE(what_is_asked_for_again_is_the_same),
		CA_CASE(its_lifetimes_are_configured),
		CA_CASE(what_nobody_completes_expires_and_goes),
		CA_CASE(it_wants_kid_and_post),
	};

	return cmocka_run_group_tests_name("new_authz", tests, NULL, NULL);
}
