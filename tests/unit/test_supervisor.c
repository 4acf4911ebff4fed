/*
 * The supervisor with children that are this very program (`-child NAME`) and
 * do what the configuration's text tells them: "DIR WORD…", a word being the
 * name of a child, a colon, and what is the matter with it.  What they live
 * through they append to DIR/log.
 */
#include "server/supervisor_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "server/ready.h"
#include "tests/cmocka.h"

enum { LOOPS = 2, PATIENCE_MS = 20000 };

#define FINGERPRINT                                                   \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33" \
	":44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static char dir[32] = "/tmp/mayfly-supervisor-XXXXXX";
static char wish[256], listen_on[32];

/* --- the configuration, which is another's business --- */

enum err
config_address(const char *host_port, struct sockaddr_storage *out,
    socklen_t *len, struct fault *f)
{
	struct sockaddr_in *sa = (struct sockaddr_in *)out;

	(void)f;
	memset(out, 0, sizeof(*out));
	sa->sin_family = AF_INET;
	sa->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa->sin_port =
	    htons((uint16_t)strtoul(strchr(host_port, ':') + 1, NULL, 10));
	*len = sizeof(*sa);
	return OK;
}

const char *
config_directory_url(const struct config *c, uint16_t port, struct arena *a)
{
	(void)c;
	return arena_printf(a, "https://ca.test:%u/acme/directory", port);
}

const char *
config_text(const struct config *c, struct arena *a)
{
	return arena_printf(a, "%s %s%s", c->dir, wish,
	    c->website != NULL ? " swapped" : "");
}

static void
path_of(char path[64], const char *name)
{
	(void)snprintf(path, 64, "%s/%s", dir, name);
}

struct config *
config_reload(const struct config_source *source, const struct config *running,
    const struct config_report *r)
{
	static struct config fresh;
	char path[64];

	(void)source;
	path_of(path, "bad");
	r->say(r->arg, "mayfly.yaml:1: something");
	if (access(path, F_OK) == 0)
		return NULL;
	fresh = *running;
	fresh.website = "https://swapped.example";
	return &fresh;
}

void
config_free(struct config *c)
{
	(void)c;
}

/* --- the children --- */

static struct msg m;

static void
note(const char *text)
{
	char path[64], line[96];
	int fd, n;

	path_of(path, "log");
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	n = snprintf(line, sizeof(line), "%s\n", text);
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		abort();
	(void)close(fd);
}

static bool
asked_for(const char *what)
{
	return strstr(wish, what) != NULL;
}

static void
take_config(const char *name)
{
	char line[48];

	if (msg_recv(CHILD_SOCKET, MSG_SUPERVISOR, &m) != OK ||
	    m.type != MSG_CONFIG ||
	    sscanf((const char *)m.body, "%31s %255[^\n]", dir, wish) != 2)
		_exit(20);
	(void)snprintf(line, sizeof(line), "%s configured, pid %ld", name,
	    (long)getpid());
	note(line);
}

static void
tell_parent(enum msg_type type, const char *text)
{
	if (msg_send(CHILD_SOCKET, type, text, strlen(text), -1) != OK)
		_exit(21);
}

/* Until drained; `also` is polled too, and answered with our pid. */
static int
serve(const char *name, int also)
{
	char line[64];

	for (;;) {
		struct pollfd p[] = { { .fd = CHILD_SOCKET, .events = POLLIN },
			{ .fd = also, .events = POLLIN } };
		int fd;

		(void)poll(p, 2, -1);
		if (p[1].revents != 0 && (fd = accept(also, NULL, NULL)) >= 0) {
			(void)send(fd, "hi", 2, MSG_NOSIGNAL);
			(void)close(fd);
		}
		if (p[0].revents == 0)
			continue;
		if (msg_recv(CHILD_SOCKET, MSG_SUPERVISOR, &m) != OK)
			return 22;
		(void)snprintf(line, sizeof(line), "%s %s%s%.*s", name,
		    msg_name(m.type),
		    m.type == MSG_RELOAD &&
		            strstr((char *)m.body, "swapped") != NULL
		        ? " swapped"
		        : "",
		    m.type == MSG_CA ? (int)strcspn((char *)m.body, "\n") : 0,
		    (char *)m.body);
		note(line);
		if (m.fd >= 0)
			(void)close(m.fd);
		if (m.type == MSG_DRAIN && !asked_for("front:deaf")) {
			tell_parent(MSG_DRAINED, "");
			return 0;
		}
	}
}

