#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "tests/cmocka.h"

static char got[8192];
static int out[2], real_stderr;

static int
setup(void **state)
{
	(void)state;
	log_level_set(LOG_DEBUG_);
	real_stderr = dup(STDERR_FILENO);
	if (real_stderr < 0 || pipe(out) != 0 ||
	    dup2(out[1], STDERR_FILENO) < 0)
		return -1;
	log_process_set("front");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)dup2(real_stderr, STDERR_FILENO);
	(void)close(real_stderr);
	(void)close(out[0]);
	return close(out[1]);
}

/* The one line there is; without its newline. */
static const char *
line(void)
{
	ssize_t n = read(out[0], got, sizeof(got) - 1);

	assert_true(n > 0 && n <= 4096);
	got[n] = '\0';
	assert_ptr_equal(strchr(got, '\n'), got + n - 1);
	got[n - 1] = '\0';
	return got;
}

/* It, from "event" on. */
static const char *
event(void)
{
	const char *at = strstr(line(), "\"event\"");

	assert_non_null(at);
	return at;
}

static void
assert_json(const char *text)
{
	static const struct json_field none[] = { JSON_END };
	struct arena *a = arena_new();
	struct fault f = { 0 };

	if (json_bind(text, strlen(text), none, NULL, a, &f) != OK)
		fail_msg("%s: %s", text, f.detail);
	arena_free(a);
}

TEST(a_line_is_json_with_time_level_process_and_event)
{
	int y, mo, d, h, mi, s, ms, at = 0;

	log_warn("order.created", "acct=%s n=%d", "abc", 2);
	assert_json(line());
	assert_int_equal(sscanf(got,
	                     "{\"time\":\"%4d-%2d-%2dT%2d:%2d:%2d.%3dZ\",%n",
	                     &y, &mo, &d, &h, &mi, &s, &ms, &at),
	    7);
	assert_true(y >= 2024);
	assert_string_equal(got + at,
	    "\"level\":\"warn\",\"process\":\"front\","
	    "\"event\":\"order.created\",\"acct\":\"abc\",\"n\":\"2\"}");
}

TEST(pairs_become_members_and_the_rest_text)
{
	static const struct {
		const char *pairs, *members;
	} rows[] = {
		{ "", "" },
		{ "a=1", ",\"a\":\"1\"" },
		{ " a=1   b= ", ",\"a\":\"1\",\"b\":\"\"" },
		{ "a.b_1=x=y", ",\"a.b_1\":\"x=y\"" },
		{ "d=\"two words\" b=1", ",\"d\":\"two words\",\"b\":\"1\"" },
		{ "d=\"a \\\"b\\\" \\\\\" b=1",
		    ",\"d\":\"a \\\"b\\\" \\\\\",\"b\":\"1\"" },
		{ "d=\"say \"no\" more\" b=1",
		    ",\"d\":\"say \\\"no\",\"b\":\"1\",\"text\":\"more\\\"\"" },
		{ "d=\"open b=1", ",\"d\":\"open b=1\"" },
		{ "d=\"", ",\"d\":\"\"" },
		{ "d=\"open\\", ",\"d\":\"open\\\\\"" },
		{ "p=C:\\x d=a\"b", ",\"p\":\"C:\\\\x\",\"d\":\"a\\\"b\"" },
		{ "listening a=1 now",
		    ",\"a\":\"1\",\"text\":\"listening now\"" },
		{ "a=1 a=2", ",\"a\":\"1\",\"text\":\"a=2\"" },
		{ "level=debug time=0 event=x",
		    ",\"text\":\"level=debug time=0 event=x\"" },
		{ "Key=1 =2", ",\"text\":\"Key=1 =2\"" },
		{ "n=\xc3\xbc", ",\"n\":\"\xc3\xbc\"" },
	};
	char want[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		log_info("e", "%s", rows[i].pairs);
		(void)snprintf(want, sizeof(want), "\"event\":\"e\"%s}",
		    rows[i].members);
		assert_string_equal(event(), want);
		assert_json(got);
	}
}

TEST(what_a_client_sends_stays_inside_its_value)
{
	static const char evil[] =
	    "x\" level=error \\\r\n{\"time\":\"\x01\xff\xc3\xe2\x80\xa8\x7f";
	struct arena *a = arena_new();
	const char *quotes;

	log_info("e", "agent=%s b=1", log_text(a, evil));
	assert_string_equal(event(),
	    "\"event\":\"e\",\"agent\":\"x\\\" level=error \\\\??{\\\"time\\\":"
	    "\\\"???????\",\"b\":\"1\"}");
	assert_json(got);
	log_info("e", "agent=%s b=1", log_text(a, "end\\"));
	assert_string_equal(event(),
	    "\"event\":\"e\",\"agent\":\"end\\\\\",\"b\":\"1\"}");
	assert_string_equal(log_text(a, NULL), "\"\"");
	quotes = log_text(a, "\"\"\"\"\"\"\"");
	assert_non_null(log_text(a, "next to it"));
	assert_int_equal(strlen(quotes), 16);
	log_info("e", "agent=%s", evil); /* forgotten: still a line, and JSON */
	assert_json(line());
	arena_free(a);
}

