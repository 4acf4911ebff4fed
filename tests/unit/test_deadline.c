/* Every phase has a deadline for the whole of it, met by slow clients too. */
#include "tests/web.h"

#define HOST "Host: ca.test\r\n"

enum { SHORT = 200, SOON = 3000 };

static void
start(struct http_limits limits)
{
	web_start(true, 1, &limits);
}

/* Send a byte every 10 ms, until something comes back: how long that took. */
static int64_t
trickle(struct client *c, const char *text)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	int64_t began = now_ms();

	while (poll(&p, 1, 10) == 0 && now_ms() - began < SOON)
		client_send(c, *text != '\0' ? text++ : "x", 1);
	return now_ms() - began;
}

/* HTTP-22 */
TEST(a_head_that_trickles_in_is_refused_in_time)
{
	struct http_limits limits = web_limits;
	struct client c;
	int64_t took;

	limits.head_ms = SHORT;
	start(limits);
	c = client_open(NULL);
	pause_ms(SHORT + 100); /* idleness is another matter */
	took = trickle(&c, "GET / HTTP/1.1\r\nX: ");
	assert_in_range(took, SHORT - 20, SOON - 1);
	assert_int_equal(client_reply(&c, false), 408);
	assert_true(c.closes);
	assert_string_equal(c.body, "GET 408 the request's head took too long");
	client_close(&c);
	web_stop();
}

/* HTTP-22 */
TEST(a_body_that_trickles_in_is_refused_in_time)
{
	struct http_limits limits = web_limits;
	struct client c;
	int64_t took;

	limits.body_ms = SHORT;
	start(limits);
	c = client_open(NULL);
	client_say(&c,
	    "POST / HTTP/1.1\r\n" HOST "Content-Length: 9999\r\n\r\n");
	took = trickle(&c, "");
	assert_in_range(took, SHORT - 20, SOON - 1);
	assert_int_equal(client_reply(&c, false), 408);
	assert_true(client_ended(&c));
	client_close(&c);
	web_stop();
}

TEST(a_request_has_one_deadline_for_all_its_phases)
{
	struct http_limits limits = web_limits;
	struct client c;
	int64_t took;

	limits.request_ms = SHORT;
	start(limits);
	c = client_open(NULL);
	took = trickle(&c, "GET / HTTP/1.1\r\nX: ");
	assert_in_range(took, SHORT - 20, SOON - 1);
	assert_int_equal(client_reply(&c, false), 408);
	client_close(&c);
	web_stop();
}

/* HTTP-22: in order, and after a while that suits slow clients. */
TEST(an_idle_connection_is_closed_without_a_word)
{
	struct http_limits limits = web_limits;
	struct client c;
	int64_t began;

	limits.idle_ms = SHORT;
	start(limits);
	c = client_open(NULL);
	for (int i = 0; i < 3; i++) {
		pause_ms(SHORT / 2);
		assert_int_equal(client_ask(&c, GET("/a")), 200);
	}
	client_say(&c, "\r\n"); /* that is no request yet */
	began = now_ms();
	assert_true(client_ended(&c));
	assert_in_range(now_ms() - began, SHORT - 20, SOON - 1);
	client_close(&c);
	web_stop();
}

TEST(an_answer_that_never_comes_is_not_waited_for)
{
	struct http_limits limits = web_limits;
	struct client c;
	int64_t began = now_ms();

	limits.request_ms = SHORT;
	start(limits);
	c = client_open(NULL);
	assert_int_equal(client_ask(&c, GET("/park")), 503);
	assert_in_range(now_ms() - began, SHORT - 20, SOON - 1);
	assert_true(client_ended(&c));
	UNTIL(web.hangups == 1);
	client_close(&c);
	web_stop();
}

TEST(a_reply_that_is_not_taken_is_given_up)
{
	struct http_limits limits = web_limits;
	char byte;
	struct client c;
	int64_t began = now_ms();

	limits.request_ms = SHORT;
	start(limits);
	c = client_open(NULL);
	client_say(&c, GET("/big?30000000"));
	/* A byte now and then does not help. */
	while (web_stat().connections != 0 || web_stat().accepted == 0) {
		assert_true(now_ms() - began < SOON);
		(void)recv(c.fd, &byte, 1, MSG_DONTWAIT);
		pause_ms(10);
	}
	assert_true(now_ms() - began >= SHORT - 20);
	while (recv(c.fd, &byte, 1, MSG_TRUNC | MSG_DONTWAIT) > 0)
		;
	assert_int_equal(errno, ECONNRESET);
	client_close(&c);
	web_stop();
}

TEST(each_request_of_a_connection_has_its_own_time)
{
	struct http_limits limits = web_limits;
	struct client c;

	limits.request_ms = limits.head_ms = limits.body_ms = SHORT;
	start(limits);
	c = client_open(NULL);
	/* Pipelined, so that the server is never idle between them. */
	client_say(&c, GET("/park") GET("/park") GET("/park"));
	for (int i = 0; i < 3; i++) {
		UNTIL(web.parked == 1);
		pause_ms(SHORT / 2);
		web_answer();
		assert_int_equal(client_reply(&c, false), 200);
	}
	client_close(&c);
	web_stop();
}

TEST(a_client_that_does_not_close_is_not_waited_for)
{
	struct client c;
	int64_t began = now_ms();

	start(web_limits);
	c = client_open(NULL);
	assert_int_equal(client_ask(&c, "GET / HTTP/1.0\r\n" HOST "\r\n"), 200);
	assert_true(client_ended(&c));
	assert_int_equal(web_stat().connections, 1);
	while (web_stat().connections != 0) {
		assert_true(now_ms() - began < SOON);
		pause_ms(5);
	}
	client_close(&c);
	web_stop();
}

static void
set_limits(void *arg)
{
	http_limits_set(web.server, arg);
}

TEST(new_limits_are_for_what_begins_from_now_on)
{
	struct http_limits limits = web_limits;
	struct client c;

	start(limits);
	c = client_open(NULL);
	assert_int_equal(client_ask(&c, GET("/a")), 200);
	client_say(&c, "POST /echo HTTP/1.1\r\n" HOST "Content-Le");
	UNTIL(web_stat().connections == 1);
	pause_ms(30);
	limits.body_bytes = 4;
	set_limits(&limits);
	assert_int_equal(client_ask(&c, "ngth: 5\r\n\r\nhello"), 200);
	assert_int_equal(client_ask(&c, "POST /echo HTTP/1.1\r\n" HOST
	                                "Content-Length: 5\r\n\r\nhello"),
	    413);
	client_close(&c);
	web_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_that_trickles_in_is_refused_in_time),
		cmocka_unit_test(a_body_that_trickles_in_is_refused_in_time),
		cmocka_unit_test(a_request_has_one_deadline_for_all_its_phases),
		cmocka_unit_test(an_idle_connection_is_closed_without_a_word),
		cmocka_unit_test(an_answer_that_never_comes_is_not_waited_for),
		cmocka_unit_test(a_reply_that_is_not_taken_is_given_up),
		cmocka_unit_test(each_request_of_a_connection_has_its_own_time),
		cmocka_unit_test(
		    a_client_that_does_not_close_is_not_waited_for),
		cmocka_unit_test(new_limits_are_for_what_begins_from_now_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
