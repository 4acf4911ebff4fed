/* dns-persist-01: records judged, and looked up. */
#include "challenges/persist_int.h"

#include <stdlib.h>

#include "tests/fake/probe_bench.h"

#define URL "https://ca.example/acme/account/1"
enum { NOW = 1000000, RECORDS = 4 };

static const char *const issuers[] = { "ca.example", "second.example" };
static const char *const accounts[] = { URL,
	"https://ca.example:8443/acme/account/1" };

static void
about(struct probe *p)
{
	p->issuers = issuers;
	p->n_issuers = 2;
	p->accounts = accounts;
	p->n_accounts = 2;
	p->account_url = URL;
}

struct row {
	const char *records[RECORDS + 1];
	enum err code;
	const char *says;
};

static void
check(const struct row *rows, size_t n, bool beneath)
{
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_new();
		struct probe p = { .arena = a, .beneath = beneath };
		struct dns_record list[RECORDS] = { { 0 } };
		const struct row *r = &rows[i];
		size_t m = 0;

		about(&p);
		for (; r->records[m] != NULL; m++) {
			list[m].data = (const uint8_t *)r->records[m];
			list[m].len = strlen(r->records[m]);
			list[m].ttl = 300;
			if (m > 0)
				list[m - 1].next = &list[m];
		}
		if (persist_judge(list, NOW, &p, a) != (r->code == OK) ||
		    p.fault.code != r->code)
			fail_msg("%zu: %s: %s", i, r->records[0],
			    p.fault.detail);
		if (r->says != NULL && strstr(p.fault.detail, r->says) == NULL)
			fail_msg("%zu: \"%s\" is not in \"%s\"", i, r->says,
			    p.fault.detail);
		assert_int_equal(p.lasts_s, r->code == OK ? 300 : 0);
		arena_free(a);
	}
}

#define GOOD "ca.example; accounturi=" URL

/* DP1-02, DP1-04, DP1-07. */
TEST(a_record_for_the_account_grants_the_name)
{
	static const struct row rows[] = {
		{ { GOOD }, OK, NULL },
		{ { "CA.Example.;AccountURI=" URL }, OK, NULL },
		{ { "second.example; accounturi="
		    "https://ca.example:8443/acme/account/1" },
		    OK, NULL },
		{ { GOOD "; unknown=x; policy=other" }, OK, NULL },
		{ { GOOD "; persistUntil=1000001000" }, OK, NULL },
		{ { GOOD "; persistUntil=1000000" }, ERR_UNAUTHORIZED,
		    "persistUntil is over" },
		{ { GOOD "; persistUntil=0" }, ERR_UNAUTHORIZED,
		    "persistUntil is over" },
		{ { GOOD "; persistUntil=" }, ERR_MALFORMED, "no number" },
		{ { GOOD "; persistUntil=-1" }, ERR_MALFORMED, "no number" },
		{ { GOOD "; persistUntil=1e9" }, ERR_MALFORMED, "no number" },
		{ { GOOD "; persistUntil=2030-01-01" }, ERR_MALFORMED,
		    "no number" },
		{ { GOOD "; persistUntil=9999999999999999999" }, ERR_MALFORMED,
		    "no number" },
		{ { "ca.example" }, ERR_MALFORMED, "without accounturi" },
		{ { "ca.example; policy=wildcard" }, ERR_MALFORMED,
		    "without accounturi" },
		{ { GOOD "; accounturi=" URL }, ERR_MALFORMED, "twice" },
		{ { GOOD "; policy=a; policy=b" }, ERR_MALFORMED, "twice" },
		{ { GOOD "; x" }, ERR_MALFORMED, "cannot be read" },
		{ { "ca.example accounturi=" URL }, ERR_MALFORMED,
		    "cannot be read" },
		{ { "ca.example; "
		    "accounturi=HTTPS://ca.example/acme/account/1" },
		    ERR_UNAUTHORIZED, "for the account HTTPS" },
		{ { GOOD "/" }, ERR_UNAUTHORIZED, "for the account" },
		{ { "other.example; accounturi=" URL }, ERR_UNAUTHORIZED,
		    "no record names this CA" },
		{ { "other.example; x" }, ERR_UNAUTHORIZED,
		    "no record names this CA" },
		{ { "" }, ERR_UNAUTHORIZED, "no record names this CA" },
		/* several */
		{ { "other.example; x", "ca.example; x", GOOD }, OK, NULL },
		{ { GOOD "x", "ca.example; x" }, ERR_MALFORMED,
		    "cannot be read" },
		{ { "ca.example; x", GOOD "x" }, ERR_MALFORMED,
		    "cannot be read" },
	};

	check(rows, sizeof(rows) / sizeof(rows[0]), false);
}

