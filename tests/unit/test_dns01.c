#include <errno.h>

#include "base/b64url.h"
#include "tests/fake/probe_bench.h"

/* What belongs into the TXT record. */
static const char *
value(struct bench *b)
{
	uint8_t digest[SHA256_SIZE];

	sha256(KEY_AUTHZ, strlen(KEY_AUTHZ), digest);
	return b64url_text(digest, sizeof(digest), b->arena);
}

static struct probe *
look_dns(struct bench *b, const char *name)
{
	struct probe *p = bench_probe(b, name);

	bench_look(b, "dns-01", p);
	if (p->fault.code != OK && getenv("SHOW") != NULL)
		print_message("# %d: %s\n", p->result, p->fault.detail);
	assert_null(strstr(p->fault.detail, THUMB));
	assert_null(strstr(p->fault.detail, "SECRET"));
	return p;
}

/* b->counter other records, then b->text in strings of b->raw bytes. */
static void
records(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	struct bench *b = arg;

	assert_string_equal(name, "_acme-challenge.a.example");
	assert_int_equal(type, 16);
	if (!tcp && b->raw_conn) {
		r->truncated = true;
		return;
	}
	for (unsigned i = 0; i < b->counter; i++)
		dns_put_txt(r, name, "SECRET of somebody else", 255);
	if (b->text != NULL)
		dns_put_txt(r, name, b->text, b->raw ? (size_t)b->raw : 255);
}

/* D01-01. */
TEST(s8_4_proves_with_the_digest_in_a_txt_record)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.names = records;
	b.text = value(&b);
	p = look_dns(&b, "a.example");
	assert_int_equal(p->result, PROBE_PROVED);
	assert_int_equal(p->fault.code, OK);
	assert_string_equal(p->evidence->who, "dns-01");
	assert_string_equal(p->evidence->question,
	    "_acme-challenge.a.example TXT");
	assert_string_equal(p->evidence->resolver, b.dns.text);
	assert_string_equal(p->evidence->answers, "1 record");
	assert_int_equal(b.dns.asked, 1);

	/* a wildcard is proved at its base */
	p = bench_probe(&b, "a.example");
	p->ident.wildcard = true;
	bench_look(&b, "dns-01", p);
	assert_int_equal(p->result, PROBE_PROVED);
	bench_close(&b);
}

/* D01-03, DNS-03. */
TEST(finds_the_record_among_many_and_in_pieces)
{
	struct bench b;

	bench_open(&b);
	b.names = records;
	b.text = value(&b);
	b.raw = 1; /* 43 strings of one byte */
	assert_int_equal(look_dns(&b, "a.example")->result, PROBE_PROVED);
	b.raw = 0;
	b.counter = 5;
	assert_int_equal(look_dns(&b, "a.example")->result, PROBE_PROVED);
	/* more than UDP carries: by TCP */
	b.counter = 500;
	b.raw_conn = 1;
	assert_int_equal(look_dns(&b, "a.example")->result, PROBE_PROVED);
	assert_int_equal(b.dns.asked_tcp, 1);
	bench_close(&b);
}

/* BLD-34. */
TEST(counts_other_records_and_does_not_quote_them)
{
	struct bench b;
	struct probe *p;
	const struct evidence *e;

	bench_open(&b);
	b.names = records;
	b.counter = 2;
	b.text = "SECRETSECRETSECRETSECRETSECRETSECRETSECRET4";
	p = look_dns(&b, "a.example");
	assert_int_equal(p->result, PROBE_WRONG);
	assert_int_equal(p->fault.code, ERR_UNAUTHORIZED);
	assert_says(p, "3 TXT records");
	assert_says(p, "43 bytes, SHA-256");
	e = evidence_at(p, 1);
	assert_true(e->compared);
	assert_int_equal(e->body_len, 43);
	bench_close(&b);
}

/* D01-01, D01-08. */
TEST(a_value_that_differs_a_little_is_wrong)
{
	struct bench b;
	char *text;

	bench_open(&b);
	b.names = records;
	b.text = text = arena_text(b.arena, value(&b));
	text[42] = text[42] == 'A' ? 'B' : 'A';
	assert_int_equal(look_dns(&b, "a.example")->result, PROBE_WRONG);
	b.text = arena_printf(b.arena, "%s ", value(&b));
	assert_int_equal(look_dns(&b, "a.example")->result, PROBE_WRONG);
	b.text = arena_printf(b.arena, "\"%s\"", value(&b));
	assert_int_equal(look_dns(&b, "a.example")->result, PROBE_WRONG);
	b.text = "";
	assert_int_equal(look_dns(&b, "a.example")->result, PROBE_WRONG);
	bench_close(&b);
}

static void
given_rcode(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	struct bench *b = arg;

	(void)name;
	(void)type;
	(void)tcp;
	r->rcode = b->counter & 15;
	r->silent = b->counter > 15;
}

