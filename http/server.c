/*
 * The listening socket and what the lanes have in common.
 *
 * `holds` counts why the server must stay: one for accepting, one for each
 * connection, one for each message to a lane.  When a drain brings it to zero,
 * and only then, `done` runs; so a lane touches the server only while it has
 * a hold.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "http/server_int.h"
#include "http/tls_int.h"
#include "http/tls_ticket_int.h"

enum {
	QUEUE_MAX = 8192, /* of a listening socket, about */
	ACCEPTS_MAX = 64, /* in a row, before others get a turn */
	PAUSE_MS = 50,    /* when there is no room or no descriptor */
	QUIET_MS = 60000, /* between two lines about that */
};

struct http_server {
	struct tls *tls; /* NULL: plain */
	pthread_mutex_t lock;
	struct http_limits limits; /* under `lock` */
	_Atomic unsigned holds, connections, evicting;
	atomic_ullong accepted, refused, requests;

	/* Lane 0's. */
	int fd;              /* a duplicate: closed as soon as accepting ends */
	_Atomic bool opened; /* lane 0 has been told to accept */
	struct watch *watch; /* NULL before that, and in a pause */
	struct timer *pause;
	struct timer *rotate; /* of ticket keys; NULL: plain */
	bool draining;
	int64_t complained;
	loop_fn *done;
	void *done_arg;

	size_t n_lanes;
	struct lane lanes[];
};

struct newcomer {
	struct lane *lane;
	int fd;
	char peer[PEER_TEXT];
};

static void accept_queued(struct http_server *s);

void
server_limits(struct http_server *s, struct http_limits *out)
{
	(void)pthread_mutex_lock(&s->lock);
	*out = s->limits;
	(void)pthread_mutex_unlock(&s->lock);
}

void
server_refused(struct http_server *s)
{
	(void)atomic_fetch_add(&s->refused, 1);
}

void
server_handled(struct http_server *s)
{
	(void)atomic_fetch_add(&s->requests, 1);
}

struct tls *
server_tls(const struct http_server *s)
{
	return s->tls;
}

static void
drained(void *arg)
{
	struct http_server *s = arg;

	s->done(s->done_arg); /* may free s */
}

void
server_hold(struct http_server *s)
{
	(void)atomic_fetch_add(&s->holds, 1);
}

void
server_release(struct http_server *s)
{
	struct loop *first = s->lanes[0].is.loop;

	/* Accepting has a hold until a drain, so this is the drain's end. */
	if (atomic_fetch_sub(&s->holds, 1) == 1)
		loop_post(first, drained, s);
}

void
server_evicted(struct http_server *s)
{
	(void)atomic_fetch_sub(&s->evicting, 1);
	server_release(s);
}

void
server_left(struct http_server *s)
{
	(void)atomic_fetch_sub(&s->connections, 1);
	server_release(s);
}

/* Run `fn` on the lane's loop; `arg` has a hold. */
static void
lane_tell(struct lane *l, loop_fn *fn, void *arg)
{
	struct http_server *s = l->server;

	server_hold(s);
	if (l == &s->lanes[0])
		fn(arg);
	else
		loop_post(l->is.loop, fn, arg);
}

/* The lane that has the idlest connection of all, or NULL if none is idle. */
static struct lane *
idlest(struct http_server *s)
{
	int64_t least = lane_clock() - YOUNG_MS;
	struct lane *from = NULL;

	for (size_t i = 0; i < s->n_lanes; i++) {
		int64_t since = atomic_load(&s->lanes[i].idlest);

		if (since <= least) {
			least = since;
			from = &s->lanes[i];
		}
	}
	return from;
}

static void
evict(struct http_server *s)
{
	struct lane *from = idlest(s);

	if (from != NULL) {
		(void)atomic_fetch_add(&s->evicting, 1);
		lane_tell(from, lane_evict, from);
	}
}

static void
complain(struct http_server *s, const char *what, int error)
{
	int64_t now = lane_clock();

	if (s->complained != 0 && now - s->complained < QUIET_MS)
		return;
	s->complained = now;
	log_warn("http.accept_paused", "why=\"%s%s%s\" connections=%u", what,
	    error != 0 ? ": " : "", error != 0 ? strerrordesc_np(error) : "",
	    atomic_load(&s->connections));
}

