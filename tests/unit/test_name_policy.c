/* Patterns, levels and rules for names (acme/policy.h), walked. */
#include "acme/policy.h"

#include <string.h>

#include "tests/cmocka.h"

static struct ident
ident(const char *text, struct arena *a)
{
	struct ident id;
	struct fault f = { 0 };
	bool ip = strpbrk(text, ":") != NULL ||
	          strspn(text, "0123456789.") == strlen(text);

	if (ident_parse(ip ? "ip" : "dns", text, a, &id, &f) != OK)
		fail_msg("%s: %s", text, f.detail);
	return id;
}

static struct name_list
list(const char *text, struct arena *a)
{
	const char **items = ARENA_ARRAY(a, const char *, 8);
	char *save = NULL, *copy = arena_text(a, text);
	size_t n = 0;

	for (char *s = strtok_r(copy, " ", &save); s != NULL;
	     s = strtok_r(NULL, " ", &save)) {
		items[n] = policy_pattern(s, a);
		assert_non_null(items[n++]);
	}
	return (struct name_list){ items, n };
}

/* IDN-06, IDN-07, BLD-43: what each pattern allows, and what it denies. */
TEST(each_pattern_fits_what_it_says_and_nothing_else)
{
	static const struct {
		const char *pattern, *name;
		bool allows, denies;
	} rows[] = {
		/* a name is itself */
		{ "example.com", "example.com", true, true },
		{ "EXAMPLE.com", "example.com", true, true },
		{ "example.com", "www.example.com", false, false },
		{ "example.com", "xexample.com", false, false },
		{ "example.com", "example.co", false, false },
		{ "host", "host", true, true },
		/* a suffix is what is below */
		{ ".example.com", "www.example.com", true, true },
		{ ".example.com", "a.b.example.com", true, true },
		{ ".example.com", "example.com", false, false },
		{ ".example.com", "notexample.com", false, false },
		{ ".com", "example.com", true, true },
		{ ".", "example.com", true, true },
		{ ".", "host", true, true },
		/* a glob stays within its label */
		{ "web-*.corp", "web-1.corp", true, true },
		{ "web-*.corp", "web.corp", false, false },
		{ "web-*.corp", "web-a.b.corp", false, false },
		{ "web-*.corp", "xweb-1.corp", false, false },
		{ "*.corp", "a.corp", true, true },
		{ "*.corp", "a.b.corp", false, false },
		{ "*.*.corp", "a.b.corp", true, true },
		{ "a*b*c.corp", "axxbxbyc.corp", true, true },
		{ "a*b*c.corp", "axxbxbyd.corp", false, false },
		{ "*", "host", true, true },
		{ "*", "host.corp", false, false },
		{ "db*.*.corp", "db1.north.corp", true, true },
		{ "db*.*.corp", "db1.corp", false, false },
		/* a wildcard: all it covers, or any of it (IDN-07) */
		{ "www.example.com", "*.example.com", false, true },
		{ "example.com", "*.example.com", false, false },
		{ ".example.com", "*.example.com", true, true },
		{ ".example.com", "*.sub.example.com", true, true },
		{ ".sub.example.com", "*.example.com", false, false },
		{ "*.example.com", "*.example.com", true, true },
		{ "web-*.example.com", "*.example.com", false, true },
		{ "web-*.example.com", "*.example.org", false, false },
		{ "a.*.example.com", "*.b.example.com", false, true },
		{ "com", "*.com", false, false },
		{ ".", "*.example.com", true, true },
		/* addresses are in networks, names are not */
		{ "10.0.0.0/8", "10.1.2.3", true, true },
		{ "10.0.0.0/8", "11.1.2.3", false, false },
		{ "10.1.2.3", "10.1.2.3", true, true },
		{ "2001:db8::/32", "2001:db8::1", true, true },
		{ "2001:db8::/32", "2001:db9::1", false, false },
		{ "0.0.0.0/0", "example.com", false, false },
		{ ".", "10.1.2.3", false, false },
		{ "10.0.0.0/8", "2001:db8::1", false, false },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ident id = ident(rows[i].name, a);
		struct policy_level allow = { .who = "x",
			.allow = list(rows[i].pattern, a) };
		struct policy_level deny = { .who = "x",
			.deny = list(rows[i].pattern, a) };
		struct fault f = { 0 };

		if ((policy_check(&allow, 1, &id, 1, a, &f) == OK) !=
		    rows[i].allows)
			fail_msg("allow %s: %s", rows[i].pattern, rows[i].name);
		if ((policy_check(&deny, 1, &id, 1, a, &f) != OK) !=
		    rows[i].denies)
			fail_msg("deny %s: %s", rows[i].pattern, rows[i].name);
	}
	arena_free(a);
}

TEST(what_is_no_pattern_is_not_taken_for_one)
{
	static const char *const bad[] = { "", " ", "..", ".a.", "a.", "a..b",
		"-a", "a-", "a_b", ".*", ".*.corp", "*.corp.", "a b",
		"http://a", "a/8", "10.0.0.0/33", "10.0.0.0/", "::/129",
		"\xc3\xa9.fr",
		"1234567890123456789012345678901234567890123456"
		"789012345678901234.corp" };
	struct arena *a = arena_new();
	char *longest = arena_alloc(a, 300, 1);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (policy_pattern(bad[i], a) != NULL)
			fail_msg("%s", bad[i]);
	for (int i = 0; i < 253; i++)
		longest[i] = i % 2 ? '.' : 'a';
	assert_non_null(policy_pattern(longest, a));
	memcpy(longest + 253, ".a", 3);
	assert_null(policy_pattern(longest, a));
	arena_free(a);
}

