/* Starting this program again as one of its processes. */
#include "server/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"

enum {
	PAUSE_FIRST_MS = 100,
	PAUSE_MOST_MS = 10 * 1000,
	STEADY_MS = 60 * 1000, /* ran that long: its failures are forgotten */
	SEND_TIMEOUT_S = 2,
	NO_EXEC = 127
};

/* What a sanitizer's runtime is told; a release has nothing to be told. */
static const char *const kept[] = {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS",
#endif
	NULL
};

int64_t
child_clock(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

unsigned
child_pause_ms(unsigned failures)
{
	unsigned ms = PAUSE_FIRST_MS;

	if (failures == 0)
		return 0;
	while (--failures > 0 && ms < PAUSE_MOST_MS)
		ms *= 2;
	return ms < PAUSE_MOST_MS ? ms : PAUSE_MOST_MS;
}

void
child_open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

/* After fork(): nothing here may fail halfway and go on. */
static void
settle_in(int sock, pid_t parent)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	const struct rlimit no_core = { 0, 0 };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		if (signal(ignored[i], SIG_IGN) == SIG_ERR)
			_exit(NO_EXEC);
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || sigemptyset(&none) != 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) != 0 ||
	    setrlimit(RLIMIT_CORE, &no_core) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    getppid() != parent || /* it died before we asked to be told */
	    dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(NO_EXEC);
	if (sock == CHILD_SOCKET ? fcntl(sock, F_SETFD, 0) != 0
	                         : dup2(sock, CHILD_SOCKET) < 0)
		_exit(NO_EXEC);
	closefrom(CHILD_SOCKET + 1);
}

static void __attribute__((noreturn))
become(const struct child *c, int sock, pid_t parent)
{
	char self[] = "/proc/self/exe", flag[] = "-child", name[16];
	char *argv[] = { self, flag, name, NULL };
	char *envp[sizeof(kept) / sizeof(kept[0])] = { NULL };
	size_t n = 0;

	settle_in(sock, parent);
	(void)snprintf(name, sizeof(name), "%s", c->name);
	for (size_t i = 0; kept[i] != NULL; i++) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
		char *value = getenv(kept[i]);

		if (value != NULL) /* NAME=VALUE, as the environment has it */
			envp[n++] = value - strlen(kept[i]) - 1;
	}
	(void)execve(self, argv, envp);
	_exit(NO_EXEC);
}

static bool
not_started(struct child *c, int64_t now_ms)
{
	log_error("child.not_started", "name=%s reason=\"%s\"", c->name,
	    strerrordesc_np(errno));
	c->pid = 0;
	c->start_at_ms = now_ms + child_pause_ms(++c->failures);
	return false;
}

bool
child_start(struct child *c, int64_t now_ms)
{
	/* One that takes nothing any more must not hold us up. */
	const struct timeval bound = { SEND_TIMEOUT_S, 0 };
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return not_started(c, now_ms);
	if ((c->pid = fork()) == 0)
		become(c, pair[1], parent);
	(void)close(pair[1]);
	if (c->pid < 0) {
		(void)close(pair[0]);
		return not_started(c, now_ms);
	}
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &bound,
	    sizeof(bound));
	c->sock = pair[0];
	c->started_ms = now_ms;
	c->reason[0] = '\0';
	log_info("child.started", "name=%s pid=%d", c->name, (int)c->pid);
	return true;
}

void
child_ended(struct child *c, int status, int64_t now_ms)
{
	struct arena *a = arena_new();
	bool killed = WIFSIGNALED(status);
	bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	log_event(well ? LOG_INFO_ : LOG_WARN_, "child.ended",
	    "name=%s pid=%d %s=%d reason=%s", c->name, (int)c->pid,
	    killed ? "signal" : "status",
	    killed ? WTERMSIG(status) : WEXITSTATUS(status),
	    log_text(a, c->reason));
	arena_free(a);
	if (c->sock >= 0)
		(void)close(c->sock);
	c->sock = -1;
	c->pid = 0;
	if (now_ms - c->started_ms >= STEADY_MS)
		c->failures = 0;
	c->start_at_ms = now_ms + child_pause_ms(++c->failures);
}

void
child_kill(struct child *c)
{
	if (c->pid > 0)
		(void)kill(c->pid, SIGKILL);
}
