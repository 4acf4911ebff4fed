#include "challenges/caa_set_int.h"

#include <stdlib.h>

#include "tests/cmocka.h"

enum { RECORDS_MAX = 4 };

/* As "FLAGS TAG VALUE", a record each; the last is NULL. */
struct set {
	const char *records[RECORDS_MAX + 1];
};

static const struct dns_record *
records_of(const struct set *s, struct arena *a)
{
	struct dns_record *first = NULL, **at = &first;

	for (size_t i = 0; s->records[i] != NULL; i++) {
		const char *text = s->records[i], *tag, *value;
		struct dns_record *r = ARENA_NEW(a, struct dns_record);
		uint8_t *data = arena_alloc(a, 1, strlen(text) + 2);
		char *end;

		data[0] = (uint8_t)strtoul(text, &end, 10);
		tag = end + 1;
		value = strchr(tag, ' ');
		data[1] = (uint8_t)(value - tag);
		memcpy(data + 2, tag, data[1]);
		value++;
		memcpy(data + 2 + data[1], value, strlen(value));
		r->data = data;
		r->len = 2U + data[1] + strlen(value);
		*at = r;
		at = (struct dns_record **)&r->next;
	}
	return first;
}

static bool
permits(const struct set *s, const char *issuer, bool wildcard,
    const char *method, const char *account)
{
	struct arena *a = arena_new();
	struct caa_question q = { .wildcard = wildcard,
		.method = method,
		.issuers = &issuer,
		.n_issuers = 1,
		.accounts = &account,
		.n_accounts = 1 };
	const char *why = NULL;
	bool yes = caa_set_permits(records_of(s, a), &q, a, &why);

	assert_non_null(why);
	arena_free(a);
	return yes;
}

#define ACCOUNT "https://example.net/account/1234"

/* For each: does it permit that issuer the name, and the wildcard? */
struct row {
	struct set set;
	const char *issuer;
	bool name, wildcard;
};

static void
check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];

		if (permits(&r->set, r->issuer, false, "http-01", ACCOUNT) !=
		        r->name ||
		    permits(&r->set, r->issuer, true, "http-01", ACCOUNT) !=
		        r->wildcard)
			fail_msg("%zu: %s for %s", i, r->set.records[0],
			    r->issuer);
	}
}

/* VEC-07, CAA-04, CAA-09: the examples of RFC 8659, 4. */
TEST(s8659_4_its_examples)
{
	static const struct row rows[] = {
		{ { { "0 issue ca1.example.net" } }, "ca1.example.net", true,
		    true },
		{ { { "0 issue ca1.example.net" } }, "ca2.example.org", false,
		    false },
		{ { { "0 issue ca1.example.net", "0 issue ca2.example.org" } },
		    "ca1.example.net", true, true },
		{ { { "0 issue ca1.example.net", "0 issue ca2.example.org" } },
		    "ca2.example.org", true, true },
		{ { { "0 issue ca1.example.net; account=230123" } },
		    "ca1.example.net", true, true },
		{ { { "0 issue ;" } }, "ca1.example.net", false, false },
		{ { { "0 issue %%%%%" } }, "ca1.example.net", false, false },
		/* 4.3 */
		{ { { "0 issue ca1.example.net",
		      "0 issuewild ca2.example.org" } },
		    "ca1.example.net", true, false },
		{ { { "0 issue ca1.example.net",
		      "0 issuewild ca2.example.org" } },
		    "ca2.example.org", false, true },
		{ { { "0 issuewild ca2.example.org", "0 issue ;" } },
		    "ca2.example.org", false, true },
		{ { { "0 issuewild ca2.example.org" } }, "ca1.example.net",
		    true, false },
		{ { { "0 issuewild ca2.example.org" } }, "ca2.example.org",
		    true, true },
		/* 4.4 */
		{ { { "0 issue ca1.example.net",
		      "0 iodef mailto:security@example.com",
		      "0 iodef https://iodef.example.com/" } },
		    "ca1.example.net", true, true },
		{ { { "0 iodef mailto:security@example.com" } },
		    "ca1.example.net", true, true },
		/* 4.5 */
		{ { { "0 issue ca1.example.net", "128 tbs Unknown" } },
		    "ca1.example.net", false, false },
	};

	check(rows, sizeof(rows) / sizeof(rows[0]));
}

/* CAA-03 BLD-36: unknown and critical forbids; 1 counts, as 128 does. */
TEST(s8659_4_1_what_is_critical_must_be_known)
{
	static const struct row rows[] = {
		{ { { "0 tbs Unknown" } }, "ca.example", true, true },
		{ { { "1 tbs Unknown" } }, "ca.example", false, false },
		{ { { "129 tbs Unknown" } }, "ca.example", false, false },
		{ { { "64 tbs Unknown" } }, "ca.example", true, true },
		{ { { "128 tbs Unknown", "0 issue ca.example" } }, "ca.example",
		    false, false },
		{ { { "128 issue ca.example" } }, "ca.example", true, true },
		{ { { "128 issuewild ca.example" } }, "ca.example", true,
		    true },
		{ { { "128 iodef x", "128 contactemail x", "128 contactphone x",
		      "128 issuemail x" } },
		    "ca.example", true, true },
		{ { { "128 issuevmc x" } }, "ca.example", true, true },
		{ { { "128 issuewil x" } }, "ca.example", false, false },
		{ { { "128 issuewilds x" } }, "ca.example", false, false },
	};

	check(rows, sizeof(rows) / sizeof(rows[0]));
}