/* A glob of many stars must not take for ever. */
TEST(a_glob_takes_no_time)
{
	struct arena *a = arena_new();
	struct ident id = ident("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	                        "aaaaaaaaaaaaaaa.b",
	    a);
	struct policy_level l = { .who = "x",
		.allow = list("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*c.b", a) };
	struct fault f = { 0 };

	for (int i = 0; i < 1000; i++)
		assert_int_equal(policy_check(&l, 1, &id, 1, a, &f),
		    ERR_REJECTED_IDENTIFIER);
	arena_free(a);
}

/* IDN-06: each level with a list must allow; any that denies is enough. */
TEST(levels_are_asked_one_after_the_other)
{
	static const struct {
		const char *allow[2], *deny[2], *name;
		const char *says; /* NULL: nothing is wrong */
	} rows[] = {
		{ { "", "" }, { "", "" }, "a.corp", NULL },
		{ { ".corp", "" }, { "", "" }, "a.corp", NULL },
		{ { ".corp", "a.corp" }, { "", "" }, "a.corp", NULL },
		{ { ".corp", "b.corp" }, { "", "" }, "a.corp",
		    "the policy of second does not allow \"a.corp\" (allow: "
		    "b.corp)" },
		{ { ".corp", "" }, { "", "" }, "a.org",
		    "the policy of first does not allow \"a.org\" "
		    "(policy.allow: .corp)" },
		{ { ".corp", ".corp" }, { "", "a.corp" }, "a.corp",
		    "the policy of second refuses \"a.corp\" (deny: a.corp)" },
		{ { ".corp", "" }, { "x.corp a.corp", "" }, "a.corp",
		    "the policy of first refuses \"a.corp\" (policy.deny: "
		    "a.corp)" },
		/* deny speaks first, wherever it stands */
		{ { ".org", "" }, { "", "a.corp" }, "a.corp",
		    "the policy of second refuses \"a.corp\" (deny: a.corp)" },
		{ { "10.0.0.0/8", "" }, { "", "" }, "a.corp",
		    "the policy of first does not allow \"a.corp\" "
		    "(policy.allow: 10.0.0.0/8)" },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ident id = ident(rows[i].name, a);
		struct policy_level levels[2] = {
			{ .who = "first", .keys = "policy" },
			{ .who = "second" },
		};
		struct fault f = { 0 };

		for (int k = 0; k < 2; k++) {
			levels[k].allow = list(rows[i].allow[k], a);
			levels[k].deny = list(rows[i].deny[k], a);
		}
		assert_int_equal(policy_check(levels, 2, &id, 1, a, &f),
		    rows[i].says == NULL ? OK : ERR_REJECTED_IDENTIFIER);
		if (rows[i].says != NULL)
			assert_string_equal(f.detail, rows[i].says);
	}
	arena_free(a);
}

TEST(wildcards_can_be_ruled_out)
{
	struct arena *a = arena_new();
	struct ident ids[2] = { ident("*.corp", a), ident("a.corp", a) };
	struct policy_level l = {
		.who = "this CA", .keys = "policy", .no_wildcards = true
	};
	struct fault f = { 0 };

	assert_int_equal(policy_check(&l, 1, &ids[1], 1, a, &f), OK);
	assert_int_equal(policy_check(&l, 1, ids, 2, a, &f),
	    ERR_REJECTED_IDENTIFIER);
	assert_string_equal(f.detail,
	    "the policy of this CA has no wildcards, and refuses \"*.corp\" "
	    "(policy.wildcards: false)");
	arena_free(a);
}

/* ERR-10: all that is refused is told at once, and nothing else. */
TEST(each_bad_name_is_a_subproblem)
{
	struct arena *a = arena_new();
	struct ident ids[4] = { ident("a.corp", a), ident("b.org", a),
		ident("10.0.0.1", a), ident("c.corp", a) };
	struct policy_level l = { .who = "this CA",
		.allow = list(".corp", a),
		.deny = list("c.corp", a) };
	struct fault f = { 0 };

	assert_int_equal(policy_check(&l, 1, ids, 4, a, &f),
	    ERR_REJECTED_IDENTIFIER);
	assert_int_equal(f.n_subproblems, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_ptr_equal(f.subproblems[i].ident, &ids[i + 1]);
		assert_int_equal(f.subproblems[i].code,
		    ERR_REJECTED_IDENTIFIER);
		assert_non_null(strstr(f.subproblems[i].detail, "this CA"));
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_pattern_fits_what_it_says_and_nothing_else),
		cmocka_unit_test(what_is_no_pattern_is_not_taken_for_one),
		cmocka_unit_test(a_glob_takes_no_time),
		cmocka_unit_test(levels_are_asked_one_after_the_other),
		cmocka_unit_test(wildcards_can_be_ruled_out),
		cmocka_unit_test(each_bad_name_is_a_subproblem),
	};

	return cmocka_run_group_tests_name("name_policy", tests, NULL, NULL);
}
