/*
 * Each forbidden act is tried, in a process of its own, and so is what must go
 * on working.  Under a sanitizer there is no sandbox
 * and nothing to try.
 */
#include "server/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/cmocka.h"

enum { NO_SANDBOX = 77, WENT_WELL = 0 };

static char dir[] = "/tmp/mayfly-sandbox-XXXXXX";
static char inside[64], renamed[64], readable[64], outside[64];

typedef int act_fn(void); /* 0, or the errno of what failed */

/* How it ends for a process that acts inside: errno, or 1000 + a signal. */
static int
inside_of(enum sandbox_role role, act_fn *act)
{
	char db[64];
	const struct sandbox_path paths[] = { { db, true }, { readable, false },
		{ "/nonexistent", false } };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)snprintf(db, sizeof(db), "%s/db", dir);
		if (!sandbox_enter(role, true, paths,
		        role == SANDBOX_FRONT ? 3 : 0))
			_exit(NO_SANDBOX);
		_exit(act());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return 1000 + WTERMSIG(status);
	if (WEXITSTATUS(status) == NO_SANDBOX)
		fail_msg("this kernel has neither fence");
	return WEXITSTATUS(status);
}

static int
act_exec(void)
{
	char path[] = "/bin/true";
	char *argv[] = { path, NULL }, *envp[] = { NULL };

	return execve(path, argv, envp) == 0 ? 0 : errno;
}

static int
act_fork(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid > 0 ? 0 : errno;
}

static int
act_trace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 ? 0 : errno;
}

static int
act_signal(void)
{
	return kill(getppid(), SIGCONT) == 0 ? 0 : errno;
}

static int
act_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0 ? 0 : errno;
}

static int
act_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : errno;
}

static int
act_inet_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : errno;
}

static int
act_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED
	           ? 0
	           : errno;
}

static int
act_shadow(void)
{
	return open("/etc/shadow", O_RDONLY) >= 0 ? 0 : errno;
}

static int
act_outside(void)
{
	return open(outside, O_RDONLY) >= 0 ? 0 : errno;
}

static int
act_write_readable(void)
{
	return open(readable, O_WRONLY) >= 0 ? 0 : errno;
}

static int
act_listen(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 ? 0 : errno;
}

static void *
threaded(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

static int
act_thread(void)
{
	pthread_t t;
	int ran = 0;

	if (pthread_create(&t, NULL, threaded, &ran) != 0 ||
	    pthread_join(t, NULL) != 0)
		return 1;
	return ran ? 0 : 2;
}

/* The front's daily business: its files, and dialling. */
static int
act_daily(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons(1),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = open(inside, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1 || fdatasync(fd) != 0 ||
	    mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ||
	    rename(inside, renamed) != 0 || unlink(renamed) != 0 ||
	    open(readable, O_RDONLY) < 0)
		return 1;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0 || (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 &&
	                  errno != ECONNREFUSED && errno != EINPROGRESS))
		return 2;
	return act_thread();
}

static int keeper_end;

/* The keeper's: a frame in, a frame out, memory. */
static int
act_sign(void)
{
	struct pollfd p = { .fd = keeper_end, .events = POLLIN };
	char b[8], *more = malloc(1 << 20);

	if (more == NULL)
		return 1;
	memset(more, 1, 1 << 20);
	free(more);
	if (poll(&p, 1, 1000) != 1 || recv(keeper_end, b, 8, 0) != 3 ||
	    send(keeper_end, "der", 3, MSG_NOSIGNAL) != 3)
		return 2;
	return write(STDERR_FILENO, "", 0) == 0 ? 0 : 3;
}

TEST(acts_of_an_intruder_end_the_process)
{
	static act_fn *const acts[] = { act_exec, act_fork, act_trace,
		act_signal };

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		assert_int_equal(inside_of(SANDBOX_FRONT, acts[i]),
		    1000 + SIGSYS);
	assert_int_equal(inside_of(SANDBOX_KEEPER, act_exec), 1000 + SIGSYS);
	assert_int_equal(inside_of(SANDBOX_KEEPER, act_trace), 1000 + SIGSYS);
}

