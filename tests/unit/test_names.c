/* The identifiers of an order (RFC 8555, 7.4 and 6.7.1; CONFORMANCE ORD). */
#include "acme/names.h"

#include <stdio.h>

#include "tests/cmocka.h"

static struct {
	struct arena *a;
	struct fault f;
	const struct ident *out;
	size_t n;
} w;

static int
before(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.a = arena_new();
	return 0;
}

static int
after(void **state)
{
	(void)state;
	arena_free(w.a);
	return 0;
}

static enum err
accept(const struct name_in *in, size_t n, unsigned max)
{
	const struct name_rules rules = { max, 10, 1 };
	enum err e;

	w.f = (struct fault){ 0 };
	e = names_accept(in, n, &rules, w.a, &w.out, &w.n, &w.f);
	assert_int_equal(e, w.f.code);
	return e;
}

/* ORD-06, QRK-25. */
TEST(names_are_normalised_and_kept_in_the_order_sent)
{
	static const struct name_in in[] = {
		{ "dns", "b.Example", NULL },
		{ "ip", "2001:db8::1", NULL },
		{ "dns", "*.a.example", NULL },
		{ "dns", "A.example", NULL },
		{ "ip", "192.0.2.1", NULL },
	};
	static const char *const want[] = { "b.example", "2001:db8::1",
		"*.a.example", "a.example", "192.0.2.1" };

	assert_int_equal(accept(in, 5, 100), OK);
	assert_int_equal(w.n, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(ident_text(&w.out[i], w.a), want[i]);
}

/* ORD-06. */
TEST(duplicates_are_dropped_after_normalisation)
{
	static const struct name_in in[] = {
		{ "dns", "a.example", NULL },
		{ "dns", "A.EXAMPLE", NULL },
		{ "dns", "b.example", NULL },
		{ "dns", "a.example", NULL },
		{ "dns", "*.c.example", NULL },
		{ "dns", "*.C.example", NULL },
	};

	assert_int_equal(accept(in, 6, 100), OK);
	assert_int_equal(w.n, 3);
	assert_string_equal(w.out[0].value, "a.example");
	assert_string_equal(w.out[1].value, "b.example");
	assert_true(w.out[2].wildcard);
}

/* ORD-09, ORD-10, BLD-19. */
TEST(a_wildcard_and_its_base_are_two_names_but_one_below_is_covered)
{
	static const struct name_in base[] = { { "dns", "*.x.example", NULL },
		{ "dns", "x.example", NULL } };
	static const struct name_in deeper[] = { { "dns", "*.x.example", NULL },
		{ "dns", "a.b.x.example", NULL } };
	static const struct name_in lookalike[] = {
		{ "dns", "*.x.example", NULL }, { "dns", "a.yx.example", NULL }
	};
	static const struct name_in covered[] = {
		{ "dns", "a.x.example", NULL }, { "dns", "*.x.example", NULL }
	};

	assert_int_equal(accept(base, 2, 100), OK);
	assert_int_equal(w.n, 2);
	assert_int_equal(accept(deeper, 2, 100), OK);
	assert_int_equal(accept(lookalike, 2, 100), OK);
	assert_int_equal(accept(covered, 2, 100), ERR_MALFORMED);
	assert_non_null(strstr(w.f.detail, "a.x.example"));
	assert_non_null(strstr(w.f.detail, "*.x.example"));
}

/* ORD-08, ERR-10. */
TEST(s6_7_1_every_bad_name_is_told_and_no_good_one)
{
	static const struct name_in in[] = {
		{ "dns", "good.example", NULL },
		{ "dns", "bad_name!.example", NULL },
		{ "dns", "also good", NULL },
		{ "ip", "10.0.0.1", NULL },
	};

	assert_int_equal(accept(in, 4, 100), ERR_REJECTED_IDENTIFIER);
	assert_int_equal(w.f.n_subproblems, 2);
	/* Logs and some clients show the detail and nothing else. */
	assert_non_null(strstr(w.f.detail, "2 of the 4 identifiers"));
	assert_non_null(strstr(w.f.detail, w.f.subproblems[0].detail));
	assert_string_equal(w.f.subproblems[0].ident->value,
	    "bad_name!.example");
	assert_string_equal(w.f.subproblems[1].ident->value, "also good");
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(w.f.subproblems[i].code,
		    ERR_REJECTED_IDENTIFIER);
		assert_true(w.f.subproblems[i].detail[0] != '\0');
	}
	assert_null(w.f.ident); /* never at the top level */
}

