/* What the parser takes, what it refuses, and that pieces make no difference. */
#include "http/parse_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/cmocka.h"
#include "tests/refusals.h"

static struct parse p;

/* A buffer that grows by a byte, so that a write past its end is seen. */
static void
more_room(void)
{
	p.cap += 2;
	p.buf = realloc(p.buf, p.cap);
	assert_non_null(p.buf);
}

static void
fresh(void)
{
	free(p.buf);
	p = (struct parse){ .line_max = 64, .head_max = 256, .body_max = 32 };
	more_room();
	parse_start(&p);
}

static int
teardown(void **state)
{
	(void)state;
	free(p.buf);
	p.buf = NULL;
	return 0;
}

/* All of `text`, first `cut` bytes of it and then the rest; what was used. */
static size_t
feed(const char *text, size_t len, size_t cut, enum parse_next *last)
{
	size_t at = 0, used;
	bool head = false;

	fresh();
	*last = PARSE_MORE;
	while (at < len && *last != PARSE_DONE && *last != PARSE_BAD) {
		size_t end = at < cut ? cut : len;

		*last = parse_feed(&p, text + at, end - at, &used);
		at += used;
		if (*last == PARSE_ROOM)
			more_room();
		if (*last == PARSE_HEAD) {
			assert_false(head);
			head = true;
		}
		if (*last == PARSE_MORE)
			assert_int_equal(at, end);
	}
	return at;
}

static const char *
at(size_t place)
{
	return p.buf + place;
}

TEST(each_refusal_is_made_however_the_bytes_come)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const char *text = refusals[i].text;
		size_t len = strlen(text);

		for (size_t cut = 0; cut < len; cut++) {
			enum parse_next last;

			(void)feed(text, len, cut, &last);
			if (last != PARSE_BAD || p.status != refusals[i].status)
				print_error("%s: %d %s\n", text, p.status,
				    p.why ? p.why : "");
			assert_int_equal(last, PARSE_BAD);
			assert_int_equal(p.status, refusals[i].status);
			assert_non_null(p.why);
		}
	}
}

TEST(a_refusal_is_final)
{
	enum parse_next last;
	size_t used;

	(void)feed("GET / HTTP/3.0\r\n", 16, 0, &last);
	assert_int_equal(parse_feed(&p, "GET", 3, &used), PARSE_BAD);
	assert_int_equal(used, 0);
	assert_true(p.method_read);
	assert_string_equal(at(0), "GET");
}

/* clang-format off */
static const struct {
	const char *text, *method, *path, *query, *host, *body;
	bool keep, expects;
	size_t n_headers;
} requests[] = {
	{ "GET / HTTP/1.1\r\n" H "\r\n", "GET", "/", "", "ca.test", "", true, false, 1 },
	{ "\r\nGET / HTTP/1.1\r\n" H "\r\n", "GET", "/", "", "ca.test", "", true, false, 1 },
	{ "GET /a/b?c=d?e HTTP/1.1\r\n" H "\r\n", "GET", "/a/b", "c=d?e", "ca.test", "", true, false, 1 },
	{ "GET /? HTTP/1.1\r\n" H "\r\n", "GET", "/", "", "ca.test", "", true, false, 1 },
	{ "get //x HTTP/1.1\r\nhOsT:ca.test:8443 \t\r\nA:\r\nB: \t x\xff y \r\n\r\n", "get", "//x", "", "ca.test:8443", "", true, false, 3 },
	{ "GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", "GET", "/", "", "[2001:db8::1]:80", "", true, false, 1 },
	{ "OPTIONS * HTTP/1.1\r\n" H "\r\n", "OPTIONS", "*", "", "ca.test", "", true, false, 1 },
	{ "GET http://b:80/x?y HTTP/1.1\r\n" H "\r\n", "GET", "/x", "y", "b:80", "", true, false, 1 },
	{ "GET HTTPS://b HTTP/1.1\r\n" H "\r\n", "GET", "/", "", "b", "", true, false, 1 },
	{ "GET https://b?q HTTP/1.1\r\n" H "\r\n", "GET", "/", "q", "b", "", true, false, 1 },
	{ "GET / HTTP/1.0\r\n" H "\r\n", "GET", "/", "", "ca.test", "", false, false, 1 },
	{ "GET / HTTP/1.0\r\n" H "Connection: x, Keep-Alive\r\n\r\n", "GET", "/", "", "ca.test", "", true, false, 2 },
	{ "GET / HTTP/1.1\r\n" H "Connection: ,x ,\tCLOSE ,y\r\n\r\n", "GET", "/", "", "ca.test", "", false, false, 2 },
	{ "GET / HTTP/1.1\r\n" H "Connection: closed\r\n\r\n", "GET", "/", "", "ca.test", "", true, false, 2 },
	{ "GET / HTTP/1.1\r\n" H "Connection: keep-alive\r\nConnection: close\r\n\r\n", "GET", "/", "", "ca.test", "", false, false, 3 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 0\r\nExpect: 100-continue\r\n\r\n", "POST", "/", "", "ca.test", "", true, false, 3 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", "POST", "/", "", "ca.test", "hello", true, false, 2 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 00032\r\nexpect: 100-Continue\r\n\r\n01234567890123456789012345678901", "POST", "/", "", "ca.test", "01234567890123456789012345678901", true, true, 3 },
	{ "POST / HTTP/1.0\r\n" H "Content-Length: 1\r\nExpect: 100-continue\r\n\r\nx", "POST", "/", "", "ca.test", "x", false, false, 3 },
	{ C "0\r\n\r\n", "POST", "/", "", "ca.test", "", true, false, 2 },
	{ C "5\r\nhello\r\n000\r\n\r\n", "POST", "/", "", "ca.test", "hello", true, false, 2 },
	{ C "2;a\r\nhe\r\n3;b=\"c d\"\r\nllo\r\n0;z\r\n\r\n", "POST", "/", "", "ca.test", "hello", true, false, 2 },
	{ C "A\r\n0123456789\r\n0B\r\n\r\n\r\n\r\n67890\r\n0\r\n\r\n", "POST", "/", "", "ca.test", "0123456789\r\n\r\n\r\n67890", true, false, 2 },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\nExpect: 100-continue\r\n\r\n1\r\nx\r\n0\r\n\r\n", "POST", "/", "", "ca.test", "x", true, true, 3 },
};
/* clang-format on */

static void
is_request(size_t i)
{
	assert_string_equal(at(0), requests[i].method);
	assert_string_equal(p.path ? at(p.path) : "/", requests[i].path);
	assert_string_equal(p.query ? at(p.query) : "", requests[i].query);
	assert_string_equal(at(p.host), requests[i].host);
	assert_int_equal(p.body_len, strlen(requests[i].body));
	assert_string_equal(at(p.body), requests[i].body);
	assert_int_equal(p.keep, requests[i].keep);
	assert_int_equal(p.expects, requests[i].expects);
	assert_int_equal(p.n_headers, requests[i].n_headers);
}

TEST(each_request_is_read_however_the_bytes_come_and_the_rest_stays)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		size_t len = strlen(requests[i].text);
		char text[512];

		(void)snprintf(text, sizeof(text), "%sGET /next HTTP",
		    requests[i].text);
		for (size_t cut = 0; cut < len; cut++) {
			enum parse_next last;

			if (feed(text, strlen(text), cut, &last) != len ||
			    last != PARSE_DONE)
				print_error("%s: %s\n", text,
				    p.why ? p.why : "");
			assert_int_equal(last, PARSE_DONE);
			is_request(i);
		}
	}
}

