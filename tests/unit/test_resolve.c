#include "challenges/answer_int.h"
#include "challenges/channel_int.h"
#include "challenges/resolve_int.h"
#include "tests/fake/probe_bench.h"

/* A look-up, with DNS servers of its own. */
struct fixture {
	struct loop *loop;
	struct dns_peer dns, other;
	struct arena *arena;
	struct probe probe;
	struct notes notes;
	struct lookup_plan plan;
	struct dns_server servers[DNS_SERVERS_MAX];
	struct lookup *lookup;
	bool done;
	unsigned asked_names;
	int kind; /* for the test's own use */
};

static void
open_fixture(struct fixture *x, dns_serve *serve, dns_serve *other)
{
	const char *list;
	struct fault f;

	memset(x, 0, sizeof(*x));
	x->loop = loop_new();
	x->arena = arena_new();
	dns_peer_start(&x->dns, x->loop, serve, x);
	dns_peer_start(&x->other, x->loop, other ? other : serve, x);
	x->probe.arena = x->arena;
	x->notes = (struct notes){ &x->probe, x->loop, "test" };
	list = other == NULL ? x->dns.text
	                     : arena_printf(x->arena, "%s,%s", x->dns.text,
	                           x->other.text);
	x->plan = (struct lookup_plan){
		.loop = x->loop,
		.channels = channels_new(x->loop, 1000),
		.arena = x->arena,
		.notes = &x->notes,
		.servers = x->servers,
		.bound_ms = 1000,
	};
	assert_int_equal(dns_servers_parse(list, x->arena, x->servers,
	                     &x->plan.n_servers, &f),
	    OK);
}

static void
close_fixture(struct fixture *x)
{
	lookup_free(x->lookup);
	channels_free(x->plan.channels);
	dns_peer_stop(&x->dns);
	dns_peer_stop(&x->other);
	loop_free(x->loop);
	arena_free(x->arena);
}

static void
done(void *arg)
{
	struct fixture *x = arg;

	x->done = true;
	loop_stop(x->loop);
}

static const struct dns_question *
ask(struct fixture *x, const char *name, enum dns_type type)
{
	struct timer *t = loop_after(x->loop, 5000, bench_give_up, x->loop);

	lookup_free(x->lookup);
	x->done = false;
	x->lookup =
	    lookup_start(&x->plan, &(struct dns_ask){ name, type }, 1, done, x);
	assert_false(x->done); /* never before it returns */
	loop_run(x->loop);
	timer_free(t);
	assert_true(x->done);
	return lookup_question(x->lookup, 0);
}

static void
chain(void *arg, const char *name, unsigned type, bool tcp, struct dns_reply *r)
{
	struct fixture *x = arg;
	char target[32];
	int n = 0;

	(void)tcp;
	x->asked_names++;
	if (strcmp(name, "whole.example") == 0) {
		/* as resolvers do, here in the wrong order and other case */
		dns_put_address(r, "c.example", "192.0.2.7");
		dns_put_cname(r, "B.example", "c.EXAMPLE");
		dns_put_cname(r, "WHOLE.example", "b.Example");
		dns_put_address(r, "stray.example", "192.0.2.9");
	} else if (strcmp(name, "loop.example") == 0) {
		dns_put_cname(r, name, name);
	} else if (sscanf(name, "n%d.example", &n) == 1 && n > 0) {
		(void)snprintf(target, sizeof(target), "n%d.example", n - 1);
		dns_put_cname(r, name, target);
	} else if (type == 1) {
		dns_put_address(r, name, "192.0.2.1");
		dns_put_address(r, name, "192.0.2.2");
	}
}

