/* Listening sockets: opened here, or by systemd. */
#include "server/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/config.h"

enum { FIRST_INHERITED = 3, BACKLOG = 4096 };

/* An address that was just in use may be bound again; a busy one may not. */
static bool
bind_and_listen(int fd, const struct sockaddr_storage *sa, socklen_t len)
{
	const int yes = 1, no = 0;

	if (sa->ss_family == AF_INET6 && /* [::] means every address */
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) != 0)
		return false;
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ==
	           0 &&
	       bind(fd, (const struct sockaddr *)sa, len) == 0 &&
	       listen(fd, BACKLOG) == 0;
}

enum err
listen_open(const char *host_port, int *fd, struct fault *f)
{
	struct sockaddr_storage sa;
	socklen_t len;
	enum err e;
	int s;

	TRY(config_address(host_port, &sa, &len, f));
	s = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s >= 0 && bind_and_listen(s, &sa, len)) {
		*fd = s;
		return OK;
	}
	e = fault(f, errno == EADDRINUSE ? ERR_BUSY : ERR_INTERNAL,
	    "cannot listen on %s: %s", host_port, strerrordesc_np(errno));
	if (s >= 0)
		(void)close(s);
	return e;
}

static bool
listens(int fd)
{
	int yes = 0, type = 0;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 &&
	       yes != 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_STREAM;
}

/* A number of the environment; -1 if it is not one. */
static long
env_number(const char *name)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the supervisor is one thread */
	const char *text = getenv(name);
	char *end;
	long n;

	if (text == NULL || *text == '\0')
		return -1;
	errno = 0;
	n = strtol(text, &end, 10);
	return errno != 0 || *end != '\0' ? -1 : n;
}

enum err
listen_inherited(int *fds, size_t most, size_t *n, struct fault *f)
{
	long count = env_number("LISTEN_FDS");
	bool ours = env_number("LISTEN_PID") == (long)getpid();

	*n = 0;
	if (!ours || count <= 0)
		return OK;
	if ((unsigned long)count > most)
		return fault(f, ERR_INTERNAL,
		    "systemd passed %ld sockets; at most %zu are of use", count,
		    most);
	for (int fd = FIRST_INHERITED; fd < FIRST_INHERITED + count; fd++) {
		int flags = fcntl(fd, F_GETFL);

		if (!listens(fd) || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
		    fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
			return fault(f, ERR_INTERNAL,
			    "descriptor %d that systemd passed is not a "
			    "listening stream socket",
			    fd);
		fds[(*n)++] = fd;
	}
	return OK;
}

uint16_t
listen_port(int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		return 0;
	if (sa.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&sa)->sin6_port);
	if (sa.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&sa)->sin_port);
	return 0;
}