static int
be_keeper(void)
{
	char path[64];

	take_config("keeper");
	path_of(path, "store");
	if (access(path, F_OK) != 0) {
		note("keeper came too early");
		return 23;
	}
	tell_parent(MSG_READY, "");
	return serve("keeper", -1);
}

static void
make_store(void)
{
	char path[64];
	int fd;

	path_of(path, "store");
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
	tell_parent(MSG_OPENED, "");
}

/* As if an issuer were due to be followed by another. */
static void
ask_for_a_look(void)
{
	tell_parent(MSG_LOOK, "");
	do {
		char line[48];

		if (msg_recv(CHILD_SOCKET, MSG_SUPERVISOR, &m) != OK ||
		    (m.type != MSG_CA && m.type != MSG_RELOAD))
			_exit(26);
		(void)snprintf(line, sizeof(line), "front asks %s%.*s",
		    msg_name(m.type),
		    m.type == MSG_CA ? (int)strcspn((char *)m.body, "\n") : 0,
		    (char *)m.body);
		note(line);
	} while (m.type != MSG_RELOAD);
}

static int
be_front(void)
{
	uint32_t loops;
	int fd;

	take_config("front");
	if (asked_for("front:fails")) {
		tell_parent(MSG_FAILED, "D/db: is\ta mess");
		return 1;
	}
	do
		if (msg_recv(CHILD_SOCKET, MSG_SUPERVISOR, &m) != OK)
			return 24;
	while (m.type == MSG_CA);
	if (m.type != MSG_LISTEN)
		return 24;
	memcpy(&loops, m.body, sizeof(loops));
	fd = m.fd;
	if (asked_for("front:asks"))
		ask_for_a_look();
	make_store();
	for (uint32_t i = 0; i < loops; i++)
		if (msg_recv(CHILD_SOCKET, MSG_SUPERVISOR, &m) != OK ||
		    m.type != MSG_KEEPER)
			return 25;
	if (asked_for("front:babbles"))
		(void)send(CHILD_SOCKET, "\1\0\0\0", 4, 0);
	else if (asked_for("front:forges"))
		tell_parent(MSG_READY, "\033[31mroot");
	else
		tell_parent(MSG_READY, FINGERPRINT);
	return serve("front", fd);
}

/* What it sees is what the file `digest` says. */
static int
be_ca(void)
{
	struct ca_looked looked = { .next_s = 3600 };
	char path[64];
	int fd;

	take_config("ca");
	path_of(path, "go");
	while (asked_for("ca:waits") && access(path, F_OK) != 0)
		(void)usleep(1000);
	path_of(path, "digest");
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
		(void)!read(fd, looked.digest, sizeof(looked.digest));
		(void)close(fd);
	}
	if (asked_for("ca:fails")) {
		tell_parent(MSG_FAILED, "D/ca: nonsense");
		return 1;
	}
	if (asked_for("ca:due")) {
		looked.outcome = CA_NOT_ROTATED;
		(void)snprintf(looked.reason, sizeof(looked.reason), "no key");
	}
	return msg_send(CHILD_SOCKET, MSG_LOOKED, &looked,
	           offsetof(struct ca_looked, reason) + strlen(looked.reason),
	           -1) != OK;
}

/* --- the test's side --- */

static struct {
	pid_t pid;
	uint16_t port;
} run;

static void
now_ready(void *arg, const struct config *c, const struct ready *r)
{
	char text[160], path[64];
	struct fault f = { 0 };

	(void)arg;
	(void)c;
	path_of(path, "ready");
	(void)snprintf(text, sizeof(text), "%u %s", r->port, r->fingerprint);
	if (ready_file(path, text, &f) != OK)
		abort();
}

/* Both children, before there is a supervisor; perhaps one has died since. */
static void
start_early(struct supervisor_args *args)
{
	siginfo_t info;

	args->keeper = (struct child)CHILD("keeper");
	args->front = (struct child)CHILD("front");
	if (!child_start(&args->keeper, child_clock()) ||
	    !child_start(&args->front, child_clock()))
		abort();
	if (!asked_for("early:dead"))
		return;
	child_kill(&args->front);
	if (waitid(P_PID, (id_t)args->front.pid, &info, WEXITED | WNOWAIT) != 0)
		abort();
}