/* D01-02, D01-08. */
TEST(takes_the_chain_the_server_gives)
{
	struct fixture x;
	const struct dns_question *q;

	open_fixture(&x, chain, NULL);
	q = ask(&x, "whole.example", DNS_A);
	assert_int_equal(q->status, DNS_FOUND);
	assert_int_equal(q->n_records, 1);
	assert_memory_equal(q->records->data, "\xc0\x00\x02\x07", 4);
	assert_string_equal(q->name, "c.EXAMPLE");
	assert_int_equal(x.asked_names, 1);
	assert_string_equal(x.probe.evidence->answers,
	    "CNAME c.EXAMPLE; 192.0.2.7");
	close_fixture(&x);
}

/* D01-02. */
TEST(follows_a_chain_by_hand_up_to_eight)
{
	struct fixture x;
	const struct dns_question *q;

	open_fixture(&x, chain, NULL);
	q = ask(&x, "n8.example", DNS_A);
	assert_int_equal(q->status, DNS_FOUND);
	assert_int_equal(q->n_records, 2);
	assert_int_equal(x.asked_names, 9);
	assert_int_equal(ask(&x, "n9.example", DNS_A)->status, DNS_TOO_LONG);
	assert_int_equal(ask(&x, "loop.example", DNS_A)->status, DNS_TOO_LONG);
	assert_int_equal(ask(&x, "n2.example", DNS_TXT)->status, DNS_NODATA);
	close_fixture(&x);
}

enum { FAIL_RCODE, FAIL_SILENT, FAIL_GARBAGE };

static void
failing(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	struct fixture *x = arg;

	(void)type;
	(void)tcp;
	if (x->kind == FAIL_SILENT) {
		r->silent = true;
	} else if (x->kind == FAIL_GARBAGE) {
		dns_put_rr(r, name, 1, "abc", 3);
	} else {
		r->rcode = 2;
	}
}

TEST(asks_the_next_server_when_one_fails)
{
	static const int kinds[] = { FAIL_RCODE, FAIL_SILENT, FAIL_GARBAGE };
	struct fixture x;
	const struct dns_question *q;

	open_fixture(&x, failing, chain);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		x.kind = kinds[i];
		q = ask(&x, "a.example", DNS_A);
		assert_int_equal(q->status, DNS_FOUND);
		assert_string_equal(q->server, x.other.text);
	}
	assert_string_equal(x.probe.evidence->resolver, x.dns.text);
	assert_string_equal(x.probe.evidence->answers,
	    "SERVFAIL: the server failed to find out");
	assert_string_equal(x.probe.evidence->next->resolver, x.other.text);
	close_fixture(&x);
}

TEST(an_answer_is_an_answer_even_if_it_is_no)
{
	struct fixture x;

	open_fixture(&x, chain, failing);
	assert_int_equal(ask(&x, "a.example", DNS_TXT)->status, DNS_NODATA);
	assert_int_equal(x.other.asked, 0);
	close_fixture(&x);
}

TEST(a_server_that_is_not_there_is_said_to_be_so)
{
	struct fixture x;

	open_fixture(&x, chain, NULL);
	watch_free(x.dns.watch_udp);
	(void)close(x.dns.udp);
	assert_int_equal(ask(&x, "a.example", DNS_A)->status, DNS_NO_SERVER);
	x.dns.udp = socket(AF_INET, SOCK_DGRAM, 0);
	x.dns.watch_udp =
	    loop_watch(x.loop, x.dns.udp, LOOP_READ, dns_peer_udp, &x.dns);
	close_fixture(&x);
}

static void
third_time(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	struct fixture *x = arg;

	(void)type;
	(void)tcp;
	r->silent = ++x->asked_names < 3;
	dns_put_address(r, name, "192.0.2.1");
}

TEST(a_lost_packet_is_sent_again)
{
	struct fixture x;

	open_fixture(&x, third_time, NULL);
	assert_int_equal(ask(&x, "a.example", DNS_A)->status, DNS_FOUND);
	assert_int_equal(x.asked_names, 3);
	close_fixture(&x);
}

