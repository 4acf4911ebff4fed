/* newOrder (RFC 8555, 7.4; RFC 8738; CONFORMANCE ORD, DESIGN 5 and 7). */
#include <stdlib.h>
#include <time.h>

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

#define PATH       "/acme/new-order"
#define DNS(v)     "{\"type\":\"dns\",\"value\":\"" v "\"}"
#define ORDER(ids) "{\"identifiers\":[" ids "]}"

static int64_t
when(const char *rfc3339)
{
	struct tm tm = { 0 };

	assert_non_null(rfc3339);
	/* Whole seconds, UTC, nothing after the Z (ORD-03). */
	assert_string_equal(strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm), "Z");
	return (int64_t)timegm(&tm);
}

/* ORD-01, ORD-02, ORD-03, PRO-04, QRK-64. */
TEST(s7_4_an_order_says_what_it_wants_and_what_is_missing)
{
	static const char *const absent[] = { "certificate", "error",
		"notBefore", "notAfter", "replaces", "wildcard" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = fake_post(c, PATH,
	    ORDER(DNS("B.example") "," DNS(
	        "*.a.example") ","
	                       "{\"type\":\"ip\",\"value\":\"192.0.2.7\"},"
	                       "{\"type\":\"ip\",\"value\":\"2001:db8::7\"}"));
	int64_t left =
	    when(fake_json(w, r, "expires")) - loop_now(w->loop) / 1000;

	assert_int_equal(r->status, 201);
	assert_string_equal(fake_json(w, r, "status"), "pending");
	assert_true(left > 3590 && left <= 3600);
	assert_string_equal(fake_json(w, r, "identifiers"),
	    "[{\"type\":\"dns\",\"value\":\"b.example\"},{\"type\":\"dns\","
	    "\"value\":\"*.a.example\"},{\"type\":\"ip\",\"value\":\"192.0.2."
	    "7\"},{\"type\":\"ip\",\"value\":\"2001:db8::7\"}]");
	assert_int_equal(fake_json_count(w, r, "authorizations"), 4);
	assert_string_equal(fake_json(w, r, "finalize"),
	    arena_printf(w->arena, "%s/finalize", fake_header(r, "Location")));
	assert_string_equal(fake_json(w, r, "profile"), "tenminutes");
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_null(fake_json(w, r, absent[i]));
	assert_int_equal(fake_events(w, "order.created"), 1);
}

/* ORD-09, AUT-01, AUT-03, QRK-45, QRK-65. */
TEST(each_name_is_offered_what_can_prove_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o =
	    fake_order(c, "a.example,*.a.example,192.0.2.7,2001:db8::7");
	struct fake_reply *wild = fake_post(c, o.authz[1], "");

	assert_true(o.http01[0] != NULL && o.dns01[0] != NULL);
	assert_true(o.http01[1] == NULL && o.dns01[1] != NULL);
	assert_true(o.http01[2] != NULL && o.dns01[2] == NULL);
	assert_true(o.http01[3] != NULL && o.dns01[3] == NULL);
	assert_string_not_equal(o.authz[0], o.authz[1]);
	assert_string_equal(fake_json(w, wild, "identifier.value"),
	    "a.example");
	assert_string_equal(fake_json(w, wild, "wildcard"), "true");
	assert_null(fake_json(w, fake_post(c, o.authz[0], ""), "wildcard"));
}

/* AUT-11, SEC-06. */
TEST(s8_tokens_are_long_of_the_right_alphabet_and_each_its_own)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,b.example,c.example");
	const char *tokens[6];

	for (size_t i = 0; i < 6; i++) {
		struct fake_reply *r = fake_post(c, o.authz[i / 2], "");

		tokens[i] = fake_json(w, r,
		    i % 2 == 0 ? "challenges.0.token" : "challenges.1.token");
		assert_true(strlen(tokens[i]) >= 22);
		assert_int_equal(strspn(tokens[i],
		                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
		                     "pqrstuvwxyz0123456789-_"),
		    strlen(tokens[i]));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(tokens[i], tokens[j]);
	}
}

/* ORD-06, IDN-09. */
TEST(duplicates_are_one_name)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = fake_post(c, PATH,
	    ORDER(DNS("a.example") "," DNS("A.Example") "," DNS("a.example")));

	assert_int_equal(r->status, 201);
	assert_int_equal(fake_json_count(w, r, "identifiers"), 1);
	assert_int_equal(fake_json_count(w, r, "authorizations"), 1);
}

