/* What dates an order may ask for, and what a leaf gets (RFC 8555, 7.4). */
#include "crypto/lint.h"
#include "crypto/profile_int.h"
#include "tests/cmocka.h"
#include "tests/issuer.h"

static struct arena *a;
static struct fault f;
static struct test_ca ca;
static struct profile *profile; /* 600 s, and 30 s in the past */
static int64_t last;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	ca = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	profile = profile_new(&test_spec, ca.der, ca.len, &f);
	return profile == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	profile_free(profile);
	test_ca_free(&ca);
	arena_free(a);
	return 0;
}

static enum err
accept(int64_t begin, int64_t end)
{
	f = (struct fault){ 0 };
	last = 0;
	return dates_accept(profile, &(struct dates){ begin, end }, NOW, &last,
	    &f);
}

/* ORD-11: within the bounds of the profile, to the second. */
TEST(what_the_profile_allows_is_accepted)
{
	static const struct {
		int64_t begin, end, last;
	} rows[] = {
		{ 0, 0, INT64_MAX },
		{ NOW - 30, 0, NOW + 599 },
		{ NOW, 0, NOW + 629 },
		{ NOW + 600, 0, NOW + 1229 },
		{ 0, NOW + 1, NOW + 1 },
		{ 0, NOW + 599, NOW + 599 },
		{ NOW - 30, NOW + 599, NOW + 599 },
		{ NOW + 600, NOW + 601, NOW + 601 },
		{ NOW + 600, NOW + 1199, NOW + 1199 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (accept(rows[i].begin, rows[i].end) != OK)
			fail_msg("%zu: %s", i, f.detail);
		assert_int_equal(last, rows[i].last);
	}
}

/* ORD-11: anything else is refused, and the limits are told. */
TEST(what_it_does_not_allow_is_refused_with_the_limits)
{
	static const struct {
		int64_t begin, end;
		const char *says;
	} rows[] = {
		{ NOW - 31, 0, "notBefore must be from 2025-11-13T02:12:50Z" },
		{ NOW + 601, 0, "to 2025-11-13T02:23:20Z" },
		{ 1, 0, "notBefore" },
		{ 0, NOW, "notAfter must be from 2025-11-13T02:13:21Z" },
		{ 0, NOW - 1, "notAfter" },
		{ 0, NOW + 600, "to 2025-11-13T02:23:19Z" },
		{ NOW - 30, NOW + 600, "600 s" },
		{ NOW + 600, NOW + 600, "notAfter" },
		{ NOW + 600, NOW + 599, "notAfter" },
		{ NOW + 600, NOW + 1200, "notAfter" },
		{ NOW + 600, 1, "notAfter" },
		{ 0, INT64_MAX, "notAfter" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (accept(rows[i].begin, rows[i].end) != ERR_MALFORMED ||
		    strstr(f.detail, rows[i].says) == NULL)
			fail_msg("%zu: %s", i, f.detail);
}

/* Build at `now`; its dates, or what is wrong. */
static enum err
build(struct dates asked, int64_t now, struct leaf *leaf)
{
	const uint8_t *der;
	size_t len;

	*leaf = test_leaf(a, now);
	leaf->asked = asked;
	f = (struct fault){ 0 };
	TRY(tbs_build(profile, leaf, a, &der, &len, &f));
	TRY(tbs_lint(profile, leaf, der, len, &f));
	return tbs_fits(profile, der, len, &f);
}

/* ORD-11: exactly what was asked for, even if it is issued later. */
TEST(a_leaf_has_the_dates_asked_for)
{
	struct leaf leaf;

	assert_int_equal(build((struct dates){ NOW + 60, NOW + 120 }, NOW,
	                     &leaf),
	    OK);
	assert_int_equal(leaf.not_before, NOW + 60);
	assert_int_equal(leaf.not_after, NOW + 120);
	assert_int_equal(build((struct dates){ NOW - 30, NOW + 599 }, NOW + 500,
	                     &leaf),
	    OK);
	assert_int_equal(leaf.not_before, NOW - 30);
	assert_int_equal(leaf.not_after, NOW + 599);
	assert_int_equal(build((struct dates){ 0, NOW + 599 }, NOW + 500,
	                     &leaf),
	    OK);
	assert_int_equal(leaf.not_before, NOW + 470);
	assert_int_equal(leaf.not_after, NOW + 599);
	assert_int_equal(build((struct dates){ NOW + 300, 0 }, NOW, &leaf), OK);
	assert_int_equal(leaf.not_before, NOW + 300);
	assert_int_equal(leaf.not_after, NOW + 899);
	assert_int_equal(build((struct dates){ NOW - 30, 0 }, NOW + 500, &leaf),
	    OK);
	assert_int_equal(leaf.not_before, NOW - 30);
	assert_int_equal(leaf.not_after, NOW + 599);
}

/* ORD-11: what cannot be had any more is refused, not replaced. */
TEST(a_leaf_that_comes_too_late_is_refused)
{
	struct leaf leaf;

	assert_int_equal(build((struct dates){ 0, NOW + 599 }, NOW + 599,
	                     &leaf),
	    ERR_MALFORMED);
	assert_int_equal(build((struct dates){ 0, NOW + 5000 }, NOW, &leaf),
	    ERR_MALFORMED);
	assert_int_equal(build((struct dates){ END + 1, 0 }, END - 1, &leaf),
	    ERR_MALFORMED);
}

/* ORD-11 */
TEST(the_issuers_own_dates_are_a_bound)
{
	struct dates asked = { BEGIN - 1, 0 };

	f = (struct fault){ 0 };
	assert_int_equal(dates_accept(profile, &asked, BEGIN + 5, &last, &f),
	    ERR_MALFORMED);
	asked = (struct dates){ 0, END + 1 };
	assert_int_equal(dates_accept(profile, &asked, END - 100, &last, &f),
	    ERR_MALFORMED);
	asked = (struct dates){ 0, END };
	assert_int_equal(dates_accept(profile, &asked, END - 100, &last, &f),
	    OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_profile_allows_is_accepted),
		cmocka_unit_test(
		    what_it_does_not_allow_is_refused_with_the_limits),
		cmocka_unit_test(a_leaf_has_the_dates_asked_for),
		cmocka_unit_test(a_leaf_that_comes_too_late_is_refused),
		cmocka_unit_test(the_issuers_own_dates_are_a_bound),
	};

	return cmocka_run_group_tests_name("dates", tests, setup, teardown);
}