static void
no_edns(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	struct fixture *x = arg;

	(void)tcp;
	/* the peer cannot see the OPT; the first of each type had it */
	if ((x->kind & (type == 1 ? 1 : 2)) == 0) {
		x->kind |= type == 1 ? 1 : 2;
		r->rcode = 1;
		return;
	}
	dns_put_address(r, name, type == 1 ? "192.0.2.1" : "2001:db8::1");
}

TEST(a_server_without_edns_is_asked_without)
{
	static const struct dns_ask both[] = { { "a.example", DNS_AAAA },
		{ "a.example", DNS_A } };
	struct fixture x;

	open_fixture(&x, no_edns, NULL);
	x.lookup = lookup_start(&x.plan, both, 2, done, &x);
	loop_run(x.loop);
	assert_int_equal(lookup_question(x.lookup, 0)->status, DNS_FOUND);
	assert_int_equal(lookup_question(x.lookup, 1)->status, DNS_FOUND);
	assert_null(lookup_question(x.lookup, 2));
	close_fixture(&x);
}

/* What one look-up has learned of a server is not the next one's. */
TEST(a_server_is_asked_with_edns_again)
{
	struct fixture x;

	open_fixture(&x, no_edns, NULL);
	assert_int_equal(ask(&x, "a.example", DNS_A)->status, DNS_FOUND);
	assert_int_equal(x.dns.edns_size, 0);
	assert_int_equal(ask(&x, "b.example", DNS_A)->status, DNS_FOUND);
	assert_int_equal(x.dns.edns_size, 1232);
	close_fixture(&x);
}

TEST(names_that_cannot_be_asked_for_are_refused)
{
	static const char label[] =
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    ".example";
	struct fixture x;

	open_fixture(&x, chain, NULL);
	assert_int_equal(ask(&x, label, DNS_A)->status, DNS_BAD_NAME);
	assert_int_equal(ask(&x, "a..example", DNS_A)->status, DNS_BAD_NAME);
	assert_int_equal(ask(&x, "hidden.onion", DNS_A)->status, DNS_NXDOMAIN);
	assert_int_equal(x.dns.asked, 0);
	close_fixture(&x);
}

TEST(a_lookup_can_be_freed_at_any_time)
{
	static const struct dns_ask both[] = { { "a.example", DNS_AAAA },
		{ "a.example", DNS_A } };
	struct fixture x;

	open_fixture(&x, failing, NULL);
	x.kind = FAIL_SILENT;
	for (unsigned ms = 0; ms < 5; ms++) {
		struct timer *t =
		    loop_after(x.loop, ms * 50, bench_give_up, x.loop);

		x.lookup = lookup_start(&x.plan, both, 2, done, &x);
		loop_run(x.loop);
		timer_free(t);
		lookup_free(x.lookup);
	}
	x.lookup = NULL;
	assert_false(x.done);
	close_fixture(&x);
}

/* DNS-04. */
TEST(server_lists_are_read_strictly)
{
	static const struct {
		const char *list, *last; /* NULL: refused */
		size_t n;
	} rows[] = {
		{ "192.0.2.53", "192.0.2.53:53", 1 },
		{ "192.0.2.53:5353", "192.0.2.53:5353", 1 },
		{ "localhost:5353", "127.0.0.1:5353", 1 },
		{ "2001:db8::53", "[2001:db8::53]:53", 1 },
		{ "[2001:db8::53]", "[2001:db8::53]:53", 1 },
		{ "192.0.2.53,[2001:DB8::53]:54", "[2001:db8::53]:54", 2 },
		{ "", NULL, 0 },
		{ "192.0.2.53,", NULL, 0 },
		{ "192.0.2.53:", NULL, 0 },
		{ "192.0.2.53:0", NULL, 0 },
		{ "192.0.2.53:65536", NULL, 0 },
		{ "192.0.2.53:5x", NULL, 0 },
		{ "[2001:db8::53", NULL, 0 },
		{ "[2001:db8::53]5", NULL, 0 },
		{ "dns.example:53", NULL, 0 },
		{ "::1,::1,::1,::1,::1,::1,::1,::1,::1", NULL, 0 },
	};
	struct dns_server out[DNS_SERVERS_MAX];
	struct arena *a = arena_new();
	struct fault f;
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum err e = dns_servers_parse(rows[i].list, a, out, &n, &f);

		if ((e == OK) != (rows[i].last != NULL))
			fail_msg("\"%s\"", rows[i].list);
		if (e != OK)
			continue;
		assert_int_equal(n, rows[i].n);
		assert_string_equal(out[n - 1].text, rows[i].last);
	}
	arena_free(a);
}

