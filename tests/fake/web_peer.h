/* tests/fake/web_peer.h: a web server on loopback with any manners. */
#ifndef TESTS_FAKE_WEB_PEER_H
#define TESTS_FAKE_WEB_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"

struct web_conn {
	struct web_conn *next;
	struct web_peer *peer;
	struct watch *watch;
	struct timer *timer;
	int fd;
	char request[4096];
	size_t len;
	char path[2100], host[300];
	bool served;
};

/* Answer the request in c->path, for c->host; or do not. */
typedef void web_serve(void *arg, struct web_conn *c);

struct web_peer {
	struct loop *loop;
	web_serve *serve;
	void *arg;
	int fd;
	uint16_t port;
	struct watch *watch;
	struct web_conn *conns;
	unsigned served;
};

static inline void
web_close(struct web_conn *c)
{
	watch_free(c->watch);
	timer_free(c->timer);
	c->watch = NULL;
	c->timer = NULL;
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
}

static inline void
web_send(struct web_conn *c, const char *fmt, ...)
{
	char buf[8192];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(buf))
		abort();
	(void)send(c->fd, buf, (size_t)n, MSG_NOSIGNAL);
}

/* A whole answer, then the end of the connection. */
static inline void
web_answer(struct web_conn *c, int status, const char *headers,
    const char *body)
{
	web_send(c, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n%s", status,
	    headers, strlen(body), body);
	web_close(c);
}

static inline void
web_reset(struct web_conn *c)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	web_close(c);
}

static inline void
web_trickle(void *arg)
{
	struct web_conn *c = arg;

	timer_free(c->timer);
	c->timer = NULL;
	if (send(c->fd, "x", 1, MSG_NOSIGNAL) == 1)
		c->timer = loop_after(c->peer->loop, 20, web_trickle, c);
}

static inline void
web_gush(void *arg, unsigned ready)
{
	static const char block[4096] = { 'x' };
	struct web_conn *c = arg;

	(void)ready;
	if (send(c->fd, block, sizeof(block), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		web_close(c);
}

/* A body without end, as fast as it is taken. */
static inline void
web_endless(struct web_conn *c)
{
	web_send(c, "HTTP/1.1 200 OK\r\n\r\n");
	watch_free(c->watch);
	c->watch = loop_watch(c->peer->loop, c->fd, LOOP_WRITE, web_gush, c);
}

static inline void
web_conn_ready(void *arg, unsigned ready)
{
	struct web_conn *c = arg;
	const char *host;
	ssize_t n = recv(c->fd, c->request + c->len,
	    sizeof(c->request) - 1 - c->len, 0);

	(void)ready;
	if (n <= 0) {
		web_close(c);
		return;
	}
	c->len += (size_t)n;
	c->request[c->len] = '\0';
	if (c->served || strstr(c->request, "\r\n\r\n") == NULL)
		return;
	c->served = true;
	(void)sscanf(c->request, "GET %2047s", c->path);
	if ((host = strstr(c->request, "\r\nHost: ")) != NULL)
		(void)sscanf(host + 8, "%255s", c->host);
	c->peer->served++;
	c->peer->serve(c->peer->arg, c);
}

static inline void
web_accept(void *arg, unsigned ready)
{
	struct web_peer *s = arg;
	struct web_conn *c = calloc(1, sizeof(*c));

	(void)ready;
	c->peer = s;
	c->fd = accept(s->fd, NULL, NULL);
	c->next = s->conns;
	s->conns = c;
	if (c->fd >= 0)
		c->watch =
		    loop_watch(s->loop, c->fd, LOOP_READ, web_conn_ready, c);
}

/* On 127.0.0.1, or on ::1 with a port of its own choice or the given one. */
static inline void
web_peer_start(struct web_peer *s, struct loop *l, bool v6, uint16_t port,
    web_serve *serve, void *arg)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = in6addr_loopback };
	struct sockaddr *sa = v6 ? (void *)&a6 : (void *)&a4;
	socklen_t len = v6 ? sizeof(a6) : sizeof(a4);
	int on = 1;

	memset(s, 0, sizeof(*s));
	s->loop = l;
	s->serve = serve;
	s->arg = arg;
	a4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (v6)
		(void)setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
		    sizeof(on));
	if (bind(s->fd, sa, len) != 0 || getsockname(s->fd, sa, &len) != 0 ||
	    listen(s->fd, 1024) != 0)
		abort();
	s->port = ntohs(v6 ? a6.sin6_port : a4.sin_port);
	s->watch = loop_watch(l, s->fd, LOOP_READ, web_accept, s);
}

static inline void
web_peer_stop(struct web_peer *s)
{
	struct web_conn *c;

	watch_free(s->watch);
	(void)close(s->fd);
	while ((c = s->conns) != NULL) {
		s->conns = c->next;
		web_close(c);
		free(c);
	}
}

#endif