/* ORD-04, ORD-05, ORD-10, ORD-12, ORD-24, PRO-02. */
TEST(what_cannot_be_ordered_is_refused_now_and_leaves_nothing)
{
	static const struct {
		const char *payload, *type;
	} rows[] = {
		{ "{}", "malformed" },
		{ "", "malformed" },
		{ "{\"identifiers\":[]}", "malformed" },
		{ "{\"identifiers\":null}", "malformed" },
		{ "{\"identifiers\":{}}", "malformed" },
		{ "{\"identifiers\":\"a.example\"}", "malformed" },
		{ ORDER("\"a.example\""), "malformed" },
		{ ORDER("[]"), "malformed" },
		{ ORDER("{}"), "malformed" },
		{ ORDER("{\"type\":\"dns\"}"), "malformed" },
		{ ORDER("{\"value\":\"a.example\"}"), "malformed" },
		{ ORDER(DNS("")), "malformed" },
		{ ORDER("{\"type\":\"\",\"value\":\"x\"}"), "malformed" },
		{ ORDER("{\"type\":1,\"value\":\"x\"}"), "malformed" },
		{ ORDER("{\"type\":\"dns\",\"value\":1}"), "malformed" },
		{ ORDER("{\"type\":\"dns\",\"value\":[\"x\"]}"), "malformed" },
		{ ORDER("{\"type\":\"email\",\"value\":\"a@b.example\"}"),
		    "unsupportedIdentifier" },
		{ ORDER("{\"type\":\"DNS\",\"value\":\"a.example\"}"),
		    "unsupportedIdentifier" },
		{ ORDER(DNS("192.0.2.1")), "malformed" },
		{ ORDER(DNS("a b.example")), "rejectedIdentifier" },
		{ ORDER(DNS("*.*.example")), "rejectedIdentifier" },
		{ ORDER(DNS("a.*.example")), "rejectedIdentifier" },
		{ ORDER(DNS("*")), "rejectedIdentifier" },
		{ ORDER(DNS("a.example\\u0000.evil")), "malformed" },
		{ ORDER(DNS("a.x.example") "," DNS("*.x.example")),
		    "malformed" },
		{ ORDER("{\"type\":\"ip\",\"value\":\"*.2.0.192\"}"),
		    "malformed" },
		{ ORDER("{\"type\":\"ip\",\"value\":\"0.0.0.0\"}"),
		    "rejectedIdentifier" },
		{ "{\"identifiers\":[" DNS("a.example") "],\"notBefore\":"
		                                        "\"2026-01-01T00:00:"
		                                        "00Z\"}",
		    "malformed" },
		{ "{\"identifiers\":[" DNS("a.example") "],\"notAfter\":1}",
		    "malformed" },
		{ "{\"identifiers\":[" DNS("a.example") "],\"profile\":\"no\"}",
		    "invalidProfile" },
		{ "{\"identifiers\":[" DNS("a.example") "],\"profile\":1}",
		    "malformed" },
		/* Its own certificate's: not offered to anybody. */
		{ "{\"identifiers\":[" DNS("a.example") "],\"profile\":"
		                                        "\"serving\"}",
		    "invalidProfile" },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	size_t events = fake_events(w, NULL);
	struct store_stat before, after;

	store_stat(w->store, &before);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!fake_problem(w, fake_post(c, PATH, rows[i].payload), 400,
		        rows[i].type))
			fail_msg("%s", rows[i].payload);
	store_stat(w->store, &after);
	assert_int_equal(fake_events(w, NULL), events);
	assert_int_equal(after.orders, before.orders);
	assert_int_equal(after.authzs, before.authzs);
}