static void
can_accept(void *arg, unsigned ready)
{
	(void)ready;
	accept_queued(arg);
}

static void
pause_over(void *arg)
{
	struct http_server *s = arg;

	timer_free(s->pause);
	s->pause = NULL;
	s->watch =
	    loop_watch(s->lanes[0].is.loop, s->fd, LOOP_READ, can_accept, s);
	accept_queued(s);
}

/* Who is queued stays queued: never spin, and turn nobody away. */
static void
accept_pause(struct http_server *s)
{
	watch_free(s->watch);
	s->watch = NULL;
	if (s->pause == NULL)
		s->pause =
		    loop_after(s->lanes[0].is.loop, PAUSE_MS, pause_over, s);
}

static void
accept_end(struct http_server *s)
{
	watch_free(s->watch);
	s->watch = NULL;
	timer_free(s->pause);
	s->pause = NULL;
	timer_free(s->rotate);
	s->rotate = NULL;
	(void)close(s->fd);
	s->fd = -1;
	server_release(s);
}

static void
peer_text(const struct sockaddr_storage *ss, char out[PEER_TEXT])
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	const unsigned char *bytes = in6->sin6_addr.s6_addr;

	out[0] = '\0';
	if (ss->ss_family == AF_INET)
		(void)inet_ntop(AF_INET, &in4->sin_addr, out, PEER_TEXT);
	else if (ss->ss_family == AF_INET6 &&
	         IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		(void)inet_ntop(AF_INET, bytes + 12, out, PEER_TEXT);
	else if (ss->ss_family == AF_INET6)
		(void)inet_ntop(AF_INET6, bytes, out, PEER_TEXT);
}

static void
welcome(void *arg)
{
	struct newcomer *n = arg;
	struct lane *l = n->lane;

	conn_open(l, n->fd, n->peer);
	free(n);
	server_release(l->server);
}

static void
hand_over(struct http_server *s, int fd, const struct sockaddr_storage *ss)
{
	struct newcomer *n = calloc(1, sizeof(*n));
	struct lane *l = &s->lanes[0];
	int on = 1;

	if (n == NULL)
		abort();
	for (size_t i = 1; i < s->n_lanes; i++)
		if (atomic_load(&s->lanes[i].connections) <
		    atomic_load(&l->connections))
			l = &s->lanes[i];

	/* A reply is one write: nothing to gain from waiting for more. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	n->lane = l;
	n->fd = fd;
	peer_text(ss, n->peer);
	(void)atomic_fetch_add(&s->accepted, 1);
	(void)atomic_fetch_add(&s->connections, 1);
	(void)atomic_fetch_add(&l->connections, 1);
	server_hold(s); /* the connection's */
	lane_tell(l, welcome, n);
}

/* How many connections there are beyond those that may be. */
static unsigned
excess(struct http_server *s, unsigned newcomers)
{
	unsigned now = atomic_load(&s->connections) + newcomers;
	unsigned leaving = atomic_load(&s->evicting);
	struct http_limits lim;

	server_limits(s, &lim);
	if (lim.connections == 0)
		lim.connections = 1;
	return now > lim.connections + leaving ? now - lim.connections - leaving
	                                       : 0;
}

/* Failures of one connection, which is gone (accept(2)). */
static bool
is_passing(int error)
{
	static const int passing[] = { EINTR, ECONNABORTED, EPERM, EPROTO,
		ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
		EOPNOTSUPP, ENETUNREACH };

	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		if (error == passing[i])
			return true;
	return false;
}

