/* The ready file, and systemd's notification socket. */
#include "server/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static enum err
failed(const char *path, struct fault *f)
{
	return fault(f, ERR_INTERNAL, "%s: %s", path, strerrordesc_np(errno));
}

enum err
ready_file(const char *path, const char *text, struct fault *f)
{
	char temp[PATH_MAX];
	size_t len = strlen(text);
	ssize_t n;
	int fd;

	if (snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >=
	    (int)sizeof(temp))
		return fault(f, ERR_INTERNAL, "%s: path too long", path);
	if ((fd = mkostemp(temp, O_CLOEXEC)) < 0)
		return failed(path, f);
	n = write(fd, text, len);
	if (n >= 0 && (size_t)n != len)
		errno = ENOSPC;
	if (n < 0 || (size_t)n != len || fchmod(fd, 0644) != 0 ||
	    rename(temp, path) != 0) {
		enum err e = failed(path, f);

		(void)close(fd);
		(void)unlink(temp);
		return e;
	}
	(void)close(fd);
	return OK;
}

void
ready_notify(const char *state)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the supervisor is one thread */
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    (len = strlen(path)) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@') /* the abstract name space */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (const struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)close(fd);
}

void
ready_notify_reloading(void)
{
	char text[80];
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	ready_notify(text);
}