/* ORD-05, ORD-08, ERR-03, ERR-10. */
TEST(s6_7_1_bad_names_are_told_one_by_one)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = fake_post(c, PATH,
	    ORDER(DNS("good.example") "," DNS("bad!.example") "," DNS(
	        "worse..example")));

	assert_true(fake_problem(w, r, 400, "rejectedIdentifier"));
	assert_int_equal(fake_json_count(w, r, "subproblems"), 2);
	assert_string_equal(fake_json(w, r, "subproblems.0.identifier.value"),
	    "bad!.example");
	assert_string_equal(fake_json(w, r, "subproblems.0.identifier.type"),
	    "dns");
	assert_string_equal(fake_json(w, r, "subproblems.1.identifier.value"),
	    "worse..example");
	assert_string_equal(fake_json(w, r, "subproblems.1.type"),
	    "urn:ietf:params:acme:error:rejectedIdentifier");
	r = fake_post(c, PATH,
	    ORDER("{\"type\":\"email\",\"value\":\"x\"}," DNS("-")));
	assert_true(fake_problem(w, r, 400, "compound"));
	assert_int_equal(fake_json_count(w, r, "subproblems"), 2);
}

/* ORD-07, BLD-20, SEC-02. */
TEST(the_number_of_names_is_limited)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;

	w->config.rules.names_max = 2;
	r = fake_post(c, PATH,
	    ORDER(DNS("a.example") "," DNS("b.example") "," DNS("c.example")));
	assert_true(fake_problem(w, r, 400, "malformed"));
	assert_non_null(strstr(fake_json(w, r, "detail"), "2"));
	r = fake_post(c, PATH, ORDER(DNS("a.example") "," DNS("b.example")));
	assert_int_equal(r->status, 201);
}

/* PRO-04. */
TEST(a_profile_is_chosen_by_name_or_by_directory)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	static const char named[] =
	    "{\"identifiers\":[" DNS("a.example") "],\"profile\":\"%s\"}";
	struct fake_reply *r;

	r = fake_post(c, PATH, arena_printf(w->arena, named, "hour"));
	assert_string_equal(fake_json(w, r, "profile"), "hour");
	r = fake_post(c, "/acme/p/hour/new-order", ORDER(DNS("a.example")));
	assert_string_equal(fake_json(w, r, "profile"), "hour");
	r = fake_post(c, "/acme/p/hour/new-order",
	    arena_printf(w->arena, named, "tenminutes"));
	assert_string_equal(fake_json(w, r, "profile"), "tenminutes");
	assert_true(fake_problem(w,
	    fake_post(c, "/acme/p/none/new-order", ORDER(DNS("a.example"))),
	    404, "malformed"));
}

/*
 * ORD-14, ORD-18, BLD-18, SHL-02: within their lifetime, by this account, for
 * this very name (DESIGN 5).
 */
TEST(a_proof_is_used_again_and_the_order_is_ready_at_once)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order first = fake_order(c, "a.example"), again, mixed;
	unsigned looks;

	fake_prove(c, &first);
	looks = w->network.looks;
	again = fake_order(c, "a.example");
	assert_string_equal(fake_json(w, again.reply, "status"), "ready");
	assert_string_equal(again.authz[0], first.authz[0]);
	assert_int_equal(fake_post(c, again.finalize, fake_csr(c, "a.example"))
	                     ->status,
	    200);
	mixed = fake_order(c, "a.example,b.example");
	assert_string_equal(fake_json(w, mixed.reply, "status"), "pending");
	assert_string_equal(mixed.authz[0], first.authz[0]);
	assert_int_equal(w->network.looks, looks);
}

static void
assert_not_reused(struct fake_client *c, const char *names, const char *authz)
{
	struct fake_order o = fake_order(c, names);

	assert_string_equal(fake_json(c->w, o.reply, "status"), "pending");
	assert_string_not_equal(o.authz[0], authz);
}

/* ORD-18. */
TEST(a_proof_is_not_used_for_more_than_it_proves)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct fake_order name = fake_order(c, "a.example"),
	                  wild = fake_order(c, "*.w.example"),
	                  gone = fake_order(c, "gone.example"), failed;

	fake_prove(c, &name);
	fake_prove(c, &wild);
	fake_prove(c, &gone);
	assert_not_reused(other, "a.example", name.authz[0]);
	assert_not_reused(c, "*.a.example", name.authz[0]);
	assert_not_reused(c, "b.a.example", name.authz[0]);
	assert_not_reused(c, "w.example", wild.authz[0]);
	assert_not_reused(c, "x.w.example", wild.authz[0]);
	(void)fake_post(c, gone.authz[0], "{\"status\":\"deactivated\"}");
	assert_not_reused(c, "gone.example", gone.authz[0]);
	fake_network_says(&w->network, PROBE_FORBIDDEN, 0);
	failed = fake_order(c, "failed.example");
	(void)fake_post(c, failed.http01[0], "{}");
	assert_true(fake_becomes(c, failed.path, "invalid"));
	assert_not_reused(c, "failed.example", failed.authz[0]);
}

