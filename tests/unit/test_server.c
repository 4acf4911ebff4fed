/* The server over plain sockets: states, deadlines, limits, hang-ups, drain. */
#include "tests/web.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define HOST "Host: ca.test\r\n"

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

TEST(a_connection_serves_requests_one_after_the_other)
{
	struct client c = client_open(NULL);

	assert_int_equal(client_ask(&c, GET("/a?b=c")), 200);
	assert_string_equal(c.body, "GET /a ?b=c ca.test 127.0.0.1 0 -");
	assert_false(c.closes);
	assert_int_equal(client_ask(&c, "POST /echo HTTP/1.1\r\n" HOST
	                                "Content-Length: 5\r\n\r\nhello"),
	    200);
	assert_string_equal(c.body, "hello");
	assert_non_null(strstr(c.text, "Content-Type: text/plain\r\n"));
	assert_int_equal(client_ask(&c, GET("/empty")), 204);
	assert_int_equal(client_ask(&c, "HEAD /a HTTP/1.1\r\n" HOST "\r\n"),
	    200);
	assert_int_equal(c.body_len, 31);
	assert_int_equal(client_ask(&c,
	                     "GET /x HTTP/1.1\r\n" HOST "X-Test: y\r\n\r\n"),
	    200);
	assert_string_equal(c.body, "GET /x ? ca.test 127.0.0.1 0 y");
	assert_int_equal(web_stat().connections, 1);
	assert_int_equal(web_stat().requests, 5);
	client_close(&c);
	UNTIL(web_stat().connections == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_connection_serves_requests_one_after_the_other, start,
		    stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
