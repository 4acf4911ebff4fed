/* One connection at a time: framing, pipelining, closing, and clients that leave. */
#include "tests/refusals.h"
#include "tests/web.h"

#include <fcntl.h>

#define HOST H

enum { REQUEST = 4000 };

static int
start(void **state)
{
	(void)state;
	web_start(true, 2, &web_limits);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	web_stop();
	return 0;
}

static void
ask(struct client *c, const char *text, int status, const char *body)
{
	assert_int_equal(client_ask(c, text), status);
	assert_string_equal(c->body, body);
}

/* HTTP-11: kept alive, whatever was asked. */
TEST(a_connection_serves_requests_one_after_the_other)
{
	struct client c = client_open(NULL);

	ask(&c, GET("/a?b=c"), 200, "GET /a ?b=c ca.test 127.0.0.1 0 -");
	assert_false(c.closes);
	ask(&c, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
	    200, "hello");
	assert_non_null(strstr(c.text, "Content-Type: text/plain\r\n"));
	assert_non_null(strstr(c.text, "\r\nDate: "));
	ask(&c, GET("/empty"), 204, "");
	assert_null(strstr(c.text, "Content-Length"));
	ask(&c, "HEAD /a HTTP/1.1\r\n" HOST "\r\n", 200, "");
	assert_int_equal(c.body_len, 31);
	ask(&c, "GET /x HTTP/1.1\r\n" HOST "x-TEST: y\r\n\r\n", 200,
	    "GET /x ? ca.test 127.0.0.1 0 y");
	assert_int_equal(web_stat().connections, 1);
	assert_int_equal(web_stat().requests, 5);
	client_close(&c);
	UNTIL(web_stat().connections == 0);
}

TEST(connection_close_and_http_1_0_are_honoured)
{
	struct client c = client_open(NULL);

	ask(&c, "GET /a HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n",
	    200, "GET /a ? ca.test 127.0.0.1 0 -");
	assert_non_null(strstr(c.text, "\r\nConnection: keep-alive\r\n"));
	assert_int_equal(client_ask(&c, "GET /a HTTP/1.0\r\n" HOST "\r\n"),
	    200);
	assert_true(c.closes);
	assert_true(client_ended(&c));
	client_close(&c);

	c = client_open(NULL);
	assert_int_equal(client_ask(&c, "GET /a HTTP/1.1\r\n" HOST
	                                "Connection: close\r\n\r\n" GET("/b")),
	    200);
	assert_true(c.closes);
	assert_true(client_ended(&c));
	client_close(&c);
	assert_int_equal(web.handled, 3);
}

/* HTTP-12 */
TEST(a_client_that_expects_100_is_told_to_go_on)
{
	static const char head[] =
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
	    "Expect: 100-continue\r\n\r\n";
	struct client c = client_open(NULL);

	assert_int_equal(client_ask(&c, head), 100);
	assert_string_equal(c.text, "HTTP/1.1 100 Continue\r\n\r\n");
	ask(&c, "hello", 200, "hello");
	/* Who did not wait is not told. */
	client_say(&c, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
	               "Expect: 100-continue\r\n\r\nhi");
	assert_int_equal(client_reply(&c, false), 200);
	/* Who sends too much is told at once. */
	assert_int_equal(client_ask(&c, "POST /echo HTTP/1.1\r\n" HOST
	                                "Content-Length: 65537\r\n"
	                                "Expect: 100-continue\r\n\r\n"),
	    413);
	assert_true(client_ended(&c));
	client_close(&c);
}

/* HTTP-13 */
TEST(a_chunked_body_may_come_byte_by_byte)
{
	static const char text[] =
	    "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	    "3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
	struct client c = client_open(NULL);
	int on = 1;

	(void)setsockopt(c.fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on,
	    sizeof(on));
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		client_send(&c, text + i, 1);
		pause_ms(1);
	}
	assert_int_equal(client_reply(&c, false), 200);
	assert_string_equal(c.body, "hello");
	ask(&c, text, 200, "hello");
	client_close(&c);
}

