#include <errno.h>
#include <time.h>

#include "tests/fake/probe_bench.h"

/* H01-01, H01-02. */
TEST(s8_3_proves_with_the_key_authorization)
{
	struct bench b;
	struct probe *p;
	const struct evidence *e;

	bench_open(&b);
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_PROVED);
	assert_int_equal(p->fault.code, OK);
	e = last_evidence(p);
	assert_string_equal(e->who, "http-01");
	assert_string_equal(e->address, "127.0.0.1");
	assert_int_equal(e->port, b.web.port);
	assert_int_equal(e->http_status, 200);
	assert_int_equal(e->body_len, strlen(KEY_AUTHZ));
	assert_true(e->compared);
	assert_memory_equal(e->seen, e->expected, 8);
	e = evidence_at(p, 0);
	assert_string_equal(e->resolver, b.dns.text);
	bench_close(&b);
}

static void
note_request(void *arg, struct web_conn *c)
{
	struct bench *b = arg;

	b->text = arena_text(b->arena, c->request);
	web_answer(c, 200, "Set-Cookie: a=b\r\n", KEY_AUTHZ);
}

/* H01-01, H01-06, BLD-30. */
TEST(asks_as_itself_and_closes)
{
	struct bench b;
	char host[64], first[200];

	bench_open(&b);
	b.pages = note_request;
	assert_int_equal(look(&b, "a.example")->result, PROBE_PROVED);
	assert_int_equal(look(&b, "a.example")->result, PROBE_PROVED);
	(void)snprintf(first, sizeof(first),
	    "GET /.well-known/acme-challenge/%s HTTP/1.1\r\n", TOKEN);
	assert_memory_equal(b.text, first, strlen(first));
	(void)snprintf(host, sizeof(host), "Host: a.example:%u\r\n",
	    b.web.port);
	assert_non_null(strstr(b.text, host));
	assert_non_null(strstr(b.text, "User-Agent: mayfly-test\r\n"));
	assert_non_null(strstr(b.text, "Accept: */*\r\n"));
	assert_non_null(strstr(b.text, "Connection: close\r\n"));
	assert_null(strstr(b.text, "Cookie"));
	assert_null(strstr(b.text, "Accept-Encoding"));
	bench_close(&b);
}

static void
with_newline(void *arg, struct web_conn *c)
{
	(void)arg;
	web_answer(c, 200, "", KEY_AUTHZ " \r\n\t\n");
}

static void
chunked(void *arg, struct web_conn *c)
{
	(void)arg;
	web_send(c,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "%zx\r\n%s\r\n0\r\n\r\n",
	    strlen(KEY_AUTHZ), KEY_AUTHZ);
	web_close(c);
}

static void
until_close(void *arg, struct web_conn *c)
{
	(void)arg;
	web_send(c, "HTTP/1.0 200 OK\r\n\r\n" KEY_AUTHZ);
	web_close(c);
}

/* H01-02. */
TEST(takes_the_key_authorization_in_any_framing)
{
	static web_serve *const ways[] = { with_newline, chunked, until_close };
	struct bench b;

	bench_open(&b);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		b.pages = ways[i];
		assert_int_equal(look(&b, "a.example")->result, PROBE_PROVED);
	}
	bench_close(&b);
}

static void
given_body(void *arg, struct web_conn *c)
{
	web_answer(c, 200, "", ((struct bench *)arg)->text);
}

/* H01-02, H01-09, SEC-05, ERR-07, BLD-35. */
TEST(calls_other_bodies_wrong_without_quoting_them)
{
	static const struct {
		const char *body, *hint;
	} rows[] = {
		{ "", "it is empty" },
		{ TOKEN, "the bare token" },
		{ TOKEN ".AAAAAAA_SECRET_AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		    "of another account key" },
		{ " " KEY_AUTHZ, "88 bytes" },
		{ KEY_AUTHZ "x", "88 bytes" },
		{ "<html>SECRET</html>", "HTML" },
		{ "\xef\xbb\xbf" KEY_AUTHZ, "byte order mark" },
	};
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.pages = given_body;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b.text = rows[i].body;
		p = look(&b, "a.example");
		assert_int_equal(p->result, PROBE_WRONG);
		assert_int_equal(p->fault.code, ERR_UNAUTHORIZED);
		assert_says(p, rows[i].hint);
		assert_says(p, "SHA-256");
		assert_null(strstr(p->fault.detail, "SECRET"));
		assert_true(last_evidence(p)->compared);
	}
	bench_close(&b);
}

static void
endless(void *arg, struct web_conn *c)
{
	(void)arg;
	web_endless(c);
}