TEST(however_long_it_is_a_line_stays_whole_json)
{
	static const char *const fill[] = { "\"", "\\", "a", " ",
		"a=", "a= ", "\"x\" ", "\xf0\x9f\x92\xa9", "\xc3", "\n",
		"a=\"\\" };
	char big[6000];

	for (size_t i = 0; i < sizeof(fill) / sizeof(fill[0]); i++) {
		size_t n = strlen(fill[i]), len = 0;

		for (; len + n < sizeof(big); len += n)
			memcpy(big + len, fill[i], n);
		big[len] = '\0';
		log_info("e", "k=%s", big);
		assert_json(line());
		assert_non_null(strstr(got, ",\"cut\":\"yes\"}"));
		log_info("e", "k=\"%s", big);
		assert_json(line());
	}
	for (size_t i = 0, at = 0; i < 500; i++)
		at += (size_t)sprintf(big + at, "k%zu=\" ", i);
	log_info("e", "%s", big);
	assert_json(line());
	for (size_t i = 0, at = 0; i < 500; i++)
		at += (size_t)sprintf(big + at, "k%zu= ", i);
	log_info("e", "%s", big);
	assert_json(line());
	assert_non_null(strstr(got, "\"k23\":\"\",\"text\":\"k24= k25= "));
}

TEST(levels_below_the_least_are_silent)
{
	log_level_set(LOG_WARN_);
	log_info("e", "a=1");
	log_error("e", "a=2");
	assert_string_equal(event(), "\"event\":\"e\",\"a\":\"2\"}");
	log_level_set(LOG_OFF_);
	log_error("e", "a=3");
	log_level_set(LOG_INFO_);
	log_info("e", "a=4");
	assert_string_equal(event(), "\"event\":\"e\",\"a\":\"4\"}");
}

TEST(errno_survives)
{
	(void)dup2(out[1], STDERR_FILENO);
	(void)close(STDERR_FILENO);
	errno = EPIPE;
	log_info("e", "a=1");
	assert_int_equal(errno, EPIPE);
}

TEST(a_terminal_gets_text)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	char text[512];
	ssize_t n;

	assert_true(master >= 0 && grantpt(master) == 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_true(dup2(slave, STDERR_FILENO) >= 0);
	log_process_set("keeper");
	log_info("order.created", "acct=%s d=\"a b\" \x1b[2J\n", "abc");
	n = read(master, text, sizeof(text) - 1);
	assert_true(n > 24);
	text[n] = '\0';
	assert_string_equal(text + 23,
	    "Z info  keeper order.created acct=abc d=\"a b\" ?[2J?\r\n");
	(void)close(slave);
	(void)close(master);
}

static void *
chatter(void *arg)
{
	for (int i = 0; i < 20; i++)
		log_info("chat", "who=%d text", *(int *)arg);
	return NULL;
}

TEST(lines_of_several_threads_do_not_mix)
{
	pthread_t threads[3];
	int ids[3] = { 1, 2, 3 };
	size_t len = 0;
	static char all[16384];
	int lines = 0;

	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, chatter,
		                     &ids[i]),
		    0);
	for (int i = 0; i < 3; i++)
		(void)pthread_join(threads[i], NULL);
	log_process_set(NULL);
	log_info("last", "a=1");
	while (len == 0 || strstr(all, "\"last\"") == NULL) {
		ssize_t n = read(out[0], all + len, sizeof(all) - 1 - len);

		assert_true(n > 0);
		len += (size_t)n;
		all[len] = '\0';
	}
	for (char *at = strtok(all, "\n"); at; at = strtok(NULL, "\n")) {
		assert_json(at);
		lines++;
	}
	assert_int_equal(lines, 61);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_line_is_json_with_time_level_process_and_event),
		T(pairs_become_members_and_the_rest_text),
		T(what_a_client_sends_stays_inside_its_value),
		T(however_long_it_is_a_line_stays_whole_json),
		T(levels_below_the_least_are_silent),
		T(errno_survives),
		T(a_terminal_gets_text),
		T(lines_of_several_threads_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
