/* CAA as it is looked up: who is asked, which records speak. */
#include "tests/fake/probe_bench.h"

static const char *const issuers[] = { "ca.example" };
static const char *const accounts[] = { "https://ca.example/acme/account/1" };

static void
put_caa(struct dns_reply *r, const char *owner, const char *value)
{
	uint8_t data[256] = { 0, 5, 'i', 's', 's', 'u', 'e' };
	size_t len = strlen(value);

	memcpy(data + 7, value, len);
	dns_put_rr(r, owner, 257, data, 7 + len);
}

/* What is said of each name. */
static void
zone(void *arg, const char *name, unsigned type, bool tcp, struct dns_reply *r)
{
	struct bench *b = arg;

	(void)tcp;
	assert_int_equal(type, 257);
	b->counter++;
	if (strcmp(name, "permits.example") == 0)
		put_caa(r, name, "ca.example");
	else if (strcmp(name, "forbids.example") == 0)
		put_caa(r, name, "other.example");
	else if (strcmp(name, "ours.forbids.example") == 0)
		put_caa(r, name, "ca.example");
	else if (strcmp(name, "alias.example") == 0)
		dns_put_cname(r, name, "deep.forbids.example");
	else if (strcmp(name, "direct.example") == 0)
		dns_put_cname(r, name, "forbids.example");
	else if (strstr(name, "servfail") == name)
		r->rcode = 2;
	else if (strstr(name, "silent") == name)
		r->silent = true;
	else if (strstr(name, "nx") == name)
		r->rcode = 3;
}

static struct probe *
caa_probe(struct bench *b, const char *name)
{
	struct probe *p = bench_probe(b, name);

	p->method = "http-01";
	p->issuers = issuers;
	p->n_issuers = 1;
	p->accounts = accounts;
	p->n_accounts = 1;
	return p;
}

static struct probe *
ask(struct bench *b, const char *name, bool lenient)
{
	struct probe *p = caa_probe(b, name);
	unsigned done = b->done;

	p->lenient = lenient;
	caa_look(b->prober, p, bench_done, b);
	assert_int_equal(b->done, done); /* never before it returns */
	bench_run(b, 1);
	if (p->fault.code != OK && getenv("SHOW") != NULL)
		print_message("# %d: %s\n", p->result, p->fault.detail);
	return p;
}

/* CAA-01, CAA-02, CAA-14, CAA-15: the first set on the way up speaks. */
TEST(s8659_3_the_nearest_records_speak)
{
	static const struct {
		const char *name;
		enum probe_result result;
		const char *found;
	} rows[] = {
		{ "a.example", PROBE_PROVED, NULL },
		{ "permits.example", PROBE_PROVED, "permits.example" },
		{ "a.b.c.permits.example", PROBE_PROVED, "permits.example" },
		{ "forbids.example", PROBE_WRONG, "forbids.example" },
		{ "nx.forbids.example", PROBE_WRONG, "forbids.example" },
		{ "a.nx.forbids.example", PROBE_WRONG, "forbids.example" },
		{ "ours.forbids.example", PROBE_PROVED,
		    "ours.forbids.example" },
		{ "a.ours.forbids.example", PROBE_PROVED,
		    "ours.forbids.example" },
	};
	struct bench b;

	bench_open(&b);
	b.names = zone;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct probe *p = ask(&b, rows[i].name, false);
		const struct evidence *e = last_evidence(p);

		if (p->result != rows[i].result)
			fail_msg("%s: %d", rows[i].name, p->result);
		assert_string_equal(e->who, "caa");
		if (rows[i].found != NULL)
			assert_non_null(strstr(e->answers,
			    arena_printf(b.arena,
			        "found at %s:", rows[i].found)));
		if (p->result != PROBE_WRONG)
			continue;
		assert_int_equal(p->fault.code, ERR_CAA);
		assert_says(p,
		    arena_printf(b.arena, "CAA record for %s prevents issuance",
		        rows[i].name));
		assert_says(p, "issue \"other.example\"");
	}
	bench_close(&b);
}

/* CAA-01: each label is asked about once, and the root is not. */
TEST(s8659_3_climbs_to_the_last_label)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.names = zone;
	(void)ask(&b, "a.b.c.d.example", false);
	assert_int_equal(b.counter, 5);
	b.counter = 0;
	(void)ask(&b, "example", false);
	assert_int_equal(b.counter, 1);
	b.counter = 0; /* many, and all by one socket */
	p = ask(&b,
	    "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24."
	    "25.26.27.28.29.30.forbids.example",
	    false);
	assert_int_equal(b.counter, 32);
	assert_int_equal(p->result, PROBE_WRONG);
	bench_close(&b);
}

/* CAA-01: an alias brings the target's records, not those above the target. */
TEST(s8659_3_nobody_climbs_from_where_an_alias_leads)
{
	struct bench b;

	bench_open(&b);
	b.names = zone;
	assert_int_equal(ask(&b, "alias.example", false)->result, PROBE_PROVED);
	assert_int_equal(ask(&b, "direct.example", false)->result, PROBE_WRONG);
	bench_close(&b);
}