/* H01-06, BLD-30. */
TEST(stops_reading_a_body_at_its_cap)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.pages = endless;
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_WRONG);
	assert_says(p, "more than 8192 bytes");
	assert_int_equal(last_evidence(p)->body_len, 8192);
	assert_false(last_evidence(p)->compared);
	bench_close(&b);
}

static void
endless_headers(void *arg, struct web_conn *c)
{
	(void)arg;
	web_send(c, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 40; i++)
		web_send(c, "X-%d: %0500d\r\n", i, i);
	web_send(c, "\r\n" KEY_AUTHZ);
	web_close(c);
}

/* H01-06. */
TEST(stops_reading_headers_at_their_cap)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.pages = endless_headers;
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_WRONG);
	assert_int_equal(p->fault.code, ERR_CONNECTION);
	assert_says(p, "headers");
	bench_close(&b);
}

static void
given_status(void *arg, struct web_conn *c)
{
	web_answer(c, (int)((struct bench *)arg)->counter, "", KEY_AUTHZ);
}

/* H01-02. */
TEST(wants_status_200_and_no_other)
{
	static const unsigned statuses[] = { 201, 204, 300, 304, 404, 500 };
	struct bench b;
	struct probe *p;
	char text[20];

	bench_open(&b);
	b.pages = given_status;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		b.counter = statuses[i];
		p = look(&b, "a.example");
		assert_int_equal(p->result, PROBE_WRONG);
		assert_int_equal(p->fault.code, ERR_UNAUTHORIZED);
		(void)snprintf(text, sizeof(text), "HTTP %u", statuses[i]);
		assert_says(p, text);
		assert_int_equal(last_evidence(p)->http_status, statuses[i]);
	}
	bench_close(&b);
}

/* CHA-11, CHA-12. */
TEST(a_refused_connection_is_not_reached)
{
	struct bench b;
	struct probe *p;
	char at[32];

	bench_open(&b);
	/* a port that was free a moment ago: the web peer's, closed */
	b.config.http_port = b.web.port;
	web_peer_stop(&b.web);
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_UNREACHED);
	assert_int_equal(p->fault.code, ERR_CONNECTION);
	assert_says(p, "ECONNREFUSED");
	(void)snprintf(at, sizeof(at), "127.0.0.1:%u", b.config.http_port);
	assert_says(p, at);
	assert_int_equal(last_evidence(p)->sys_errno, ECONNREFUSED);
	web_peer_start(&b.web, b.loop, false, 0, bench_pages, &b);
	bench_close(&b);
}

static void
reset(void *arg, struct web_conn *c)
{
	(void)arg;
	web_reset(c);
}

static void
hang_up(void *arg, struct web_conn *c)
{
	(void)arg;
	web_close(c);
}

static void
half(void *arg, struct web_conn *c)
{
	(void)arg;
	web_send(c, "HTTP/1.1 200 OK\r\nContent-Length: 87\r\n\r\n" TOKEN);
	web_close(c);
}

TEST(a_broken_connection_is_not_reached)
{
	static web_serve *const ways[] = { reset, hang_up, half };
	struct bench b;
	struct probe *p;

	bench_open(&b);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		b.pages = ways[i];
		p = look(&b, "a.example");
		assert_int_equal(p->result, PROBE_UNREACHED);
		assert_int_equal(p->fault.code, ERR_CONNECTION);
		assert_says(p, "broke off");
		assert_int_equal(last_evidence(p)->sys_errno,
		    i == 0 ? ECONNRESET : 0);
	}
	bench_close(&b);
}

static void
silence(void *arg, struct web_conn *c)
{
	(void)arg;
	(void)c;
}

static void
trickle(void *arg, struct web_conn *c)
{
	(void)arg;
	web_send(c, "HTTP/1.1 200 OK\r\n\r\n");
	web_trickle(c);
}

static long
elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 +
	       (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* CHA-13, H01-06. */
TEST(a_look_ends_at_its_bound)
{
	static const struct {
		web_serve *pages;
		const char *says;
	} rows[] = {
		{ silence, "no answer within 300 ms" },
		{ trickle, "bytes of the body within 300 ms" },
	};
	struct timespec began;
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.config.look_ms = 300;
	bench_configure(&b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b.pages = rows[i].pages;
		(void)clock_gettime(CLOCK_MONOTONIC, &began);
		p = look(&b, "a.example");
		assert_in_range(elapsed_ms(&began), 290, 900);
		assert_int_equal(p->result, PROBE_UNREACHED);
		assert_int_equal(p->fault.code, ERR_CONNECTION);
		assert_says(p, rows[i].says);
		assert_int_equal(last_evidence(p)->sys_errno, ETIMEDOUT);
	}
	assert_int_equal(last_evidence(p)->http_status, 200);
	bench_close(&b);
}

static void
not_http(void *arg, struct web_conn *c)
{
	(void)arg;
	web_send(c, "\x15\x03\x01 SECRET is not HTTP");
	web_close(c);
}

/* H01-10. */
TEST(another_protocol_is_wrong)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.pages = not_http;
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_WRONG);
	assert_int_equal(p->fault.code, ERR_CONNECTION);
	assert_says(p, "does not speak HTTP/1.1");
	assert_null(strstr(p->fault.detail, "SECRET"));
	bench_close(&b);
}