/* DP1-03: in any case of letters, but nothing else. */
TEST(a_wildcard_needs_its_policy)
{
	static const struct row rows[] = {
		{ { GOOD }, ERR_UNAUTHORIZED, "policy=wildcard" },
		{ { GOOD "; policy=wildcard" }, OK, NULL },
		{ { GOOD "; Policy=WildCard" }, OK, NULL },
		{ { GOOD "; policy=wildcards" }, ERR_UNAUTHORIZED, NULL },
		{ { GOOD "; policy=" }, ERR_UNAUTHORIZED, NULL },
		{ { GOOD, GOOD "; policy=wildcard" }, OK, NULL },
	};

	check(rows, sizeof(rows) / sizeof(rows[0]), true);
}

static void
records(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	struct bench *b = arg;

	(void)tcp;
	assert_string_equal(name, "_validation-persist.a.example");
	assert_int_equal(type, 16);
	b->counter++;
	if (b->text == NULL)
		r->rcode = (unsigned)b->raw;
	else
		dns_put_txt(r, name, b->text, 255);
}

static struct probe *
look_persist(struct bench *b, bool wildcard)
{
	struct probe *p = bench_probe(b, "a.example");

	about(p);
	p->ident.wildcard = p->beneath = wildcard;
	bench_look(b, "dns-persist-01", p);
	return p;
}

/* DP1-02, DP1-05, DP1-07: where it is looked for, and for how long it holds. */
TEST(it_is_looked_for_at_its_place)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.names = records;
	b.text = GOOD;
	p = look_persist(&b, false);
	assert_int_equal(p->result, PROBE_PROVED);
	assert_int_equal(p->lasts_s, 60); /* what the peer says */
	p = look_persist(&b, true);
	assert_int_equal(p->result, PROBE_WRONG);
	assert_int_equal(p->fault.code, ERR_UNAUTHORIZED);
	assert_says(p, "_validation-persist.a.example");
	assert_string_equal(last_evidence(p)->who, "dns-persist-01");
	b.text = GOOD "; policy=wildcard";
	assert_int_equal(look_persist(&b, true)->result, PROBE_PROVED);
	b.text = "ca.example; x";
	p = look_persist(&b, false);
	assert_int_equal(p->result, PROBE_WRONG);
	assert_int_equal(p->fault.code, ERR_MALFORMED);
	b.text = NULL;
	b.raw = 3;
	p = look_persist(&b, false);
	assert_int_equal(p->result, PROBE_UNREACHED);
	assert_int_equal(p->fault.code, ERR_UNAUTHORIZED);
	b.raw = 2;
	p = look_persist(&b, false);
	assert_int_equal(p->result, PROBE_UNREACHED);
	assert_int_equal(p->fault.code, ERR_DNS);
	b.counter = 0;
	p = bench_probe(&b, "192.0.2.1");
	about(p);
	bench_look(&b, "dns-persist-01", p);
	assert_int_equal(p->result, PROBE_FORBIDDEN);
	assert_int_equal(b.counter, 0);
	bench_close(&b);
}

/* DP1-05 DP1-04: the shorter of the two, but long enough to be of use. */
TEST(it_holds_as_long_as_the_record)
{
	static const struct {
		const char *text;
		uint32_t ttl;
		unsigned lasts_s;
	} rows[] = {
		{ GOOD, 300, 300 },
		{ GOOD, 0, PERSIST_LEAST_S },
		{ GOOD, 1000000, 1000000 },
		{ GOOD "; persistUntil=1000100", 300, 100 },
		{ GOOD "; persistUntil=1000001", 300, PERSIST_LEAST_S },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *a = arena_new();
		struct probe p = { .arena = a };
		struct dns_record r = { .data = (const uint8_t *)rows[i].text,
			.len = strlen(rows[i].text),
			.ttl = rows[i].ttl };

		about(&p);
		assert_true(persist_judge(&r, NOW, &p, a));
		assert_int_equal(p.lasts_s, rows[i].lasts_s);
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_for_the_account_grants_the_name),
		cmocka_unit_test(a_wildcard_needs_its_policy),
		cmocka_unit_test(it_is_looked_for_at_its_place),
		cmocka_unit_test(it_holds_as_long_as_the_record),
	};

	return cmocka_run_group_tests(tests, bench_setup, NULL);
}