/* DNS-03: what fits the smallest path, and from a port nobody knows. */
TEST(asks_with_a_small_edns_size_from_a_port_of_its_own)
{
	struct fixture x;
	uint16_t ports[4];
	unsigned same = 0;

	open_fixture(&x, chain, NULL);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(ask(&x, "a.example", DNS_A)->status,
		    DNS_FOUND);
		assert_int_equal(x.dns.edns_size, 1232);
		ports[i] = x.dns.from_port;
		same += ports[i] == ports[0];
	}
	assert_true(same < 4);
	close_fixture(&x);
}

/* A message about a.example, with so many questions and TXT records. */
static size_t
message(uint8_t *out, unsigned questions, unsigned records)
{
	static const uint8_t name[] = { 1, 'a', 7, 'e', 'x', 'a', 'm', 'p', 'l',
		'e', 0 };
	static const uint8_t txt[] = { 0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 1,
		0 };
	const uint8_t head[12] = { [2] = 0x81,
		[5] = (uint8_t)questions,
		[6] = (uint8_t)(records >> 8),
		[7] = (uint8_t)records };
	size_t n = sizeof(head);

	memcpy(out, head, n);
	for (unsigned i = 0; i < questions; i++, n += sizeof(name) + 4) {
		memcpy(out + n, name, sizeof(name));
		memcpy(out + n + sizeof(name), "\0\x10\0\1", 4);
	}
	for (unsigned i = 0; i < records; i++, n += sizeof(txt))
		memcpy(out + n, txt, sizeof(txt));
	return n;
}

/* SEC-02: each record is held against each alias, so there may not be many. */
TEST(what_has_more_records_than_anybody_needs_is_no_answer)
{
	static const struct {
		unsigned questions, records;
		bool good;
	} rows[] = { { 1, 1, true }, { 1, 1000, true }, { 1, 1001, false },
		{ 1, 4000, false }, { 2, 1, false } };
	struct arena *a = arena_new();
	uint8_t *buf = arena_alloc(a, 1, 65535);
	struct dns_answer answer;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = message(buf, rows[i].questions, rows[i].records);
		bool good =
		    answer_parse(buf, n, "a.example", DNS_TXT, a, &answer);

		if (good != rows[i].good ||
		    (good && answer.n_records != rows[i].records))
			fail_msg("%u, %u", rows[i].questions, rows[i].records);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_has_more_records_than_anybody_needs_is_no_answer),
		cmocka_unit_test(takes_the_chain_the_server_gives),
		cmocka_unit_test(follows_a_chain_by_hand_up_to_eight),
		cmocka_unit_test(asks_the_next_server_when_one_fails),
		cmocka_unit_test(an_answer_is_an_answer_even_if_it_is_no),
		cmocka_unit_test(a_server_that_is_not_there_is_said_to_be_so),
		cmocka_unit_test(a_lost_packet_is_sent_again),
		cmocka_unit_test(a_server_without_edns_is_asked_without),
		cmocka_unit_test(a_server_is_asked_with_edns_again),
		cmocka_unit_test(names_that_cannot_be_asked_for_are_refused),
		cmocka_unit_test(a_lookup_can_be_freed_at_any_time),
		cmocka_unit_test(server_lists_are_read_strictly),
		cmocka_unit_test(
		    asks_with_a_small_edns_size_from_a_port_of_its_own),
	};

	return cmocka_run_group_tests(tests, bench_setup, NULL);
}