/* ---- addresses ---- */

static void
both_families(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	(void)arg;
	(void)tcp;
	dns_put_address(r, name, type == 1 ? "127.0.0.1" : "::1");
}

/* CHA-13, BLD-31. */
TEST(dials_ipv6_first_and_ipv4_when_it_is_refused)
{
	struct web_peer six;
	struct bench b;
	struct probe *p;
	const struct evidence *e;

	bench_open(&b);
	b.names = both_families;
	p = look(&b, "a.example"); /* nobody listens on ::1 */
	assert_int_equal(p->result, PROBE_PROVED);
	e = evidence_at(p, 2);
	assert_string_equal(e->address, "::1");
	assert_int_equal(e->sys_errno, ECONNREFUSED);
	assert_string_equal(last_evidence(p)->address, "127.0.0.1");

	web_peer_start(&six, b.loop, true, b.web.port, bench_pages, &b);
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_PROVED);
	assert_string_equal(last_evidence(p)->address, "::1");
	assert_int_equal(six.served, 1);

	/* 8.3 leaves it open; a wrong answer by IPv6 is an answer */
	b.pages = given_status;
	b.counter = 404;
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_WRONG);
	assert_string_equal(last_evidence(p)->address, "::1");
	web_peer_stop(&six);
	bench_close(&b);
}

/* CHA-12. */
TEST(says_of_every_address_why_it_failed)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.names = both_families;
	web_peer_stop(&b.web);
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_UNREACHED);
	assert_says(p, "127.0.0.1:");
	assert_says(p, "before that [::1]:");
	web_peer_start(&b.web, b.loop, false, 0, bench_pages, &b);
	bench_close(&b);
}

/* H01-08, IPI-02. */
TEST(an_ipv6_literal_is_bracketed_and_dialled)
{
	struct web_peer six;
	struct bench b;
	char host[64];

	bench_open(&b);
	web_peer_start(&six, b.loop, true, b.web.port, note_request, &b);
	assert_int_equal(look(&b, "::1")->result, PROBE_PROVED);
	(void)snprintf(host, sizeof(host), "Host: [::1]:%u\r\n", b.web.port);
	assert_non_null(strstr(b.text, host));
	assert_int_equal(b.dns.asked, 0);
	assert_int_equal(look(&b, "127.0.0.1")->result, PROBE_PROVED);
	web_peer_stop(&six);
	bench_close(&b);
}

/* H01-05, SEC-01. */
TEST(the_policy_holds_at_the_dial)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.config.policy.n_allow = 0;
	bench_configure(&b);
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_FORBIDDEN);
	assert_int_equal(p->fault.code, ERR_CONNECTION);
	assert_says(p, "validation.allow");
	assert_string_equal(last_evidence(p)->who, "policy");
	assert_string_equal(last_evidence(p)->address, "127.0.0.1");
	assert_int_equal(b.web.served, 0);
	bench_close(&b);
}

static void
one_forbidden(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	(void)arg;
	(void)tcp;
	dns_put_address(r, name, type == 1 ? "127.0.0.1" : "fe80::1");
}

TEST(a_forbidden_address_beside_a_good_one_is_passed_over)
{
	struct bench b;

	bench_open(&b);
	b.names = one_forbidden;
	assert_int_equal(look(&b, "a.example")->result, PROBE_PROVED);
	bench_close(&b);
}

