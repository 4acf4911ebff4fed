/* What stays, and what becomes of an order (CONFORMANCE ORD, AUT, PRO). */
#include "tests/fake/ca.h"
#include "tests/order.h"

/* `identifiers` and `authorizations`, as text. */
static const char *
fixed_members(struct fake_ca *w, struct fake_reply *r)
{
	return arena_printf(w->arena, "%s %s", fake_json(w, r, "identifiers"),
	    fake_json(w, r, "authorizations"));
}

static size_t
count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		n++;
	return n;
}

/* ORD-25, ORD-02: what clients grep for stands where it is meant only. */
static void
check_words(struct fake_ca *w, struct fake_reply *r, const char *state)
{
	static const char *const states[] = { "pending", "ready", "processing",
		"valid", "invalid" };

	assert_string_equal(fake_json(w, r, "status"), state);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(count(r->body, arena_printf(w->arena, "\"%s\"",
		                                    states[i])),
		    strcmp(states[i], state) == 0);
	assert_int_equal(count(r->body, "\"status\":\""), 1);
	assert_int_equal(count(r->body, "\"value\":"),
	    fake_json_count(w, r, "identifiers"));
	assert_int_equal(count(r->body, "null"), 0);
	assert_int_equal(count(r->body, "\"\""), 0);
	assert_int_equal(fake_json(w, r, "certificate") != NULL,
	    strcmp(state, "valid") == 0);
	assert_int_equal(fake_json(w, r, "error") != NULL,
	    strcmp(state, "invalid") == 0);
	assert_non_null(fake_json(w, r, "expires"));
}

/* ORD-02, ORD-13, ORD-15, ORD-20, ORD-25: from its first day to its last. */
TEST(s7_1_3_what_an_order_is_for_never_changes)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "b.example,*.a.example");
	const char *fixed = fixed_members(w, o.reply);
	struct fake_reply *r;

	check_words(w, o.reply, "pending");
	fake_prove(c, &o);
	r = fake_post(c, o.path, "");
	check_words(w, r, "ready");
	assert_string_equal(fixed_members(w, r), fixed);
	w->config.linger_ms = 50;
	w->keeper_silent = true;
	r = fake_post(c, o.finalize, fake_csr(c, "b.example,*.a.example"));
	check_words(w, r, "processing");
	assert_string_equal(fixed_members(w, r), fixed);
	r = fake_post(c, o.path, "");
	check_words(w, r, "processing");
	assert_string_equal(fake_header(r, "Retry-After"), "1");
	assert_string_equal(fake_path(fake_header(r, "Location")), o.path);
	fake_keeper_restart(w);
	assert_true(fake_becomes(c, o.path, "valid"));
	r = fake_post(c, o.path, "");
	check_words(w, r, "valid");
	assert_string_equal(fixed_members(w, r), fixed);
}

/* ORD-02, ORD-16, ORD-21, ORD-25: invalid for a while, then gone. */
TEST(what_has_expired_is_told_as_invalid_until_it_is_pruned)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	fake_clock(w, 3601 * 1000);
	r = fake_post(c, o.path, "");
	check_words(w, r, "invalid");
	assert_non_null(fake_json(w, r, "error.detail"));
	fake_clock(w, 7190 * 1000);
	assert_string_equal(fake_status(c, o.path), "invalid");
	fake_clock(w, 7300 * 1000);
	acme_resume(w->ca);
	FAKE_UNTIL(w, fake_order_record(w, o.path) == NULL);
	assert_true(fake_problem(w, fake_post(c, o.path, ""), 404,
	    "malformed"));
}

/* ORD-23: cut off at any moment, there is an order with all it names, or none. */
TEST(an_order_is_stored_as_a_whole_or_not_at_all)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	for (int turns = 0; turns < 6; turns++) {
		struct store_stat before, after;

		store_stat(w->store, &before);
		(void)fake_post_begin(c, "/acme/new-order",
		    "{\"identifiers\":["
		    "{\"type\":\"dns\",\"value\":\"a.example\"},"
		    "{\"type\":\"dns\",\"value\":\"b.example\"},"
		    "{\"type\":\"dns\",\"value\":\"c.example\"}]}");
		fake_ca_run(w, (unsigned)turns, NULL);
		fake_ca_restart(w);
		store_stat(w->store, &after);
		assert_int_equal(after.authzs - before.authzs,
		    3 * (after.orders - before.orders));
	}
}