static void
accept_queued(struct http_server *s)
{
	unsigned most = s->draining ? QUEUE_MAX : ACCEPTS_MAX;

	for (unsigned i = 0; i < most; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		int fd;

		if (!s->draining && excess(s, 1) != 0 && idlest(s) == NULL) {
			complain(s, "too many busy connections", 0);
			accept_pause(s);
			return;
		}
		fd = accept4(s->fd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			hand_over(s, fd, &ss);
			/* Two, lest what once failed to go stays for ever. */
			for (int n = 0; n < 2 && !s->draining; n++)
				if (excess(s, 0) != 0)
					evict(s);
		} else if (errno == EAGAIN) {
			if (s->draining)
				accept_end(s);
			return;
		} else if (!is_passing(errno)) {
			complain(s, "cannot accept", errno);
			evict(s);
			accept_pause(s);
			return;
		}
	}
}

/* Also without a client to see it: a key that is old is to be forgotten. */
static void
rotate(void *arg)
{
	struct http_server *s = arg;

	if (s->rotate != NULL)
		tls_rotate(s->tls);
	timer_free(s->rotate);
	s->rotate =
	    loop_after(s->lanes[0].is.loop, TICKETS_ROTATE_MS, rotate, s);
}

/* From the first certificate on: until then, who comes stays queued. */
static void
open_up(void *arg)
{
	struct http_server *s = arg;

	if (s->watch == NULL && s->pause == NULL && s->fd >= 0 && !s->draining)
		s->watch = loop_watch(s->lanes[0].is.loop, s->fd, LOOP_READ,
		    can_accept, s);
	if (s->tls != NULL && !s->draining)
		rotate(s);
	server_release(s); /* the hold that open_begin() took */
}

static void
open_begin(struct http_server *s)
{
	if (atomic_exchange(&s->opened, true))
		return;
	server_hold(s);
	loop_post(s->lanes[0].is.loop, open_up, s);
}

struct http_server *
http_server_new(const struct http_config *config)
{
	struct http_server *s;
	int flags;

	s = calloc(1, sizeof(*s) + config->n_lanes * sizeof(s->lanes[0]));
	if (s == NULL || pthread_mutex_init(&s->lock, NULL) != 0)
		abort();
	s->tls = config->plain ? NULL : tls_new();
	s->limits = config->limits;
	s->holds = 1; /* accepting */
	s->n_lanes = config->n_lanes;
	for (size_t i = 0; i < s->n_lanes; i++)
		lane_start(&s->lanes[i], s, &config->lanes[i]);

	/* Writing to a client that has left is an error, not a death. */
	(void)signal(SIGPIPE, SIG_IGN);
	s->fd = fcntl(config->listen_fd, F_DUPFD_CLOEXEC, 0);
	if (s->fd < 0 || (flags = fcntl(s->fd, F_GETFL)) < 0 ||
	    fcntl(s->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		abort();
	if (config->plain)
		open_begin(s);
	return s;
}

enum err
http_tls_set(struct http_server *s, const char *chain, const char *key,
    struct fault *f)
{
	if (s->tls == NULL)
		return fault(f, ERR_INTERNAL, "this listener is plain");
	TRY(tls_set(s->tls, chain, key, f));
	open_begin(s);
	return OK;
}

void
http_limits_set(struct http_server *s, const struct http_limits *lim)
{
	(void)pthread_mutex_lock(&s->lock);
	s->limits = *lim;
	(void)pthread_mutex_unlock(&s->lock);
}

void
http_stat(struct http_server *s, struct http_stat *out)
{
	out->connections = atomic_load(&s->connections);
	out->accepted = atomic_load(&s->accepted);
	out->refused = atomic_load(&s->refused);
	out->requests = atomic_load(&s->requests);
}

void
http_drain(struct http_server *s, loop_fn *done, void *arg)
{
	s->draining = true;
	s->done = done;
	s->done_arg = arg;
	server_hold(s); /* until all are told */
	if (s->pause == NULL)
		accept_queued(s);
	for (size_t i = 0; i < s->n_lanes; i++)
		lane_tell(&s->lanes[i], lane_drain, &s->lanes[i]);
	server_release(s);
}

void
http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	server_hold(s); /* not drained by this */
	for (size_t i = 0; i < s->n_lanes; i++)
		lane_close(&s->lanes[i]);
	watch_free(s->watch);
	timer_free(s->pause);
	timer_free(s->rotate);
	if (s->fd >= 0)
		(void)close(s->fd);
	tls_free(s->tls);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}
