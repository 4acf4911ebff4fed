/* A reply is framed so that nobody can misread it. */
#include "http/reply_int.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cmocka.h"

static const struct http_header headers[] = {
	{ "Content-Type", "text/plain" },
	{ "Link", "<a>;rel=\"index\"" },
};

static struct reply
hello(void)
{
	return (struct reply){
		.status = 200,
		.headers = headers,
		.n_headers = 2,
		.body = "hello",
		.body_len = 5,
		.date = "Thu, 01 Jan 1970 00:00:00 GMT",
		.connection = REPLY_KEEPS,
	};
}

static void
is(struct reply r, const char *expected)
{
	size_t len = reply_measure(&r);
	char *out = malloc(len);

	assert_non_null(out);
	reply_write(&r, out);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(out, expected, len);
	free(out);
}

#define DATE  "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
#define OTHER "Content-Type: text/plain\r\nLink: <a>;rel=\"index\"\r\n"

/* QRK-53. */
TEST(a_reply_has_its_length_its_date_and_its_headers)
{
	is(hello(), "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 5\r\n" OTHER
	            "\r\nhello");
}

/* HTTP-11 */
TEST(a_reply_to_head_has_the_length_without_the_body)
{
	struct reply r = hello();

	r.head_only = true;
	is(r, "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 5\r\n" OTHER "\r\n");
}

TEST(status_204_and_304_have_neither_body_nor_length)
{
	struct reply r = hello();

	r.status = 204;
	is(r, "HTTP/1.1 204 No Content\r\n" DATE OTHER "\r\n");
	r.status = 304;
	is(r, "HTTP/1.1 304 Not Modified\r\n" DATE OTHER "\r\n");
}

TEST(the_fate_of_the_connection_is_told)
{
	struct reply r = hello();

	r.n_headers = 0;
	r.body_len = 0;
	r.body = NULL;
	r.status = 299;
	r.connection = REPLY_CLOSES;
	is(r, "HTTP/1.1 299 \r\n" DATE "Content-Length: 0\r\n"
	      "Connection: close\r\n\r\n");
	r.connection = REPLY_STAYS;
	is(r, "HTTP/1.1 299 \r\n" DATE "Content-Length: 0\r\n"
	      "Connection: keep-alive\r\n\r\n");
}

/* How a child that writes such a header ends. */
static int
end_of(const char *name, const char *value)
{
	const struct http_header split = { name, value };
	struct reply r = hello();
	pid_t pid;
	int status;

	r.headers = &split;
	r.n_headers = 1;
	if ((pid = fork()) == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		(void)reply_measure(&r);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* HTTP-10 */
TEST(a_header_with_a_line_break_aborts)
{
	assert_int_equal(end_of("A", "b"), 0);
	assert_int_equal(end_of("A", "b\r\nSet-Cookie: c"), SIGABRT);
	assert_int_equal(end_of("A", "b\n"), SIGABRT);
	assert_int_equal(end_of("A\r", "b"), SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_reply_has_its_length_its_date_and_its_headers),
		cmocka_unit_test(
		    a_reply_to_head_has_the_length_without_the_body),
		cmocka_unit_test(
		    status_204_and_304_have_neither_body_nor_length),
		cmocka_unit_test(the_fate_of_the_connection_is_told),
		cmocka_unit_test(a_header_with_a_line_break_aborts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
