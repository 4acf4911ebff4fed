/*
 * Children are started from this very program, as the supervisor does it: with
 * `-child NAME` it is one, and tells by its exit code what it found.
 */
#include "server/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/cmocka.h"

extern char **environ;

/* What a child is promised; the number of the first promise broken. */
static int
check_promises(void)
{
	struct rlimit core;
	struct sigaction sa;
	sigset_t set;
	int signal_at_death = 0;

	for (char **e = environ; *e != NULL; e++)
		if (strstr(*e, "_OPTIONS=") == NULL)
			return 1;
	for (int fd = 0; fd < 64; fd++)
		if ((fcntl(fd, F_GETFD) >= 0) != (fd <= CHILD_SOCKET))
			return 2;
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
		return 3;
	if (prctl(PR_GET_PDEATHSIG, &signal_at_death) != 0 ||
	    signal_at_death != SIGKILL)
		return 4;
	if (sigaction(SIGTERM, NULL, &sa) != 0 || sa.sa_handler != SIG_IGN ||
	    sigaction(SIGINT, NULL, &sa) != 0 || sa.sa_handler != SIG_IGN ||
	    sigaction(SIGHUP, NULL, &sa) != 0 || sa.sa_handler != SIG_IGN)
		return 5;
	if (sigprocmask(SIG_BLOCK, NULL, &set) != 0 ||
	    sigismember(&set, SIGTERM) != 0)
		return 6;
	return 0;
}

static int
be_child(const char *name)
{
	char c;

	if (strcmp(name, "checker") == 0)
		return check_promises();
	if (strcmp(name, "echo") == 0)
		return recv(CHILD_SOCKET, &c, 1, 0) != 1 ||
		       send(CHILD_SOCKET, &c, 1, 0) != 1;
	if (strcmp(name, "sleeper") == 0) {
		(void)pause();
		return 0;
	}
	return 99;
}

static int
status_of(struct child *c)
{
	int status;

	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	return status;
}

TEST(a_child_gets_no_environment_no_descriptors_and_dies_with_us)
{
	struct child c = CHILD("checker");
	sigset_t set;
	int stray = open("/dev/null", O_RDONLY); /* without CLOEXEC */
	int far = fcntl(stray, F_DUPFD, 40);

	assert_true(stray >= 0 && far >= 40);
	assert_int_equal(setenv("SECRET", "1", 1), 0);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	assert_true(child_start(&c, 0));
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	assert_int_equal(status_of(&c), 0);
	child_ended(&c, 0, 0);
	(void)close(stray);
	(void)close(far);
}

TEST(we_talk_to_a_child_over_its_socket)
{
	struct child c = CHILD("echo");
	char b = 'x';

	assert_true(child_start(&c, 0));
	assert_int_equal(send(c.sock, &b, 1, 0), 1);
	b = 0;
	assert_int_equal(recv(c.sock, &b, 1, 0), 1);
	assert_int_equal(b, 'x');
	child_ended(&c, status_of(&c), 0);
	assert_int_equal(c.sock, -1);
	assert_int_equal(c.pid, 0);
}

TEST(a_child_is_killed_when_its_parent_is)
{
	struct child c = CHILD("sleeper");
	int up[2];
	pid_t parent;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, up), 0);
	if ((parent = fork()) == 0) {
		if (!child_start(&c, 0))
			_exit(1);
		(void)send(up[1], &c.pid, sizeof(c.pid), 0);
		(void)pause();
	}
	assert_int_equal(recv(up[0], &c.pid, sizeof(c.pid), 0), sizeof(c.pid));
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	for (int i = 0; i < 500 && kill(c.pid, 0) == 0; i++) {
		(void)waitpid(c.pid, NULL, WNOHANG); /* if we are its reaper */
		(void)usleep(10000);
	}
	assert_int_equal(kill(c.pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	(void)close(up[0]);
	(void)close(up[1]);
}

TEST(pauses_double_up_to_ten_seconds)
{
	static const unsigned expected[] = { 0, 100, 200, 400, 800, 1600, 3200,
		6400, 10000, 10000 };

	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(child_pause_ms(i), expected[i]);
	assert_int_equal(child_pause_ms(4000000000U), 10000);
}

TEST(a_minute_of_life_forgets_earlier_failures)
{
	struct child c = CHILD("none");

	c.failures = 6;
	c.started_ms = 1000;
	child_ended(&c, 256, 60999);
	assert_int_equal(c.failures, 7);
	assert_int_equal(c.start_at_ms, 60999 + 6400);
	c.started_ms = 70000;
	child_ended(&c, 9, 130000);
	assert_int_equal(c.failures, 1);
	assert_int_equal(c.start_at_ms, 130000 + 100);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_child_gets_no_environment_no_descriptors_and_dies_with_us),
		cmocka_unit_test(we_talk_to_a_child_over_its_socket),
		cmocka_unit_test(a_child_is_killed_when_its_parent_is),
		cmocka_unit_test(pauses_double_up_to_ten_seconds),
		cmocka_unit_test(a_minute_of_life_forgets_earlier_failures),
	};

	if (argc == 3 && strcmp(argv[1], "-child") == 0)
		return be_child(argv[2]);
	log_level_set(LOG_OFF_);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