/* CAA-10, DNS-01: what cannot be looked up is no permission. */
TEST(s8659_3_an_error_is_no_permission)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.config.look_ms = 300;
	bench_configure(&b);
	b.names = zone;
	p = ask(&b, "servfail.example", false);
	assert_int_equal(p->result, PROBE_UNREACHED);
	assert_int_equal(p->fault.code, ERR_DNS);
	assert_says(p, "CAA records for servfail.example could not be looked "
	               "up");
	assert_says(p, "SERVFAIL");
	assert_says(p, b.dns.text);
	p = ask(&b, "silent.example", false);
	assert_int_equal(p->result, PROBE_UNREACHED);
	assert_int_equal(p->fault.code, ERR_DNS);
	assert_says(p, "no answer in time");
	/* below records, they might be others; above them, it is no matter */
	p = ask(&b, "servfail.permits.example", false);
	assert_int_equal(p->result, PROBE_UNREACHED);
	p = ask(&b, "servfail.forbids.example", false);
	assert_int_equal(p->fault.code, ERR_DNS);
	p = ask(&b, "permits.example", false);
	assert_int_equal(p->result, PROBE_PROVED);
	bench_close(&b);
}

/* CAA-12: where it answers, it counts. */
TEST(leniently_an_error_is_no_record)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.config.look_ms = 300;
	bench_configure(&b);
	b.names = zone;
	p = ask(&b, "servfail.example", true);
	assert_int_equal(p->result, PROBE_UNREACHED); /* for the log */
	p = ask(&b, "servfail.permits.example", true);
	assert_int_equal(p->result, PROBE_PROVED);
	p = ask(&b, "servfail.forbids.example", true);
	assert_int_equal(p->result, PROBE_WRONG);
	p = ask(&b, "silent.forbids.example", true);
	assert_int_equal(p->result, PROBE_WRONG);
	bench_close(&b);
}

/* CAA-04 CAA-13: a wildcard by its base; an address not at all. */
TEST(s8659_3_a_wildcard_is_its_base_and_an_address_nothing)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.names = zone;
	p = caa_probe(&b, "forbids.example");
	p->ident.wildcard = true;
	caa_look(b.prober, p, bench_done, &b);
	bench_run(&b, 1);
	assert_int_equal(p->result, PROBE_WRONG);
	assert_says(p, "for *.forbids.example prevents");
	assert_int_equal(b.counter, 2);
	b.counter = 0;
	assert_int_equal(ask(&b, "192.0.2.1", false)->result, PROBE_PROVED);
	assert_int_equal(ask(&b, "2001:db8::1", false)->result, PROBE_PROVED);
	assert_int_equal(b.counter, 0);
	bench_close(&b);
}

/* What is known counts when time is up; nobody waits for what is above it. */
TEST(a_look_can_be_told_that_its_time_is_up)
{
	struct bench b;
	struct probe *p;
	int64_t began;

	bench_open(&b);
	b.names = zone;
	began = loop_now(b.loop);
	/* silence above the records: not waited for */
	p = ask(&b, "forbids.example", false);
	assert_int_equal(p->result, PROBE_WRONG);
	p = caa_probe(&b, "silent.forbids.example");
	p->lenient = true;
	caa_look(b.prober, p, bench_done, &b);
	bench_run_ms(&b, 100);
	assert_true(prober_expire(b.prober, p));
	bench_run(&b, 1);
	assert_int_equal(p->result, PROBE_WRONG);
	assert_true(prober_expire(b.prober, p)); /* once is enough */
	assert_in_range(loop_now(b.loop) - began, 90, 1500);
	bench_close(&b);
}

/* CAA-12: no answer is one that the DNS owes us, not one we did not ask for. */
TEST(one_that_waits_its_turn_is_asked_all_the_same)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.names = zone;
	b.config.parallel = 1;
	bench_configure(&b);
	p = caa_probe(&b, "silent.example");
	caa_look(b.prober, p, bench_done, &b);
	p = caa_probe(&b, "forbids.example");
	p->lenient = true;
	caa_look(b.prober, p, bench_done, &b);
	assert_false(prober_expire(b.prober, p));
	bench_run(&b, 1);
	assert_int_equal(p->result, PROBE_WRONG);
	assert_true(prober_expire(b.prober, p));
	bench_close(&b);
}

TEST(a_look_can_be_cancelled)
{
	struct bench b;
	struct probe *first, *second;

	bench_open(&b);
	b.config.parallel = 1;
	bench_configure(&b);
	b.names = zone;
	first = caa_probe(&b, "silent.example");
	second = caa_probe(&b, "a.example");
	caa_look(b.prober, first, bench_done, &b);
	caa_look(b.prober, second, bench_done, &b);
	prober_cancel(b.prober, first); /* and makes room */
	bench_run(&b, 1);
	assert_int_equal(second->result, PROBE_PROVED);
	caa_look(b.prober, first, bench_done, &b);
	caa_look(b.prober, second, bench_done, &b);
	prober_cancel(b.prober, second);
	prober_cancel(b.prober, first);
	prober_cancel(b.prober, first);
	bench_run_ms(&b, 50);
	assert_int_equal(b.done, 1);
	caa_look(b.prober, second, bench_done, &b); /* gone with the prober */
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s8659_3_the_nearest_records_speak),
		cmocka_unit_test(s8659_3_climbs_to_the_last_label),
		cmocka_unit_test(
		    s8659_3_nobody_climbs_from_where_an_alias_leads),
		cmocka_unit_test(s8659_3_an_error_is_no_permission),
		cmocka_unit_test(leniently_an_error_is_no_record),
		cmocka_unit_test(
		    s8659_3_a_wildcard_is_its_base_and_an_address_nothing),
		cmocka_unit_test(a_look_can_be_told_that_its_time_is_up),
		cmocka_unit_test(one_that_waits_its_turn_is_asked_all_the_same),
		cmocka_unit_test(a_look_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, bench_setup, NULL);
}