TEST(a_body_of_the_greatest_size_is_taken)
{
	static char body[65536 + 1];
	struct client c = client_open(NULL);

	client_say(&c,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n");
	client_send(&c, memset(body, 'x', 65536), 65536);
	assert_int_equal(client_reply(&c, false), 200);
	assert_int_equal(c.body_len, 65536);
	client_close(&c);
}

TEST(pipelined_requests_are_answered_in_order)
{
	struct client c = client_open(NULL);
	char text[64];

	for (int i = 0; i < 300; i++) {
		(void)snprintf(text, sizeof(text),
		    "GET /%d HTTP/1.1\r\n" HOST "\r\n", i);
		client_say(&c, text);
	}
	for (int i = 0; i < 300; i++) {
		(void)snprintf(text, sizeof(text),
		    "GET /%d ? ca.test 127.0.0.1 0 -", i);
		assert_int_equal(client_reply(&c, false), 200);
		assert_string_equal(c.body, text);
	}
	client_close(&c);
}

TEST(pipelining_is_held_back_while_one_is_in_dispatch)
{
	static char junk[100 * REQUEST];
	struct client c = client_open(NULL);
	size_t sent = 0;
	ssize_t n;

	client_say(&c, GET("/park"));
	UNTIL(web.parked == 1);
	client_say(&c, GET("/a") GET("/b"));
	pause_ms(30);
	assert_int_equal(web.handled, 1);

	/* It does not take without end what it cannot serve yet. */
	for (size_t i = 0; i < sizeof(junk); i += REQUEST) {
		n = snprintf(junk + i, REQUEST,
		    "GET / HTTP/1.1\r\n" HOST "X: ");
		memset(junk + i + n, 'x', REQUEST - 4 - (size_t)n);
		memcpy(junk + i + REQUEST - 4, "\r\n\r\n", 4);
	}
	(void)fcntl(c.fd, F_SETFL, O_NONBLOCK);
	for (int idle = 0; idle < 50 && sent < (size_t)64 << 20;) {
		n = send(c.fd, junk + sent % sizeof(junk),
		    sizeof(junk) - sent % sizeof(junk), MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		idle = n > 0 ? 0 : idle + 1;
		if (n <= 0)
			pause_ms(2);
	}
	assert_true(sent < (size_t)16 << 20);
	(void)fcntl(c.fd, F_SETFL, 0);
	web_answer();
	assert_int_equal(client_reply(&c, false), 200);
	for (size_t i = 0; i < 2 + sent / REQUEST; i++)
		assert_int_equal(client_reply(&c, false), 200);
	client_close(&c);
}

TEST(a_client_that_has_ended_its_side_gets_its_replies)
{
	struct client c = client_open(NULL);

	client_say(&c, GET("/park") GET("/b"));
	(void)shutdown(c.fd, SHUT_WR);
	UNTIL(web.parked == 1);
	pause_ms(20);
	assert_int_equal(web.hangups, 0);
	web_answer();
	assert_int_equal(client_reply(&c, false), 200);
	assert_string_equal(c.body, "parked");
	assert_int_equal(client_reply(&c, false), 200);
	assert_true(c.closes);
	assert_true(client_ended(&c));
	client_close(&c);

	c = client_open(NULL);
	client_say(&c, "GET /a HTT");
	(void)shutdown(c.fd, SHUT_WR);
	assert_int_equal(client_reply(&c, false), 400);
	assert_true(client_ended(&c));
	client_close(&c);
}

/* HTTP-11, HTTP-13: a body too large is refused, and read no further. */
TEST(a_refusal_reaches_a_client_that_is_still_sending)
{
	static char body[150000];

	for (int i = 0; i < 20; i++) {
		struct client c = client_open(NULL);

		client_say(&c, "POST /echo HTTP/1.1\r\n" HOST
		               "Content-Length: 150000\r\n\r\n");
		client_send(&c, memset(body, 'x', sizeof(body)), sizeof(body));
		assert_int_equal(client_reply(&c, false), 413);
		assert_true(c.closes);
		assert_string_equal(c.body, "POST 413 the body is too large");
		assert_true(client_ended(&c));
		client_close(&c);
	}
	assert_int_equal(web_stat().refused, 20);
	assert_int_equal(web.handled, 0);
}

TEST(each_refusal_is_sent_and_closes)
{
	struct http_limits limits = web_limits;

	limits.line_bytes = 64;
	limits.header_bytes = 256;
	limits.body_bytes = 32;
	http_limits_set(web.server, &limits);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		struct client c = client_open(NULL);

		assert_int_equal(client_ask(&c, refusals[i].text),
		    refusals[i].status);
		assert_true(c.closes);
		assert_true(client_ended(&c));
		client_close(&c);
	}
	assert_int_equal(web.handled, 0);
}

TEST(refusals_have_the_head_and_body_of_the_hook)
{
	static const struct {
		const char *text, *body;
		int status;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n\r\n", "GET 400 no Host", 400 },
		{ "GET / HTTP/2.0\r\n",
		    "GET 400 only HTTP/1.1 and HTTP/1.0 are spoken here", 400 },
		{ "\x16\x03\x01", " 400 malformed request line", 400 },
		{ "HEAD / HTTP/1.1\r\n\r\n", "", 400 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct client c = client_open(NULL);

		ask(&c, rows[i].text, rows[i].status, rows[i].body);
		assert_true(c.closes);
		assert_non_null(strstr(c.text, "Content-Type: text/plain"));
		assert_true(client_ended(&c));
		client_close(&c);
	}
}

TEST(a_client_may_leave_in_any_state)
{
	static const char *const says[] = { "", "\r\n", "G",
		"GET / HTTP/1.1\r\nHo",
		"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nx",
		GET("/park"), GET("/keep"), GET("/big?4000000"), GET("/a"),
		GET("/drop"), "bad\r\n" };

	for (size_t i = 0; i < 4 * sizeof(says) / sizeof(*says); i++) {
		struct client c = client_open(NULL);

		client_say(&c, says[i / 4]);
		if (i % 2 == 0)
			pause_ms(5);
		if (i % 4 < 2)
			client_reset(&c);
		else
			client_close(&c);
	}
	/* A plain client that closes may yet read: only a reset is noticed. */
	pause_ms(50);
	web_answer();
	UNTIL(web_stat().connections == 0);
	UNTIL(web.parked == 0);
}

TEST(a_reset_while_in_dispatch_is_told_once_and_the_request_lives_on)
{
	struct client c = client_open(NULL);

	client_say(&c, GET("/keep"));
	UNTIL(web.parked == 1);
	client_reset(&c);
	UNTIL(web.hangups == 1);
	UNTIL(web_stat().connections == 0);
	pause_ms(10);
	web_answer();
	UNTIL(web.parked == 0);
	assert_int_equal(web.hangups, 1);
}

TEST(who_asks_late_is_told_late_and_after_dropping_never)
{
	struct client c = client_open(NULL);

	client_say(&c, GET("/tardy"));
	UNTIL(web.parked == 1);
	client_reset(&c);
	UNTIL(web_stat().connections == 0);
	assert_int_equal(web.hangups, 0);
	web_ask_hangup(true);
	UNTIL(web.hangups == 1);
	web_answer();
	UNTIL(web.parked == 0);

	c = client_open(NULL);
	client_say(&c, GET("/tardy"));
	UNTIL(web.parked == 1);
	client_reset(&c);
	UNTIL(web_stat().connections == 0);
	web_ask_hangup(false);
	UNTIL(web.parked == 0);
	pause_ms(10);
	assert_int_equal(web.hangups, 1);
}

TEST(a_dropped_request_closes_its_connection)
{
	struct client c = client_open(NULL);

	assert_int_equal(client_ask(&c, GET("/drop")), 0);
	client_close(&c);
	UNTIL(web_stat().connections == 0);
}

TEST(a_large_reply_arrives_whole)
{
	struct client c = client_open(NULL);

	assert_int_equal(client_ask(&c, GET("/big?3000000")), 200);
	assert_int_equal(c.body_len, 3000000);
	assert_int_equal(client_ask(&c, GET("/a")), 200);
	client_close(&c);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		CASE(a_connection_serves_requests_one_after_the_other),
		CASE(connection_close_and_http_1_0_are_honoured),
		CASE(a_client_that_expects_100_is_told_to_go_on),
		CASE(a_chunked_body_may_come_byte_by_byte),
		CASE(a_body_of_the_greatest_size_is_taken),
		CASE(pipelined_requests_are_answered_in_order),
		CASE(pipelining_is_held_back_while_one_is_in_dispatch),
		CASE(a_client_that_has_ended_its_side_gets_its_replies),
		CASE(a_refusal_reaches_a_client_that_is_still_sending),
		CASE(each_refusal_is_sent_and_closes),
		CASE(refusals_have_the_head_and_body_of_the_hook),
		CASE(a_client_may_leave_in_any_state),
		CASE(a_reset_while_in_dispatch_is_told_once_and_the_request_lives_on),
		CASE(who_asks_late_is_told_late_and_after_dropping_never),
		CASE(a_dropped_request_closes_its_connection),
		CASE(a_large_reply_arrives_whole),
	};
	/* clang-format on */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
