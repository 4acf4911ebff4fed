#include "challenges/issue_value_int.h"

#include <time.h>

#include "tests/cmocka.h"

/* "ISSUER|tag=value|tag=value", or "!" and the issuer of what is refused. */
static const char *
read_one(const char *text, size_t len, struct arena *a)
{
	struct issue_value v;
	const char *out;

	if (!issue_value_read((const uint8_t *)text, len, a, &v))
		return arena_printf(a, "!%s", v.issuer);
	out = v.issuer;
	for (size_t i = 0; i < v.n; i++)
		out = arena_printf(a, "%s|%s=%s", out, v.parameters[i].tag,
		    v.parameters[i].value);
	return out;
}

/* CAA-05: the grammar of RFC 8659, 4.2, and what it does not have. */
TEST(s8659_4_2_the_grammar)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "ca.example", "ca.example" },
		{ "  CA.Example\t", "ca.example" },
		{ "ca", "ca" },
		{ "ca.example.", "ca.example" }, /* the dot of the root */
		{ "ca-1.xn--e1afmkfd.example", "ca-1.xn--e1afmkfd.example" },
		{ "", "" },
		{ " ", "" },
		{ ";", "" },
		{ " ; ", "" },
		{ "ca.example;", "ca.example" },
		{ "ca.example ; ", "ca.example" },
		{ "ca.example; account=230123", "ca.example|account=230123" },
		{ "ca.example;a=1;b=2 ; c = 3", "ca.example|a=1|b=2|c=3" },
		{ "; policy=ev", "|policy=ev" },
		{ "ca.example; AccountURI=https://ca/A?b=c#d",
		    "ca.example|accounturi=https://ca/A?b=c#d" },
		{ "ca.example; a=", "ca.example|a=" },
		{ "ca.example; a=b=c", "ca.example|a=b=c" },
		{ "%%%%%", "!" },
		{ "ca.example x", "!ca.example" },
		{ "ca.example, b.example", "!ca.example" },
		{ "-ca.example", "!" },
		{ "ca-.example", "!" },
		{ "ca..example", "!ca" },
		{ ".example", "!" },
		{ "ca_1.example", "!ca" },
		{ "c\xc3\xa4.example", "!c" },
		{ "ca.example; a", "!ca.example" },
		{ "ca.example; =b", "!ca.example" },
		{ "ca.example; a=b c", "!ca.example" },
		{ "ca.example; a=b;", "!ca.example" },
		{ "ca.example; a=b;;c=d", "!ca.example" },
		{ "ca.example; a-=b", "!ca.example" },
		{ "ca.example; a=\x7f", "!ca.example" },
		{ "ca.example; a=\xc3\xa4", "!ca.example" },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got =
		    read_one(rows[i].text, strlen(rows[i].text), a);
		const char *want = rows[i].want;

		if (strcmp(got, want) != 0)
			fail_msg("\"%s\" is read as %s", rows[i].text, got);
	}
	assert_string_equal(read_one("ca.example\0x", 12, a), "!ca.example");
	arena_free(a);
}

TEST(parameters_are_counted)
{
	static const char *const issuers[] = { "one.example", "ca.example" };
	struct arena *a = arena_new();
	struct issue_value v;
	const char *many = "ca.example; a=1";
	size_t n;

	assert_true(issue_value_read((const uint8_t *)"CA.example;a=1;b=2;A=3",
	    22, a, &v));
	assert_string_equal(issue_value_find(&v, "a", &n), "1");
	assert_int_equal(n, 2);
	assert_string_equal(issue_value_find(&v, "b", &n), "2");
	assert_int_equal(n, 1);
	assert_null(issue_value_find(&v, "c", &n));
	assert_int_equal(n, 0);
	assert_true(issue_value_names(&v, issuers, 2));
	assert_false(issue_value_names(&v, issuers, 1));
	for (int i = 1; i < ISSUE_PARAMETERS_MAX; i++)
		many = arena_printf(a, "%s;a=1", many);
	assert_string_not_equal(read_one(many, strlen(many), a), "!ca.example");
	many = arena_printf(a, "%s;a=1", many);
	assert_string_equal(read_one(many, strlen(many), a), "!ca.example");
	arena_free(a);
}

/* SEC-02: the longest that DNS can carry costs no more than its length. */
TEST(a_long_issuer_takes_no_time)
{
	enum { LEN = 65000 };
	struct arena *a = arena_new();
	char *text = arena_alloc(a, LEN + 1, 1);
	clock_t began = clock();

	for (size_t i = 0; i < LEN; i++)
		text[i] = i % 2 == 0 ? 'A' : '.';
	assert_int_equal(strlen(read_one(text, LEN, a)), LEN - 1);
	assert_true(clock() - began < CLOCKS_PER_SEC / 4);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s8659_4_2_the_grammar),
		cmocka_unit_test(parameters_are_counted),
		cmocka_unit_test(a_long_issuer_takes_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
