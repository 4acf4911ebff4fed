/* Redirects, as http-01 meets them; fuzz_redirect has the odd spellings. */
#include "tests/fake/probe_bench.h"

static void
redirect(void *arg, struct web_conn *c)
{
	struct bench *b = arg;
	char header[2600];

	if (strncmp(c->path, "/.well-known", 12) != 0) {
		web_answer(c, 200, "", KEY_AUTHZ);
		return;
	}
	(void)snprintf(header, sizeof(header), "Location: %s\r\n", b->text);
	web_answer(c, (int)b->counter, header, "SECRET");
}

/* H01-03, H01-05, BLD-30. */
TEST(follows_redirects_of_each_kind)
{
	static const unsigned statuses[] = { 301, 302, 303, 307, 308 };
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.pages = redirect;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		b.counter = statuses[i];
		b.text = "/elsewhere?secret=1";
		p = look(&b, "a.example");
		assert_int_equal(p->result, PROBE_PROVED);
	}
	assert_string_equal(evidence_at(p, 2)->redirect,
	    arena_printf(b.arena, "http://a.example:%u/elsewhere?...",
	        b.web.port));
	/* no port means ours for the scheme; each hop asks DNS anew */
	b.dns.asked = 0;
	b.text = "http://other.example/x";
	assert_int_equal(look(&b, "a.example")->result, PROBE_PROVED);
	assert_int_equal(b.dns.asked, 4);
	bench_close(&b);
}

/* H01-03, BLD-30, BLD-32, SEC-01. */
TEST(refuses_redirects_that_lead_astray)
{
	static const struct {
		const char *to, *says;
	} rows[] = {
		{ "ftp://a.example/x", "scheme" },
		{ "file:///etc/passwd", "scheme" },
		{ "http://a.example:22/x", "port 22" },
		{ "http://169.254.169.254/latest", "169.254.169.254" },
		{ "http://[::1]/x", "address ::1" },
		{ "http://2130706433/x", "address 127.0.0.1" },
		{ "http://127.1./x", "address 127.0.0.1" },
		{ "http://user:pw@a.example/x", "user name" },
		{ "http://a.example.well-known/acme-challenge/" TOKEN,
		    "slash missing" },
		{ "http://", "bad URL" },
		{ "http://b\xc3\xbc.example/", "host" },
	};
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.pages = redirect;
	b.counter = 302;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b.text = rows[i].to;
		p = look(&b, "a.example");
		assert_int_equal(p->result, PROBE_WRONG);
		assert_int_equal(p->fault.code, ERR_CONNECTION);
		assert_says(p, rows[i].says);
		assert_non_null(last_evidence(p)->redirect);
		assert_null(strstr(p->fault.detail, "SECRET"));
	}
	bench_close(&b);
}

static void
metadata(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r)
{
	(void)arg;
	(void)tcp;
	if (type == 1)
		dns_put_address(r, name,
		    strcmp(name, "evil.example") == 0 ? "169.254.169.254"
		                                      : "127.0.0.1");
}

/* H01-05, SEC-01. */
TEST(a_redirect_to_the_metadata_address_is_refused_at_the_dial)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.names = metadata;
	b.pages = redirect;
	b.counter = 302;
	b.text = "http://evil.example/latest";
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_FORBIDDEN);
	assert_says(p, "metadata");
	assert_says(p, "after 1 redirect");
	bench_close(&b);
}

static void
onwards(void *arg, struct web_conn *c)
{
	struct bench *b = arg;
	char header[100];
	unsigned at = 0;

	(void)sscanf(c->path, "/%u", &at);
	if (at == b->counter) {
		web_answer(c, 200, "", KEY_AUTHZ);
		return;
	}
	(void)snprintf(header, sizeof(header), "Location: /%u\r\n", at + 1);
	web_answer(c, 302, header, "");
}

/* H01-03, BLD-30. */
TEST(follows_ten_redirects_and_not_eleven)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.pages = onwards;
	b.counter = 10;
	assert_int_equal(look(&b, "a.example")->result, PROBE_PROVED);
	b.counter = 11;
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_WRONG);
	assert_int_equal(p->fault.code, ERR_CONNECTION);
	assert_says(p, "more than 10 redirects");
	bench_close(&b);
}

/* H01-03, BLD-30. */
TEST(sees_a_loop)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.pages = redirect;
	b.counter = 301;
	b.text = "/.well-known/acme-challenge/" TOKEN;
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_WRONG);
	assert_says(p, "loop");
	assert_int_equal(b.web.served, 1);
	bench_close(&b);
}

static void
bare_redirect(void *arg, struct web_conn *c)
{
	(void)arg;
	web_answer(c, 302, "", "");
}

/* H01-03. */
TEST(a_redirect_needs_one_location)
{
	struct bench b;
	struct probe *p;

	bench_open(&b);
	b.pages = bare_redirect;
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_WRONG);
	assert_says(p, "HTTP 302, without a Location header");
	b.pages = redirect;
	b.counter = 302;
	b.text = "/x\r\nLocation: /y";
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_WRONG);
	assert_says(p, "HTTP 302, with 2 Location headers");
	bench_close(&b);
}

static void
to_https(void *arg, struct web_conn *c)
{
	(void)arg;
	web_answer(c, 301, "Location: https://a.example/x\r\n", "");
}

static void
answer_raw(void *arg, unsigned ready)
{
	struct bench *b = arg;
	int fd = accept(b->raw, NULL, NULL);

	(void)ready;
	if (fd < 0)
		return;
	if (b->text != NULL)
		(void)send(fd, b->text, strlen(b->text), MSG_NOSIGNAL);
	b->raw_conn = fd;
}

/* H01-04, CHA-11. */
TEST(a_redirect_to_what_speaks_no_tls_says_so)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	struct watch *w;
	struct bench b;
	struct probe *p;

	bench_open(&b);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	b.raw = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(b.raw, (void *)&a, len), 0);
	assert_int_equal(getsockname(b.raw, (void *)&a, &len), 0);
	assert_int_equal(listen(b.raw, 8), 0);
	w = loop_watch(b.loop, b.raw, LOOP_READ, answer_raw, &b);
	b.config.tls_port = ntohs(a.sin_port);
	b.config.dial_ms = 300;
	bench_configure(&b);
	b.pages = to_https;

	b.text = "HTTP/1.1 400 SECRET\r\n\r\n";
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_WRONG);
	assert_int_equal(p->fault.code, ERR_TLS);
	assert_says(p, "https://a.example/x");
	assert_null(strstr(p->fault.detail, "SECRET"));
	(void)close(b.raw_conn);

	b.text = NULL; /* it accepts, and then says nothing */
	p = look(&b, "a.example");
	assert_int_equal(p->result, PROBE_UNREACHED);
	assert_int_equal(p->fault.code, ERR_CONNECTION);
	assert_says(p, "connected, but");
	(void)close(b.raw_conn);
	watch_free(w);
	(void)close(b.raw);
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_redirects_of_each_kind),
		cmocka_unit_test(refuses_redirects_that_lead_astray),
		cmocka_unit_test(
		    a_redirect_to_the_metadata_address_is_refused_at_the_dial),
		cmocka_unit_test(follows_ten_redirects_and_not_eleven),
		cmocka_unit_test(sees_a_loop),
		cmocka_unit_test(a_redirect_needs_one_location),
		cmocka_unit_test(a_redirect_to_what_speaks_no_tls_says_so),
	};

	return cmocka_run_group_tests(tests, bench_setup, NULL);
}