TEST(the_front_opens_no_other_sockets_and_runs_no_new_code)
{
	assert_int_equal(inside_of(SANDBOX_FRONT, act_packet_socket), EPERM);
	assert_int_equal(inside_of(SANDBOX_FRONT, act_unix_socket), EPERM);
	assert_int_equal(inside_of(SANDBOX_FRONT, act_code), EPERM);
}

static long
landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
}

/* SEC-04. */
TEST(the_front_sees_its_own_files_only)
{
	if (landlock_abi() < 1)
		fail_msg("this kernel has neither fence");
	assert_int_equal(inside_of(SANDBOX_FRONT, act_shadow), EACCES);
	assert_int_equal(inside_of(SANDBOX_FRONT, act_outside), EACCES);
	assert_int_equal(inside_of(SANDBOX_FRONT, act_write_readable), EACCES);
	if (landlock_abi() >= 4)
		assert_int_equal(inside_of(SANDBOX_FRONT, act_listen), EACCES);
}

TEST(the_front_can_do_its_work)
{
	assert_int_equal(inside_of(SANDBOX_FRONT, act_daily), WENT_WELL);
}

/* SEC-04. */
TEST(the_keeper_has_no_network_no_files_no_threads)
{
	assert_int_equal(inside_of(SANDBOX_KEEPER, act_inet_socket), EPERM);
	assert_int_equal(inside_of(SANDBOX_KEEPER, act_unix_socket), EPERM);
	assert_int_equal(inside_of(SANDBOX_KEEPER, act_shadow), EPERM);
	assert_int_equal(inside_of(SANDBOX_KEEPER, act_outside), EPERM);
	assert_int_equal(inside_of(SANDBOX_KEEPER, act_thread), 1);
}

TEST(the_keeper_can_do_its_work)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	keeper_end = pair[1];
	assert_int_equal(send(pair[0], "ask", 3, 0), 3);
	assert_int_equal(inside_of(SANDBOX_KEEPER, act_sign), WENT_WELL);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

TEST(a_sandbox_that_is_not_wanted_stays_open)
{
	int fd;

	assert_false(sandbox_enter(SANDBOX_KEEPER, false, NULL, 0));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	(void)close(fd);
}

static bool
make(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	return fd >= 0 && close(fd) == 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acts_of_an_intruder_end_the_process),
		cmocka_unit_test(
		    the_front_opens_no_other_sockets_and_runs_no_new_code),
		cmocka_unit_test(the_front_sees_its_own_files_only),
		cmocka_unit_test(the_front_can_do_its_work),
		cmocka_unit_test(the_keeper_has_no_network_no_files_no_threads),
		cmocka_unit_test(the_keeper_can_do_its_work),
		cmocka_unit_test(a_sandbox_that_is_not_wanted_stays_open),
	};
	const struct CMUnitTest bare[] = {
		cmocka_unit_test(a_sandbox_that_is_not_wanted_stays_open),
	};
	char db[64];
	int rc;

	log_level_set(LOG_OFF_);
	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(db, sizeof(db), "%s/db", dir);
	(void)snprintf(inside, sizeof(inside), "%s/db/data", dir);
	(void)snprintf(renamed, sizeof(renamed), "%s/db/renamed", dir);
	(void)snprintf(readable, sizeof(readable), "%s/readable", dir);
	(void)snprintf(outside, sizeof(outside), "%s/outside", dir);
	if (mkdir(db, 0700) != 0 || !make(readable) || !make(outside))
		return 1;
	/* Without a sandbox in the build, what is left is to run without. */
	rc = SANDBOX_BUILT ? cmocka_run_group_tests(tests, NULL, NULL)
	                   : cmocka_run_group_tests(bare, NULL, NULL);
	(void)unlink(readable);
	(void)unlink(outside);
	if (rmdir(db) != 0 || rmdir(dir) != 0)
		return 1;
	return rc;
}
