#include "challenges/dial_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union sockaddr_any {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t
read_address(const char *address, uint16_t port, union sockaddr_any *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, address, &out->in.sin_addr) == 1) {
		out->in.sin_family = AF_INET;
		out->in.sin_port = htons(port);
		return sizeof(out->in);
	}
	if (inet_pton(AF_INET6, address, &out->in6.sin6_addr) == 1) {
		out->in6.sin6_family = AF_INET6;
		out->in6.sin6_port = htons(port);
		return sizeof(out->in6);
	}
	return 0;
}

static void
stop(struct dial *d)
{
	timer_free(d->timer);
	watch_free(d->watch);
	d->timer = NULL;
	d->watch = NULL;
}

static void
settle(struct dial *d, int e)
{
	stop(d);
	d->sys_errno = e;
	d->end = e == 0 ? DIAL_OPEN : DIAL_FAILED;
	d->done(d->arg);
}

static void
too_late(void *arg)
{
	settle(arg, ETIMEDOUT);
}

static void
answered(void *arg, unsigned ready)
{
	struct dial *d = arg;
	socklen_t len = sizeof(int);
	int e = 0;

	(void)ready;
	if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &e, &len) != 0)
		e = errno;
	settle(d, e);
}

/* What was known at once is told from a timer. */
static void
told(void *arg)
{
	struct dial *d = arg;

	stop(d);
	d->done(d->arg);
}

/* 0 if it may take a while; else an errno. */
static int
begin(struct dial *d, const union sockaddr_any *to, socklen_t len)
{
	d->fd = socket(to->sa.sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0)
		return errno;
	if (connect(d->fd, &to->sa, len) != 0 && errno != EINPROGRESS)
		return errno;
	return 0;
}

void
dial_start(struct dial *d, const struct dial_plan *plan, dial_done *done,
    void *arg)
{
	union sockaddr_any to;
	socklen_t len = read_address(plan->address, plan->port, &to);

	*d = (struct dial){ .loop = plan->loop,
		.fd = -1,
		.end = DIAL_FAILED,
		.done = done,
		.arg = arg };
	/* A01-08 */
	if (address_allow(plan->policy, &to.sa, &d->fault) != OK)
		d->end = DIAL_FORBIDDEN;
	else
		d->sys_errno = begin(d, &to, len);
	if (d->end == DIAL_FORBIDDEN || d->sys_errno != 0) {
		d->timer = loop_after(d->loop, 0, told, d);
		return;
	}
	d->timer = loop_after(d->loop, plan->ms, too_late, d);
	d->watch = loop_watch(d->loop, d->fd, LOOP_WRITE, answered, d);
}

void
dial_close(struct dial *d)
{
	stop(d);
	if (d->loop != NULL && d->fd >= 0)
		(void)close(d->fd);
	d->fd = -1;
}