/* ERR-03. */
TEST(s6_7_1_faults_that_differ_are_compound)
{
	static const struct name_in in[] = {
		{ "email", "ops@example.org", NULL },
		{ "dns", "-.example", NULL },
	};

	assert_int_equal(accept(in, 2, 100), ERR_COMPOUND);
	assert_int_equal(w.f.subproblems[0].code, ERR_UNSUPPORTED_IDENTIFIER);
	assert_int_equal(w.f.subproblems[1].code, ERR_REJECTED_IDENTIFIER);
}

/* ORD-05. */
TEST(a_single_bad_name_is_its_own_fault_with_a_subproblem)
{
	static const struct name_in rows[] = { { "email", "a@b.example", NULL },
		{ "dns", "x..example", NULL }, { "dns", "192.0.2.1", NULL },
		{ "ip", "::ffff:192.0.2.1", NULL },
		{ "ip", "192.0.2.01", NULL } };
	static const enum err want[] = { ERR_UNSUPPORTED_IDENTIFIER,
		ERR_REJECTED_IDENTIFIER, ERR_MALFORMED, ERR_REJECTED_IDENTIFIER,
		ERR_MALFORMED };

	for (size_t i = 0; i < 5; i++) {
		if (accept(&rows[i], 1, 100) != want[i])
			fail_msg("%s: %s", rows[i].value, w.f.detail);
		assert_int_equal(w.f.n_subproblems, 1);
		assert_string_equal(w.f.detail, w.f.subproblems[0].detail);
	}
}

/* ORD-07, BLD-20. */
TEST(more_names_than_allowed_are_refused_as_sent)
{
	struct name_in in[4];

	for (size_t i = 0; i < 4; i++)
		in[i] = (struct name_in){ "dns",
			arena_printf(w.a, "n%zu.example", i), NULL };
	assert_int_equal(accept(in, 3, 3), OK);
	assert_int_equal(accept(in, 4, 3), ERR_MALFORMED);
	assert_non_null(strstr(w.f.detail, "3"));
}

TEST(the_same_names_in_any_order_are_equal_and_nothing_else_is)
{
	static const struct ident a[] = { { IDENT_DNS, "a", false },
		{ IDENT_DNS, "b", false } };
	static const struct ident turned[] = { { IDENT_DNS, "b", false },
		{ IDENT_DNS, "a", false } };
	static const struct ident wild[] = { { IDENT_DNS, "a", true },
		{ IDENT_DNS, "b", false } };
	static const struct ident other[] = { { IDENT_IP, "a", false },
		{ IDENT_DNS, "b", false } };

	assert_true(names_equal(a, 2, turned, 2));
	assert_true(names_equal(a, 0, turned, 0));
	assert_false(names_equal(a, 2, a, 1));
	assert_false(names_equal(a, 1, a, 2));
	assert_false(names_equal(a, 2, wild, 2));
	assert_false(names_equal(wild, 2, a, 2));
	assert_false(names_equal(a, 2, other, 2));
}

TEST(the_journal_names_them_as_clients_do)
{
	static const struct ident ids[] = { { IDENT_DNS, "a.example", false },
		{ IDENT_DNS, "b.example", true }, { IDENT_IP, "::1", false } };

	assert_string_equal(names_json(ids, 3, w.a),
	    "{\"names\":[\"a.example\",\"*.b.example\",\"::1\"]}");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, before, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(names_are_normalised_and_kept_in_the_order_sent),
		CASE(duplicates_are_dropped_after_normalisation),
		CASE(
		    a_wildcard_and_its_base_are_two_names_but_one_below_is_covered),
		CASE(s6_7_1_every_bad_name_is_told_and_no_good_one),
		CASE(s6_7_1_faults_that_differ_are_compound),
		CASE(a_single_bad_name_is_its_own_fault_with_a_subproblem),
		CASE(more_names_than_allowed_are_refused_as_sent),
		CASE(the_same_names_in_any_order_are_equal_and_nothing_else_is),
		CASE(the_journal_names_them_as_clients_do),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