/* D01-05, CHA-11. */
TEST(tells_no_record_from_no_answer)
{
	static const struct {
		unsigned rcode;
		enum err code;
		const char *says;
	} rows[] = {
		{ 0, ERR_UNAUTHORIZED, "NODATA" },
		{ 3, ERR_UNAUTHORIZED, "NXDOMAIN" },
		{ 2, ERR_DNS, "SERVFAIL" },
		{ 5, ERR_DNS, "REFUSED" },
		{ 4, ERR_DNS, "malformed" },
		{ 16, ERR_DNS, "no answer in time" },
	};
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.config.look_ms = 300;
	bench_configure(&b);
	b.names = given_rcode;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b.counter = rows[i].rcode;
		p = look_dns(&b, "a.example");
		assert_int_equal(p->result, PROBE_UNREACHED);
		assert_int_equal(p->fault.code, rows[i].code);
		assert_says(p, rows[i].says);
		assert_says(p, b.dns.text);
	}
	bench_close(&b);
}

/* D01-06. */
TEST(a_record_that_comes_late_is_seen_at_the_next_look)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.names = records;
	p = look_dns(&b, "a.example");
	assert_int_equal(p->result, PROBE_UNREACHED);
	assert_says(p, "no TXT record");
	b.text = value(&b);
	bench_look(&b, "dns-01", p);
	assert_int_equal(p->result, PROBE_PROVED);
	assert_int_equal(p->fault.code, OK);
	assert_int_equal(evidence_count(p), 2); /* each look adds */
	bench_close(&b);
}

/* D01-07. */
TEST(never_asks_for_an_address)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	p = look_dns(&b, "192.0.2.1");
	assert_int_equal(p->result, PROBE_FORBIDDEN);
	assert_int_equal(b.dns.asked, 0);
	bench_close(&b);
}

/* The account URL of the draft's example, and its label. */
#define ACCOUNT_URL  "https://example.com/acme/acct/ExampleAccount"
#define ACCOUNT_NAME "_ujmmovf2vn55tgye._acme-challenge.a.example"

static void
account_records(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	struct bench *b = arg;

	(void)tcp;
	assert_int_equal(type, 16);
	b->counter++;
	if (strcmp(name, ACCOUNT_NAME) == 0)
		dns_put_txt(r, name, b->text, 255);
	else
		r->rcode = 3;
}

static struct probe *
look_account(struct bench *b, const char *url, bool wildcard)
{
	struct probe *p = bench_probe(b, "a.example");

	p->account_url = url;
	p->ident.wildcard = wildcard;
	bench_look(b, "dns-account-01", p);
	assert_null(strstr(p->fault.detail, THUMB));
	return p;
}

/* DA1-01, DA1-02, VEC-13: at a place of the account's own. */
TEST(dns_account_01_is_looked_for_below_the_account_s_label)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.names = account_records;
	b.text = value(&b);
	p = look_account(&b, ACCOUNT_URL, false);
	assert_int_equal(p->result, PROBE_PROVED);
	assert_string_equal(p->evidence->who, "dns-account-01");
	assert_string_equal(p->evidence->question, ACCOUNT_NAME " TXT");
	p = look_account(&b, ACCOUNT_URL, true);
	assert_int_equal(p->result, PROBE_PROVED);
	b.text = "SECRETSECRETSECRETSECRETSECRETSECRETSECRET4";
	p = look_account(&b, ACCOUNT_URL, false);
	assert_int_equal(p->result, PROBE_WRONG);
	assert_int_equal(p->fault.code, ERR_UNAUTHORIZED);
	bench_close(&b);
}

/* DA1-03: the URL is part of the name, and of what failed. */
TEST(dns_account_01_says_which_account_s_label_it_was)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.names = account_records;
	b.text = value(&b);
	p = look_account(&b, "https://other.example/acme/account/1", false);
	assert_int_equal(p->result, PROBE_UNREACHED);
	assert_int_equal(p->fault.code, ERR_UNAUTHORIZED);
	assert_says(p, "https://other.example/acme/account/1");
	assert_says(p, "._acme-challenge.a.example");
	b.text = "not this";
	p = look_account(&b, ACCOUNT_URL, false);
	assert_says(p, ACCOUNT_URL);
	assert_says(p, ACCOUNT_NAME);
	b.counter = 0;
	p = bench_probe(&b, "192.0.2.1");
	p->account_url = ACCOUNT_URL;
	bench_look(&b, "dns-account-01", p);
	assert_int_equal(p->result, PROBE_FORBIDDEN);
	assert_int_equal(b.counter, 0);
	bench_close(&b);
}

/* VEC-13: token "." thumbprint, and 43 characters of its digest. */
TEST(s8_4_the_value_is_the_digest_in_base64url)
{
	struct bench b;

	bench_open(&b);
	assert_string_equal(value(&b),
	    "lCM7cZyQXcVHK2nnW3jjAhNT3Fvm18UN-kWZZknKoYM");
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s8_4_proves_with_the_digest_in_a_txt_record),
		cmocka_unit_test(finds_the_record_among_many_and_in_pieces),
		cmocka_unit_test(counts_other_records_and_does_not_quote_them),
		cmocka_unit_test(a_value_that_differs_a_little_is_wrong),
		cmocka_unit_test(tells_no_record_from_no_answer),
		cmocka_unit_test(
		    a_record_that_comes_late_is_seen_at_the_next_look),
		cmocka_unit_test(never_asks_for_an_address),
		cmocka_unit_test(
		    dns_account_01_is_looked_for_below_the_account_s_label),
		cmocka_unit_test(
		    dns_account_01_says_which_account_s_label_it_was),
		cmocka_unit_test(s8_4_the_value_is_the_digest_in_base64url),
	};

	return cmocka_run_group_tests(tests, bench_setup, NULL);
}