/* ORD-18: proofs can be made to count once only. */
TEST(proofs_are_not_used_again_where_they_have_no_lifetime)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order first, again;

	w->config.authz_s = 0;
	first = fake_order(c, "a.example");
	fake_prove(c, &first);
	again = fake_order(c, "a.example");
	assert_string_not_equal(again.authz[0], first.authz[0]);
	assert_string_equal(fake_json(w, again.reply, "status"), "pending");
}

/* ORD-08, IDN-05, IDN-06, IDN-08: every reason at once, of form and policy. */
TEST(s6_7_1_bad_form_and_policy_are_told_together)
{
	static const char *const deny[] = { ".secret.example" };
	static const char *const bad[] = { "a_b.example", "*.internal",
		"1.2.3.4.5.6.7.8.9.a.example", "x.secret.example" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;

	w->config.deny = (struct name_list){ deny, 1 };
	w->config.rules.wildcard_labels = 2;
	r = order_with(c,
	    "x.secret.example,good.example,a_b.example,*.internal,"
	    "1.2.3.4.5.6.7.8.9.a.example",
	    "");
	assert_true(fake_problem(w, r, 400, "rejectedIdentifier"));
	assert_int_equal(fake_json_count(w, r, "subproblems"), 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(fake_json(w, r,
		                        arena_printf(w->arena,
		                            "subproblems.%zu.identifier.value",
		                            i)),
		    bad[i]);
	assert_string_equal(fake_json(w, r, "subproblems.3.type"),
	    "urn:ietf:params:acme:error:rejectedIdentifier");
	r = order_with(c, "good.example,*.a.internal,2.3.4.5.6.7.8.9.a.example",
	    "");
	assert_int_equal(r->status, 201);
}

/* IPI-05, ORD-13: addresses beside names, in one order and certificate. */
TEST(names_and_addresses_mix)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path =
	    fake_issue(c, "a.example,192.0.2.7,*.b.example,2001:db8::7");
	struct certificate *x = fake_cert_record(w, path);

	assert_int_equal(x->n_idents, 4);
}

/* IPI-04: which addresses may be had is the operator's to say. */
TEST(ranges_of_addresses_are_configured)
{
	static const char *const allow[] = { "10.0.0.0/8", ".example" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	static const char ip[] =
	    "{\"identifiers\":[{\"type\":\"ip\",\"value\":\"%s\"}]}";
	struct fake_reply *r;

	w->config.allow = (struct name_list){ allow, 2 };
	r = fake_post(c, "/acme/new-order",
	    arena_printf(w->arena, ip, "10.1.2.3"));
	assert_int_equal(r->status, 201);
	r = fake_post(c, "/acme/new-order",
	    arena_printf(w->arena, ip, "192.168.1.1"));
	assert_true(fake_problem(w, r, 400, "rejectedIdentifier"));
}

/* PRO-07, ORD-22: the profile that is ordered is what the certificate has. */
TEST(a_profile_fixes_what_is_issued)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r =
	    order_with(c, "a.example", ",\"profile\":\"hour\"");
	struct certificate *x;

	order_prove(c, r);
	r = fake_post(c, fake_path(fake_json(w, r, "finalize")),
	    fake_csr(c, "a.example"));
	assert_string_equal(fake_json(w, r, "profile"), "hour");
	x = fake_cert_record(w, fake_path(fake_json(w, r, "certificate")));
	assert_int_equal(x->not_after + 1 - x->not_before, 3630);
	assert_string_equal(x->profile, "hour");
}

/* FIN-07: the names that are wanted are told as people write them. */
TEST(a_csr_for_other_names_is_told_the_right_ones)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,*.b.example");
	struct fake_reply *r;

	fake_prove(c, &o);
	r = fake_post(c, o.finalize, fake_csr(c, "c.example"));
	assert_true(fake_problem(w, r, 400, "badCSR"));
	assert_non_null(strstr(fake_json(w, r, "detail"),
	    "which are a.example, *.b.example"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_1_3_what_an_order_is_for_never_changes),
		CA_CASE(what_has_expired_is_told_as_invalid_until_it_is_pruned),
		CA_CASE(an_order_is_stored_as_a_whole_or_not_at_all),
		CA_CASE(proofs_are_not_used_again_where_they_have_no_lifetime),
		CA_CASE(s6_7_1_bad_form_and_policy_are_told_together),
		CA_CASE(names_and_addresses_mix),
		CA_CASE(ranges_of_addresses_are_configured),
		CA_CASE(a_profile_fixes_what_is_issued),
		CA_CASE(a_csr_for_other_names_is_told_the_right_ones),
	};

	return cmocka_run_group_tests_name("order_life", tests, NULL, NULL);
}