TEST(headers_are_pairs_of_strings_without_white_space_around)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nEmpty: \t\r\n"
	                           "X-Two:  b  c\t\r\n\r\n";
	static const char pairs[] = "Host\0a\0Empty\0\0X-Two\0b  c";
	enum parse_next last;

	(void)feed(text, sizeof(text) - 1, 0, &last);
	assert_int_equal(last, PARSE_DONE);
	assert_memory_equal(at(p.headers), pairs, sizeof(pairs));
}

TEST(a_hundred_headers_are_taken_and_no_more)
{
	char text[2048] = "GET / HTTP/1.1\r\nHost: a\r\n";
	enum parse_next last;

	for (int i = 1; i < PARSE_HEADERS_MAX; i++)
		(void)strcat(text, "a: b\r\n");
	for (int i = 0; i < 2; i++) {
		size_t len = strlen(text), used = 0;

		fresh();
		p.head_max = 4096;
		p.buf = realloc(p.buf, p.cap = 4096);
		(void)strcpy(text + len, "\r\n");
		last = parse_feed(&p, text, len + 2, &used);
		assert_int_equal(last, i == 0 ? PARSE_DONE : PARSE_BAD);
		(void)strcpy(text + len, "a: b\r\n");
	}
	assert_int_equal(p.status, 431);
}

/* SEC-02. */
TEST(limits_are_exact)
{
	for (int over = 0; over < 2; over++) {
		enum parse_next last;
		char text[512];
		int n;

		n = snprintf(text, sizeof(text),
		    "POST /%0*d HTTP/1.1\r\n" H "A: %0*d\r\n\r\n",
		    64 - 15 + (over == 1), 0, 256 - 22, 0);
		(void)feed(text, (size_t)n, 0, &last);
		assert_int_equal(last, over ? PARSE_BAD : PARSE_DONE);
		assert_int_equal(p.status, over ? 414 : 0);
		n = snprintf(text, sizeof(text),
		    "POST / HTTP/1.1\r\n" H "A: %0*d\r\n\r\n", 256 - 22 + over,
		    0);
		(void)feed(text, (size_t)n, 0, &last);
		assert_int_equal(last, over ? PARSE_BAD : PARSE_DONE);
		assert_int_equal(p.status, over ? 431 : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_refusal_is_made_however_the_bytes_come),
		cmocka_unit_test(a_refusal_is_final),
		cmocka_unit_test(
		    each_request_is_read_however_the_bytes_come_and_the_rest_stays),
		cmocka_unit_test(
		    headers_are_pairs_of_strings_without_white_space_around),
		cmocka_unit_test(a_hundred_headers_are_taken_and_no_more),
		cmocka_unit_test(limits_are_exact),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