/* CAA-05 CAA-06: any case; what cannot be read authorises nobody. */
TEST(s8659_4_2_who_is_named)
{
	static const struct row rows[] = {
		{ { { "0 ISSUE CA.Example" } }, "ca.example", true, true },
		{ { { "0 issue ca.example" } }, "CA.EXAMPLE", true, true },
		{ { { "0 IssueWild other.example" } }, "ca.example", true,
		    false },
		{ { { "0 issue xca.example" } }, "ca.example", false, false },
		{ { { "0 issue example" } }, "ca.example", false, false },
		{ { { "0 issue " } }, "ca.example", false, false },
		{ { { "0 issue ca.example x" } }, "ca.example", false, false },
		{ { { "0 issue ca.example x", "0 issue ca.example" } },
		    "ca.example", true, true },
	};

	check(rows, sizeof(rows) / sizeof(rows[0]));
}

/* VEC-07, CAA-07, CAA-08: RFC 8657, 3 and 4, and its examples. */
TEST(s8657_account_and_method_are_bound)
{
	static const struct {
		struct set set;
		const char *method;
		bool permits;
	} rows[] = {
		{ { { "0 issue example.net; accounturi=" ACCOUNT } }, "http-01",
		    true },
		{ { { "0 issue example.net; accounturi=" ACCOUNT "5" } },
		    "http-01", false },
		{ { { "0 issue example.net; "
		      "accounturi=https://EXAMPLE.net/account/1234" } },
		    "http-01", false },
		{ { { "0 issue example.net; accounturi=" ACCOUNT "/" } },
		    "http-01", false },
		{ { { "0 issue example.net; accounturi=" } }, "http-01",
		    false },
		{ { { "0 issue example.net; accounturi=" ACCOUNT
		      "; accounturi=" ACCOUNT } },
		    "http-01", false },
		{ { { "0 issue example.net; "
		      "accounturi=mailto:example@example.com" } },
		    "http-01", false },
		{ { { "0 issue example.net; "
		      "accounturi=https://example.net/account/2345",
		      "0 issue example.net; accounturi=" ACCOUNT } },
		    "http-01", true },
		{ { { "0 issue example.net; validationmethods=dns-01" } },
		    "dns-01", true },
		{ { { "0 issue example.net; validationmethods=dns-01" } },
		    "http-01", false },
		{ { { "0 issue example.net; "
		      "validationmethods=dns-01,http-01" } },
		    "http-01", true },
		{ { { "0 issue example.net; "
		      "validationmethods=dns-01,http-01,x" } },
		    "tls-alpn-01", false },
		{ { { "0 issue example.net; validationmethods=dns-01, "
		      "http-01" } },
		    "http-01", false }, /* a blank: no value */
		{ { { "0 issue example.net; validationmethods=" } }, "http-01",
		    false },
		{ { { "0 issue example.net; validationmethods=http-0" } },
		    "http-01", false },
		{ { { "0 issue example.net; validationmethods=http-01; "
		      "validationmethods=http-01" } },
		    "http-01", false },
		{ { { "0 issue example.net; validationmethods=dns-01",
		      "0 issue example.net; accounturi=" ACCOUNT
		      "; validationmethods=http-01" } },
		    "http-01", true },
		{ { { "0 issue example.net; accounturi=" ACCOUNT
		      "; validationmethods=dns-01" } },
		    "http-01", false },
		{ { { "0 issue example.net; unknown=x" } }, "http-01", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (permits(&rows[i].set, "example.net", false, rows[i].method,
		        ACCOUNT) != rows[i].permits)
			fail_msg("%zu: %s", i, rows[i].set.records[0]);
}

/* Bytes that are no property stop everything. */
TEST(a_record_that_cannot_be_read_forbids)
{
	static const struct {
		const char *data;
		size_t len;
	} rows[] = { { "", 0 }, { "\0", 1 }, { "\0\0", 2 }, { "\0\0x", 3 },
		{ "\0\5issu", 6 },
		{ "\0\xff"
		  "issue",
		    7 } };
	const char *issuer = "ca.example", *why;
	struct caa_question q = {
		.method = "http-01", .issuers = &issuer, .n_issuers = 1
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dns_record good = {
			.data = (const uint8_t *)"\0\5issueca.example",
			.len = 17
		};
		struct dns_record bad = { .next = &good,
			.data = (const uint8_t *)rows[i].data,
			.len = rows[i].len };

		assert_false(caa_set_permits(&bad, &q, a, &why));
		assert_true(caa_set_permits(&good, &q, a, &why));
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s8659_4_its_examples),
		cmocka_unit_test(s8659_4_1_what_is_critical_must_be_known),
		cmocka_unit_test(s8659_4_2_who_is_named),
		cmocka_unit_test(s8657_account_and_method_are_bound),
		cmocka_unit_test(a_record_that_cannot_be_read_forbids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