/* ORD-18. */
TEST(an_old_proof_is_given_again_before_it_runs_out)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order first = fake_order(c, "a.example");
	int64_t authz_ms = (int64_t)w->config.authz_s * 1000,
	        order_ms = (int64_t)w->config.order_s * 1000;

	fake_prove(c, &first);
	/* Still good for a whole order … */
	fake_clock(w, authz_ms - order_ms - 60000);
	assert_string_equal(fake_order(c, "a.example").authz[0],
	    first.authz[0]);
	/* … not any more … */
	fake_clock(w, authz_ms - order_ms + 1000);
	assert_not_reused(c, "a.example", first.authz[0]);
	/* … and over. */
	fake_clock(w, authz_ms + 1000);
	assert_not_reused(c, "a.example", first.authz[0]);
	assert_string_equal(fake_status(c, first.authz[0]), "expired");
}

/* ORD-18, BLD-18. */
TEST(a_lifetime_that_was_shortened_holds_for_old_proofs_too)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order first = fake_order(c, "a.example");

	fake_prove(c, &first);
	w->config.authz_s = 1000;
	assert_string_equal(fake_order(c, "a.example").authz[0],
	    first.authz[0]);
	fake_clock(w, 600 * 1000);
	assert_not_reused(c, "a.example", first.authz[0]);
}

/* ORD-19. */
TEST(s7_1_3_an_order_does_not_outlive_its_proofs)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order first = fake_order(c, "a.example"), later;
	struct fake_reply *proof;

	w->config.order_s = 2000;
	w->config.authz_s = 2400; /* half of it is less than an order lives */
	first = fake_order(c, "a.example");
	fake_prove(c, &first);
	fake_clock(w, 1000 * 1000);
	later = fake_order(c, "a.example,b.example");
	assert_string_equal(later.authz[0], first.authz[0]);
	proof = fake_post(c, first.authz[0], "");
	assert_int_equal(when(fake_json(w, later.reply, "expires")),
	    when(fake_json(w, proof, "expires")));
}

TEST(it_wants_kid_and_post)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	assert_true(fake_problem(w,
	    fake_post_jwk(c, PATH, ORDER(DNS("a.example"))), 400, "malformed"));
	assert_true(fake_problem(w, fake_get(w, PATH), 405, "malformed"));
}

/* ORD-23. */
TEST(a_full_store_takes_no_order_and_still_revokes)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	fake_store_full(w, true);
	r = fake_post(c, PATH, ORDER(DNS("b.example")));
	assert_true(fake_problem(w, r, 503, "serverInternal"));
	assert_true(atoi(fake_header(r, "Retry-After")) > 0);
	r = fake_post(c, o.authz[0], "{\"status\":\"deactivated\"}");
	assert_int_equal(r->status, 200);
	fake_store_full(w, false);
	assert_int_equal(fake_post(c, PATH, ORDER(DNS("b.example")))->status,
	    201);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_4_an_order_says_what_it_wants_and_what_is_missing),
		CA_CASE(each_name_is_offered_what_can_prove_it),
		CA_CASE(
		    s8_tokens_are_long_of_the_right_alphabet_and_each_its_own),
		CA_CASE(duplicates_are_one_name),
		CA_CASE(
		    what_cannot_be_ordered_is_refused_now_and_leaves_nothing),
		CA_CASE(s6_7_1_bad_names_are_told_one_by_one),
		CA_CASE(the_number_of_names_is_limited),
		CA_CASE(a_profile_is_chosen_by_name_or_by_directory),
		CA_CASE(a_proof_is_used_again_and_the_order_is_ready_at_once),
		CA_CASE(a_proof_is_not_used_for_more_than_it_proves),
		CA_CASE(an_old_proof_is_given_again_before_it_runs_out),
		CA_CASE(a_lifetime_that_was_shortened_holds_for_old_proofs_too),
		CA_CASE(s7_1_3_an_order_does_not_outlive_its_proofs),
		CA_CASE(it_wants_kid_and_post),
		CA_CASE(a_full_store_takes_no_order_and_still_revokes),
	};

	return cmocka_run_group_tests_name("new_order", tests, NULL, NULL);
}
