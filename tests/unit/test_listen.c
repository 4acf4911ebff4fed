/* Listening sockets, the lock, and what is told to the world. */
#include "server/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/holder.h"
#include "server/config.h"
#include "server/lock.h"
#include "server/ready.h"
#include "tests/cmocka.h"

static char dir[] = "/tmp/mayfly-listen-XXXXXX";
static struct fault f;

/* Stands in for the configuration's: numeric, IPv4. */
enum err
config_address(const char *host_port, struct sockaddr_storage *out,
    socklen_t *len, struct fault *why)
{
	struct sockaddr_in *sa = (struct sockaddr_in *)out;
	const char *colon = strchr(host_port, ':');
	char host[32] = { 0 };

	if (colon == NULL || (size_t)(colon - host_port) >= sizeof(host))
		return fault(why, ERR_INTERNAL, "%s", host_port);
	memcpy(host, host_port, (size_t)(colon - host_port));
	memset(out, 0, sizeof(*out));
	sa->sin_family = AF_INET;
	sa->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	*len = sizeof(*sa);
	return inet_pton(AF_INET, host, &sa->sin_addr) == 1 ? OK : ERR_INTERNAL;
}

static int
setup(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	return 0;
}

TEST(a_busy_port_is_named_with_its_address)
{
	char text[32];
	int fd, other;

	assert_int_equal(listen_open("127.0.0.1:0", &fd, &f), OK);
	assert_true(listen_port(fd) > 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	(void)snprintf(text, sizeof(text), "127.0.0.1:%u", listen_port(fd));
	assert_int_equal(listen_open(text, &other, &f), ERR_BUSY);
	assert_non_null(strstr(f.detail, text));
	assert_non_null(strstr(f.detail, "in use"));
	(void)close(fd);
	assert_int_equal(listen_open(text, &fd, &f), OK);
	(void)close(fd);
}

TEST(an_address_that_is_not_ours_is_refused_with_the_reason)
{
	int fd;

	assert_int_equal(listen_open("192.0.2.1:0", &fd, &f), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "192.0.2.1:0"));
}

/* In a process of its own, whose descriptor 3 is `fd`; how it ended. */
static int
inherit(int fd, const char *count, bool for_us)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		char text[24];
		int fds[2] = { -1, -1 };
		size_t n = 9;

		(void)snprintf(text, sizeof(text), "%ld",
		    (long)getpid() + (for_us ? 0 : 1));
		(void)setenv("LISTEN_PID", text, 1);
		(void)setenv("LISTEN_FDS", count, 1);
		if (fd != 3)
			(void)dup2(fd, 3);
		if (listen_inherited(fds, 2, &n, &f) != OK)
			_exit(40);
		_exit(n == 1 && fds[0] == 3 &&
		              (fcntl(3, F_GETFD) & FD_CLOEXEC) != 0
		          ? 1
		          : (int)n);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

TEST(sockets_of_systemd_are_taken_if_they_are_for_us_and_listen)
{
	int fd;

	assert_int_equal(listen_open("127.0.0.1:0", &fd, &f), OK);
	assert_int_equal(inherit(fd, "1", true), 1);
	assert_int_equal(inherit(fd, "1", false), 0);
	assert_int_equal(inherit(fd, "3", true), 40);
	assert_int_equal(inherit(fd, "x", true), 0);
	(void)close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(inherit(fd, "1", true), 40);
	(void)close(fd);
}

TEST(a_second_server_is_told_who_has_the_directory)
{
	struct arena *a = arena_new();
	char pid[32];
	int fd, other;

	assert_int_equal(lock_take(dir, &fd, &f), OK);
	assert_int_equal(lock_take(dir, &other, &f), ERR_BUSY);
	(void)snprintf(pid, sizeof(pid), "by pid %ld", (long)getpid());
	assert_non_null(strstr(f.detail, pid));
	assert_non_null(strstr(f.detail, dir));
	(void)close(fd);
	assert_int_equal(lock_take(dir, &fd, &f), OK);
	assert_null(holder_directory(dir, a));
	lock_tell(fd, "https://ca.internal:8443/acme/directory");
	assert_string_equal(holder_directory(dir, a),
	    "https://ca.internal:8443/acme/directory");
	lock_tell(fd, "https://ca/\033[2J");
	assert_null(holder_directory(dir, a));
	assert_int_equal(holder_of(dir), getpid());
	lock_tell(fd, "https://b.internal/acme/directory");
	(void)close(fd);
	assert_null(holder_directory(dir, a));
	assert_int_equal(holder_of(dir), 0);
	arena_free(a);
	assert_int_equal(lock_take("/nonexistent", &fd, &f), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "/nonexistent"));
}

TEST(a_ready_file_appears_whole_and_replaces_the_old_one)
{
	char path[64], link_[64], text[16] = { 0 };
	struct stat before, after;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/ready", dir);
	(void)snprintf(link_, sizeof(link_), "%s/old", dir);
	assert_int_equal(ready_file(path, "one\n", &f), OK);
	assert_int_equal(link(path, link_), 0);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0644);
	assert_int_equal(ready_file(path, "two\n", &f), OK);
	assert_int_equal(stat(path, &after), 0);
	/* Replaced, not written over: who reads the old one reads it all. */
	assert_true(before.st_ino != after.st_ino);
	fd = open(link_, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 4);
	assert_string_equal(text, "one\n");
	(void)close(fd);
	assert_int_equal(ready_file("/nonexistent/ready", "x", &f),
	    ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "/nonexistent/ready"));
	(void)unlink(path);
	(void)unlink(link_);
}

static void
hear(const struct sockaddr_un *sa, socklen_t len, const char *path)
{
	char text[64] = { 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)sa, len), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	ready_notify("READY=1");
	assert_int_equal(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), 7);
	assert_string_equal(text, "READY=1");
	ready_notify_reloading();
	assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 27);
	assert_memory_equal(text, "RELOADING=1\nMONOTONIC_USEC=", 27);
	(void)close(fd);
	ready_notify("READY=1"); /* nobody listens: no harm */
	(void)unsetenv("NOTIFY_SOCKET");
	ready_notify("READY=1");
}

TEST(systemd_hears_us_by_path_and_by_abstract_name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char name[64];
	size_t n;

	(void)snprintf(name, sizeof(name), "%s/notify", dir);
	n = strlen(name);
	memcpy(sa.sun_path, name, n);
	hear(&sa, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n),
	    name);
	(void)unlink(name);
	name[0] = '@';
	sa.sun_path[0] = '\0';
	hear(&sa, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n),
	    name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_busy_port_is_named_with_its_address,
		    setup),
		cmocka_unit_test_setup(
		    an_address_that_is_not_ours_is_refused_with_the_reason,
		    setup),
		cmocka_unit_test_setup(
		    sockets_of_systemd_are_taken_if_they_are_for_us_and_listen,
		    setup),
		cmocka_unit_test_setup(
		    a_second_server_is_told_who_has_the_directory, setup),
		cmocka_unit_test_setup(
		    a_ready_file_appears_whole_and_replaces_the_old_one, setup),
		cmocka_unit_test_setup(
		    systemd_hears_us_by_path_and_by_abstract_name, setup),
	};
	char lock[64];
	int rc;

	if (mkdtemp(dir) == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	(void)snprintf(lock, sizeof(lock), "%s/lock", dir);
	(void)unlink(lock);
	return rmdir(dir) != 0 ? 1 : rc;
}
