#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/announce.h"
#include "tests/cmocka.h"

static volatile sig_atomic_t ended;

static void
on_term(int sig)
{
	(void)sig;
	ended = 1;
}

static struct config *
config_with(const char *const *sets, size_t n, const char *dir)
{
	const struct config_report deaf = { 0 };
	struct config *c =
	    config_load(&(struct config_source){ .sets = sets, .n_sets = n },
	        &deaf);

	assert_non_null(c);
	c->dir = dir;
	return c;
}

static const struct ready ready_at = { 8443, 0, "AB:CD" };

TEST(the_line_for_programs_is_json_with_five_members)
{
	const char *sets[] = { "names=ca.example" };
	struct config *c = config_with(sets, 1, "/d \"x\"");
	char want[512];

	(void)snprintf(want, sizeof(want),
	    "{\"directory\":\"https://ca.example:8443/acme/directory\","
	    "\"root\":\"/d \\\"x\\\"/root.pem\",\"fingerprint\":\"AB:CD\","
	    "\"pid\":%d,\"metrics\":\"https://ca.example:8443/metrics\"}",
	    (int)getpid());
	assert_string_equal(announce_json(c, &ready_at, c->arena), want);
	config_free(c);
}

TEST(people_get_a_line_they_can_paste_into_a_shell)
{
	const char *sets[] = { "names=ca.example",
		"validation.http_port=5002" };
	struct config *c = config_with(sets, 2, "/my 'ca'");
	const char *text = announce_people(c, &ready_at, c->arena);

	assert_non_null(strstr(text, "\n  root       /my 'ca'/root.pem\n"));
	assert_non_null(strstr(text, "\n  SHA-256    AB:CD\n"));
	assert_non_null(strstr(text,
	    "\n  REQUESTS_CA_BUNDLE='/my '\\''ca'\\''/root.pem' certbot "
	    "certonly --standalone --non-interactive --agree-tos "
	    "--register-unsafely-without-email --server "
	    "https://ca.example:8443/acme/directory --http-01-port 5002 -d "
	    "NAME\n"));
	config_free(c);
	c = config_with(sets, 1, "/var/lib/mayfly");
	text = announce_people(c, &ready_at, c->arena);
	assert_null(strstr(text, "--http-01-port"));
	assert_non_null(strstr(text,
	    "\n  REQUESTS_CA_BUNDLE=/var/lib/mayfly/root.pem certbot "));
	config_free(c);
}

TEST(the_ready_file_holds_the_same_line)
{
	char path[] = "/tmp/mayfly-ready.XXXXXX", text[512];
	struct config *c = config_with(NULL, 0, "/d");
	struct announce to = { .ready_file = path };
	int fd = mkstemp(path);
	ssize_t n;

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	announce(&to, c, &ready_at);
	assert_false(to.failed);
	assert_true((fd = open(path, O_RDONLY)) >= 0);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n > 1);
	text[n - 1] = '\0';
	assert_string_equal(text, announce_json(c, &ready_at, c->arena));
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	config_free(c);
}

TEST(a_ready_file_that_cannot_be_written_ends_the_server)
{
	struct config *c = config_with(NULL, 0, "/d");
	struct announce to = { .ready_file = "/nonexistent/ready" };
	struct sigaction sa = { .sa_handler = on_term }, was;

	assert_int_equal(sigaction(SIGTERM, &sa, &was), 0);
	log_level_set(LOG_OFF_);
	announce(&to, c, &ready_at);
	assert_true(to.failed);
	assert_int_equal(ended, 1);
	assert_int_equal(sigaction(SIGTERM, &was, NULL), 0);
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_line_for_programs_is_json_with_five_members),
		cmocka_unit_test(people_get_a_line_they_can_paste_into_a_shell),
		cmocka_unit_test(the_ready_file_holds_the_same_line),
		cmocka_unit_test(
		    a_ready_file_that_cannot_be_written_ends_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