static void
supervise(unsigned drain_ms)
{
	run.pid = fork();
	if (run.pid == 0) {
		char path[64];
		static struct config c;
		struct supervisor_args args = { .config = &c,
			.ready = now_ready };
		int fd;

		path_of(path, "stderr");
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
			_exit(99);
		c.dir = dir;
		c.listen = listen_on;
		c.loops = LOOPS;
		c.drain_ms = drain_ms;
		c.log_level = LOG_INFO_;
		if (asked_for("early"))
			start_early(&args);
		_exit(supervisor_main(&args));
	}
	assert_true(run.pid > 0);
}

static void
slurp(const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n = 0;
	int fd;

	path_of(path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, out, size - 1);
		(void)close(fd);
	}
	out[n > 0 ? n : 0] = '\0';
}

static unsigned
count(const char *file, const char *text)
{
	char all[16384];
	unsigned n = 0;

	slurp(file, all, sizeof(all));
	for (const char *p = all; (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

/* Wait until `text` has come `n` times. */
static void
await(const char *file, const char *text, unsigned n)
{
	for (int ms = 0; count(file, text) < n && ms < PATIENCE_MS; ms += 10)
		(void)usleep(10000);
	if (count(file, text) < n)
		fail_msg("%s: no %u times %s", file, n, text);
}

static void
await_ready(void)
{
	char text[160];

	await("ready", FINGERPRINT, 1);
	slurp("ready", text, sizeof(text));
	run.port = (uint16_t)strtoul(text, NULL, 10);
	assert_true(run.port > 0);
}

static pid_t
pid_of(const char *name)
{
	char all[16384], what[64];
	const char *p = all, *last = NULL;
	long pid;

	slurp("log", all, sizeof(all));
	(void)snprintf(what, sizeof(what), "%s configured, pid ", name);
	while ((p = strstr(p, what)) != NULL)
		last = p += strlen(what);
	assert_non_null(last);
	pid = strtol(last, NULL, 10);
	assert_true(pid > 1);
	return (pid_t)pid;
}

static int
ends_with(void)
{
	int status, ms = 0;

	while (waitpid(run.pid, &status, WNOHANG) == 0 && ms < PATIENCE_MS) {
		(void)usleep(10000);
		ms += 10;
	}
	assert_true(ms < PATIENCE_MS);
	assert_true(WIFEXITED(status));
	run.pid = 0;
	return WEXITSTATUS(status);
}

static void
answered(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons(run.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char b[2];

	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(recv(fd, b, sizeof(b), MSG_WAITALL), 2);
	(void)close(fd);
}

static const char *const files[] = { "log", "ready", "stderr", "store", "bad",
	"lock", "digest", "go", "ca/root.pem", "ca/issuer-1.pem",
	"ca/issuer-2.pem" };

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[64];

		path_of(path, files[i]);
		(void)unlink(path);
	}
	(void)snprintf(wish, sizeof(wish), "well");
	(void)snprintf(listen_on, sizeof(listen_on), "127.0.0.1:0");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (run.pid > 0) {
		(void)kill(run.pid, SIGKILL);
		(void)waitpid(run.pid, NULL, 0);
		run.pid = 0;
	}
	return 0;
}

TEST(the_keeper_is_configured_when_there_is_a_store_to_open)
{
	supervise(5000);
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	assert_int_equal(count("log", "too early"), 0);
	assert_int_equal(count("log", "keeper configured"), 1);
	answered();
}

TEST(sigterm_drains_the_front_then_the_keeper_and_exits_0)
{
	char all[1024];

	supervise(5000);
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	assert_int_equal(kill(run.pid, SIGTERM), 0);
	assert_int_equal(ends_with(), 0);
	slurp("log", all, sizeof(all));
	assert_non_null(strstr(all, "front DRAIN\nkeeper DRAIN\n"));
	assert_int_equal(count("stderr", "drain.overdue"), 0);
}

TEST(a_front_that_does_not_drain_in_time_is_killed_and_that_is_no_failure)
{
	(void)snprintf(wish, sizeof(wish), "front:deaf");
	supervise(100);
	await_ready();
	assert_int_equal(kill(run.pid, SIGINT), 0);
	assert_int_equal(ends_with(), 0);
	assert_true(count("stderr", "drain.overdue") >= 1);
}

TEST(a_second_signal_kills_at_once)
{
	(void)snprintf(wish, sizeof(wish), "front:deaf");
	supervise(600000);
	await_ready();
	assert_int_equal(kill(run.pid, SIGTERM), 0);
	await("log", "front DRAIN", 1);
	assert_int_equal(kill(run.pid, SIGTERM), 0);
	assert_int_equal(ends_with(), 1);
}

TEST(a_keeper_that_dies_is_replaced_while_the_front_goes_on)
{
	pid_t front;

	supervise(5000);
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	front = pid_of("front");
	assert_int_equal(kill(pid_of("keeper"), SIGKILL), 0);
	await("log", "front KEEPER", LOOPS); /* beyond those of the start */
	await("log", "keeper configured", 2);
	assert_int_equal(pid_of("front"), front);
	answered();
}

TEST(a_front_that_dies_is_replaced_and_queued_connections_survive)
{
	pid_t keeper;

	supervise(5000);
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	keeper = pid_of("keeper");
	assert_int_equal(kill(pid_of("front"), SIGSTOP), 0);
	assert_int_equal(kill(pid_of("front"), SIGKILL), 0);
	answered(); /* by the next one */
	await("log", "keeper KEEPER", 2 * LOOPS);
	assert_int_equal(count("log", "front configured"), 2);
	assert_int_equal(pid_of("keeper"), keeper);
}

TEST(sighup_swaps_a_good_configuration_and_leaves_a_bad_one)
{
	char path[64];
	int fd;

	supervise(5000);
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	path_of(path, "bad");
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	(void)close(fd);
	assert_int_equal(kill(run.pid, SIGHUP), 0);
	await("stderr", "config.refused", 1);
	assert_int_equal(count("log", "RELOAD"), 0);
	(void)unlink(path);
	assert_int_equal(kill(run.pid, SIGHUP), 0);
	await("log", "keeper RELOAD swapped", 1);
	await("log", "front RELOAD swapped", 1);
	await("stderr", "config.kept", 1);
	answered();
}

static void
put(const char *name, const char *text)
{
	char path[64];
	int fd;

	path_of(path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void
put_hierarchy(void)
{
	char path[64];

	path_of(path, "ca");
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	put("ca/root.pem", "a root");
	put("ca/issuer-1.pem", "an issuer");
}

/* The first place of `text` in the log, or beyond its end. */
static size_t
place(const char *text, unsigned nth)
{
	char all[16384];
	const char *p = all;

	slurp("log", all, sizeof(all));
	for (unsigned i = 0; i < nth; i++) {
		p = strstr(i == 0 ? all : p + 1, text);
		if (p == NULL)
			return sizeof(all);
	}
	return (size_t)(p - all);
}

TEST(a_changed_hierarchy_gets_another_keeper_and_then_the_front_is_told)
{
	pid_t front, keeper;

	put_hierarchy();
	supervise(5000);
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	front = pid_of("front");
	keeper = pid_of("keeper");
	put("ca/issuer-2.pem", "another issuer");
	put("digest", "another digest");
	assert_int_equal(kill(run.pid, SIGHUP), 0);
	await("log", "front CAissuer-2.pem", 1);
	await("log", "front RELOAD", 2); /* SIGHUP's, and this */
	await("log", "keeper KEEPER", 2 * LOOPS);
	assert_int_equal(count("log", "front CAroot.pem"), 1);
	assert_true(place("keeper DRAIN", 1) < place("keeper configured", 2));
	assert_true(place("keeper configured", 2) < place("front CA", 1));
	assert_true(place("front CAissuer-2", 1) < place("front RELOAD", 2));
	assert_int_equal(pid_of("front"), front);
	assert_int_not_equal(pid_of("keeper"), keeper);
	answered();
}

TEST(an_unchanged_hierarchy_changes_nothing)
{
	put_hierarchy();
	supervise(5000);
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	assert_int_equal(kill(run.pid, SIGHUP), 0);
	await("log", "ca configured", 2);
	await("stderr", "\"child.ended\",\"name\":\"ca\"", 2);
	assert_int_equal(count("log", "keeper DRAIN"), 0);
	assert_int_equal(count("log", "front CA"), 0);
	answered();
}

TEST(a_hierarchy_that_is_not_to_be_used_leaves_the_one_in_use)
{
	put_hierarchy();
	(void)snprintf(wish, sizeof(wish), "ca:fails");
	supervise(5000);
	await_ready();
	await("stderr", "ca.refused", 1);
	put("digest", "another digest");
	assert_int_equal(kill(run.pid, SIGHUP), 0);
	await("stderr", "ca.refused", 2);
	assert_int_equal(count("log", "keeper DRAIN"), 0);
	answered();
}

TEST(a_rotation_that_is_due_and_not_done_is_one_warning_a_day)
{
	put_hierarchy();
	(void)snprintf(wish, sizeof(wish), "ca:due");
	supervise(5000);
	await_ready();
	for (unsigned i = 2; i <= 3; i++) {
		assert_int_equal(kill(run.pid, SIGHUP), 0);
		await("log", "ca configured", i);
	}
	await("stderr", "\"child.ended\",\"name\":\"ca\"", 3);
	assert_int_equal(count("stderr", "ca.not_rotated"), 1);
	assert_int_equal(count("stderr", "no key"), 1);
}

TEST(the_first_look_holds_nobody_up)
{
	put_hierarchy();
	(void)snprintf(wish, sizeof(wish), "ca:waits");
	supervise(5000);
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	await("log", "ca configured", 1);
	answered();
	put("digest", "a digest, but of the same files");
	put("go", "");
	await("stderr", "\"child.ended\",\"name\":\"ca\"", 1);
	assert_int_equal(count("log", "DRAIN"), 0);
	assert_int_equal(count("log", "front CA"), 0);
	assert_int_equal(kill(run.pid, SIGTERM), 0);
	assert_int_equal(ends_with(), 0);
}

TEST(a_front_that_finds_an_issuer_due_goes_on_after_a_look)
{
	put_hierarchy();
	(void)snprintf(wish, sizeof(wish), "front:asks ca:waits");
	supervise(5000);
	await("log", "ca configured", 1);
	assert_int_equal(count("log", "keeper configured"), 0);
	put("ca/issuer-2.pem", "another issuer");
	put("digest", "another digest");
	put("go", "");
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	assert_int_equal(count("log", "front asks CAissuer-2.pem"), 1);
	assert_int_equal(count("log", "front asks RELOAD"), 1);
	assert_int_equal(count("log", "keeper DRAIN"), 0);
	assert_int_equal(count("log", "keeper configured"), 1);
	assert_int_equal(count("log", "front RELOAD"), 0);
	assert_int_equal(kill(pid_of("front"), SIGKILL), 0);
	await("log", "front asks RELOAD", 2); /* there has been a look */
	await("log", "keeper KEEPER", 2 * LOOPS);
	assert_int_equal(count("log", "ca configured"), 1);
	answered();
}

TEST(a_front_that_asks_for_a_look_that_fails_goes_on)
{
	put_hierarchy();
	(void)snprintf(wish, sizeof(wish), "front:asks ca:fails");
	supervise(5000);
	await_ready();
	assert_int_equal(count("stderr", "ca.refused"), 1);
	answered();
}

TEST(sigterm_before_the_first_look_is_over_ends_all)
{
	put_hierarchy();
	(void)snprintf(wish, sizeof(wish), "front:asks ca:waits");
	supervise(5000);
	await("log", "ca configured", 1);
	assert_int_equal(kill(run.pid, SIGTERM), 0);
	assert_int_equal(ends_with(), 0);
	assert_int_equal(count("log", "keeper configured"), 0);
	assert_int_equal(count("stderr", "drain.overdue"), 0);
	assert_int_equal(count("stderr", "ca.refused"), 0);
}

TEST(children_that_were_started_before_are_told_as_others_are)
{
	put_hierarchy();
	(void)snprintf(wish, sizeof(wish), "early");
	supervise(5000);
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	assert_int_equal(count("stderr", "child.started\",\"name\":\"keeper"),
	    1);
	assert_int_equal(count("stderr", "child.started\",\"name\":\"front"),
	    1);
	answered();
	assert_int_equal(kill(run.pid, SIGTERM), 0);
	assert_int_equal(ends_with(), 0);
}

TEST(a_child_that_died_before_its_supervisor_came_is_replaced)
{
	put_hierarchy();
	(void)snprintf(wish, sizeof(wish), "early:dead");
	supervise(5000);
	await_ready();
	await("log", "keeper KEEPER", LOOPS);
	assert_int_equal(count("stderr", "child.started\",\"name\":\"front"),
	    2);
	assert_int_equal(count("log", "front configured"), 1);
	answered();
}

TEST(a_front_that_never_starts_ends_us_with_its_reason)
{
	(void)snprintf(wish, sizeof(wish), "front:fails");
	supervise(5000);
	assert_int_equal(ends_with(), 1);
	assert_int_equal(count("stderr", "mayfly: D/db: is?a mess\n"), 1);
	assert_int_equal(count("log", "front configured"), 4);
}

TEST(a_front_that_says_what_it_may_not_is_started_again)
{
	(void)snprintf(wish, sizeof(wish), "front:babbles");
	supervise(5000);
	await("log", "front configured", 2);
	assert_true(count("stderr", "child.malformed") >= 1);
	assert_int_equal(count("ready", FINGERPRINT), 0);
}

TEST(a_forged_fingerprint_is_not_printed)
{
	(void)snprintf(wish, sizeof(wish), "front:forges");
	supervise(5000);
	await("log", "front configured", 2);
	assert_int_equal(count("ready", "root"), 0);
}

TEST(a_second_server_ends_with_one_clear_line)
{
	char all[1024], lock[64];
	pid_t first;

	supervise(5000);
	await_ready();
	first = run.pid;
	supervise(5000);
	assert_int_equal(ends_with(), 1);
	(void)snprintf(all, sizeof(all), "mayfly: %s is in use by pid %ld\n",
	    dir, (long)first);
	assert_int_equal(count("stderr", all), 1);
	path_of(lock, "lock");
	assert_int_equal(unlink(lock), 0); /* as if in another directory */
	(void)snprintf(listen_on, sizeof(listen_on), "127.0.0.1:%u", run.port);
	supervise(5000);
	assert_int_equal(ends_with(), 1);
	(void)snprintf(all, sizeof(all),
	    "mayfly: cannot listen on %s: Address already in use\n", listen_on);
	assert_int_equal(count("stderr", all), 1);
	run.pid = first;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(the_keeper_is_configured_when_there_is_a_store_to_open),
		CASE(sigterm_drains_the_front_then_the_keeper_and_exits_0),
		CASE(
		    a_front_that_does_not_drain_in_time_is_killed_and_that_is_no_failure),
		CASE(a_second_signal_kills_at_once),
		CASE(a_keeper_that_dies_is_replaced_while_the_front_goes_on),
		CASE(
		    a_front_that_dies_is_replaced_and_queued_connections_survive),
		CASE(sighup_swaps_a_good_configuration_and_leaves_a_bad_one),
		CASE(
		    a_changed_hierarchy_gets_another_keeper_and_then_the_front_is_told),
		CASE(an_unchanged_hierarchy_changes_nothing),
		CASE(a_hierarchy_that_is_not_to_be_used_leaves_the_one_in_use),
		CASE(a_rotation_that_is_due_and_not_done_is_one_warning_a_day),
		CASE(the_first_look_holds_nobody_up),
		CASE(a_front_that_finds_an_issuer_due_goes_on_after_a_look),
		CASE(a_front_that_asks_for_a_look_that_fails_goes_on),
		CASE(sigterm_before_the_first_look_is_over_ends_all),
		CASE(children_that_were_started_before_are_told_as_others_are),
		CASE(a_child_that_died_before_its_supervisor_came_is_replaced),
		CASE(a_front_that_never_starts_ends_us_with_its_reason),
		CASE(a_front_that_says_what_it_may_not_is_started_again),
		CASE(a_forged_fingerprint_is_not_printed),
		CASE(a_second_server_ends_with_one_clear_line),
	};
	void *none = NULL;
	char path[64];
	int rc;

	if (argc == 3 && strcmp(argv[1], "-child") == 0)
		return strcmp(argv[2], "keeper") == 0 ? be_keeper()
		       : strcmp(argv[2], "ca") == 0   ? be_ca()
		                                      : be_front();
	if (mkdtemp(dir) == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	(void)setup(&none);
	path_of(path, "ca");
	(void)rmdir(path);
	return rmdir(dir) != 0 ? 1 : rc;
}