TEST(a_hosts_file_is_asked_first)
{
	static const char line[] = "127.0.0.1 b.example\n";
	char path[] = "/tmp/mayfly-test-http01-XXXXXX";
	int fd = mkstemp(path);
	struct bench b;
	struct probe *p;

	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	(void)close(fd);
	bench_open(&b);
	b.config.hosts_file = path;
	bench_configure(&b);
	p = look(&b, "b.example");
	assert_int_equal(p->result, PROBE_PROVED);
	assert_string_equal(evidence_at(p, 0)->resolver, path);
	assert_string_equal(evidence_at(p, 0)->answers, "127.0.0.1");
	assert_int_equal(b.dns.asked, 0);
	/* ::1 is tried and refused, 127.0.0.1 answers */
	p = look(&b, "localhost");
	assert_int_equal(p->result, PROBE_PROVED);
	assert_string_equal(evidence_at(p, 0)->answers, "::1, 127.0.0.1");
	assert_string_equal(evidence_at(p, 1)->address, "::1");
	assert_int_equal(look(&b, "a.example")->result, PROBE_PROVED);
	assert_int_equal(b.dns.asked, 2);
	bench_close(&b);
	(void)unlink(path);
}

/* ---- names ---- */

static void
no_such_name(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	(void)arg;
	(void)name;
	(void)type;
	(void)tcp;
	r->rcode = 3;
}

static void
no_address(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	(void)arg;
	(void)name;
	(void)type;
	(void)tcp;
	(void)r;
}

static void
server_failure(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	(void)arg;
	(void)name;
	(void)type;
	(void)tcp;
	r->rcode = 2;
}

static void
dns_silence(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	(void)arg;
	(void)name;
	(void)type;
	(void)tcp;
	r->silent = true;
}

/* CHA-11. */
TEST(a_name_without_addresses_is_not_reached)
{
	static const struct {
		dns_serve *names;
		const char *says, *answers;
	} rows[] = {
		{ no_such_name, "NXDOMAIN", "NXDOMAIN: no such name" },
		{ no_address, "neither an A nor an AAAA record",
		    "NODATA: no such record" },
		{ server_failure, "SERVFAIL",
		    "SERVFAIL: the server failed to find out" },
		{ dns_silence, "no answer in time", "no answer in time" },
	};
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.config.look_ms = 400;
	bench_configure(&b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b.names = rows[i].names;
		p = look(&b, "a.example");
		assert_int_equal(p->result, PROBE_UNREACHED);
		assert_int_equal(p->fault.code, ERR_DNS);
		assert_says(p, rows[i].says);
		assert_says(p, b.dns.text);
		assert_string_equal(evidence_at(p, 0)->answers,
		    rows[i].answers);
	}
	bench_close(&b);
}

static void
only_ipv4(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	(void)arg;
	(void)tcp;
	r->silent = type != 1;
	if (type == 1)
		dns_put_address(r, name, "127.0.0.1");
}

TEST(one_family_will_do_when_dns_is_silent_about_the_other)
{
	struct bench b;

	bench_open(&b);
	b.config.look_ms = 400;
	bench_configure(&b);
	b.names = only_ipv4;
	assert_int_equal(look(&b, "a.example")->result, PROBE_PROVED);
	bench_close(&b);
}

/* H01-07. */
TEST(never_proves_a_wildcard)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	p = bench_probe(&b, "a.example");
	p->ident.wildcard = true;
	bench_look(&b, "http-01", p);
	assert_int_equal(p->result, PROBE_FORBIDDEN);
	assert_int_equal(b.web.served, 0);
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s8_3_proves_with_the_key_authorization),
		cmocka_unit_test(asks_as_itself_and_closes),
		cmocka_unit_test(takes_the_key_authorization_in_any_framing),
		cmocka_unit_test(calls_other_bodies_wrong_without_quoting_them),
		cmocka_unit_test(stops_reading_a_body_at_its_cap),
		cmocka_unit_test(stops_reading_headers_at_their_cap),
		cmocka_unit_test(wants_status_200_and_no_other),
		cmocka_unit_test(a_refused_connection_is_not_reached),
		cmocka_unit_test(a_broken_connection_is_not_reached),
		cmocka_unit_test(a_look_ends_at_its_bound),
		cmocka_unit_test(another_protocol_is_wrong),
		cmocka_unit_test(dials_ipv6_first_and_ipv4_when_it_is_refused),
		cmocka_unit_test(says_of_every_address_why_it_failed),
		cmocka_unit_test(an_ipv6_literal_is_bracketed_and_dialled),
		cmocka_unit_test(the_policy_holds_at_the_dial),
		cmocka_unit_test(
		    a_forbidden_address_beside_a_good_one_is_passed_over),
		cmocka_unit_test(a_hosts_file_is_asked_first),
		cmocka_unit_test(a_name_without_addresses_is_not_reached),
		cmocka_unit_test(
		    one_family_will_do_when_dns_is_silent_about_the_other),
		cmocka_unit_test(never_proves_a_wildcard),
	};

	return cmocka_run_group_tests(tests, bench_setup, NULL);
}
