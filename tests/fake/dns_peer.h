/* tests/fake/dns_peer.h: a DNS server on loopback that says what a test likes. */
#ifndef TESTS_FAKE_DNS_PEER_H
#define TESTS_FAKE_DNS_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"

struct dns_reply {
	uint8_t buf[65535];
	size_t len;
	unsigned rcode, answers;
	bool silent, truncated;
};

/* Fill in the reply to one question. */
typedef void dns_serve(void *arg, const char *name, unsigned type, bool tcp,
    struct dns_reply *r);

enum { DNS_PEER_CONNS = 64 };
struct dns_peer {
	struct loop *loop;
	dns_serve *serve;
	void *arg;
	int udp, tcp;
	uint16_t port;
	char text[32]; /* "127.0.0.1:PORT", for a configuration */
	struct watch *watch_udp, *watch_tcp;
	struct dns_peer_conn {
		struct dns_peer *peer;
		struct watch *watch;
		int fd;
	} conns[DNS_PEER_CONNS];
	unsigned asked, asked_tcp;
	unsigned edns_size; /* of the last question; 0: none said */
	uint16_t from_port; /* of the last one by UDP */
};

static inline void
dns_put16(struct dns_reply *r, unsigned v)
{
	r->buf[r->len++] = (uint8_t)(v >> 8);
	r->buf[r->len++] = (uint8_t)v;
}

static inline void
dns_put_name(struct dns_reply *r, const char *name)
{
	while (*name != '\0') {
		size_t n = strcspn(name, ".");

		r->buf[r->len++] = (uint8_t)n;
		memcpy(r->buf + r->len, name, n);
		r->len += n;
		name += n + (name[n] == '.');
	}
	r->buf[r->len++] = 0;
}

static inline void
dns_put_rr(struct dns_reply *r, const char *owner, unsigned type,
    const void *data, size_t len)
{
	dns_put_name(r, owner);
	dns_put16(r, type);
	dns_put16(r, 1);
	dns_put16(r, 0);
	dns_put16(r, 60);
	dns_put16(r, (unsigned)len);
	memcpy(r->buf + r->len, data, len);
	r->len += len;
	r->answers++;
}

static inline void
dns_put_address(struct dns_reply *r, const char *owner, const char *text)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		dns_put_rr(r, owner, 1, bytes, 4);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		dns_put_rr(r, owner, 28, bytes, 16);
	else
		abort();
}

static inline void
dns_put_cname(struct dns_reply *r, const char *owner, const char *target)
{
	struct dns_reply *name = calloc(1, sizeof(*name));

	dns_put_name(name, target);
	dns_put_rr(r, owner, 5, name->buf, name->len);
	free(name);
}

/* One record, its text cut into strings of `piece` bytes. */
static inline void
dns_put_txt(struct dns_reply *r, const char *owner, const char *text,
    size_t piece)
{
	uint8_t data[4096];
	size_t left = strlen(text), n, len = 0;

	do {
		n = left < piece ? left : piece;
		data[len++] = (uint8_t)n;
		memcpy(data + len, text, n);
		len += n;
		text += n;
		left -= n;
	} while (left > 0);
	dns_put_rr(r, owner, 16, data, len);
}

/* Turn a query into its reply; false if there is to be none. */
static inline bool
dns_peer_answer(struct dns_peer *s, const uint8_t *query, size_t len, bool tcp,
    struct dns_reply *r)
{
	char name[256] = "";
	size_t at = 12;
	unsigned type;

	s->asked++;
	s->asked_tcp += tcp;
	while (at < len && query[at] != 0) {
		(void)snprintf(name + strlen(name), sizeof(name) - strlen(name),
		    "%s%.*s", name[0] ? "." : "", (int)query[at],
		    (const char *)query + at + 1);
		at += query[at] + 1U;
	}
	type = (unsigned)query[at + 1] << 8 | query[at + 2];
	s->edns_size = 0; /* RFC 6891: no name, type 41, the size as class */
	if (at + 10 <= len && query[at + 5] == 0 && query[at + 7] == 41)
		s->edns_size = (unsigned)query[at + 8] << 8 | query[at + 9];
	memcpy(r->buf, query, at + 5);
	r->len = at + 5;
	s->serve(s->arg, name, type, tcp, r);
	r->buf[2] = (uint8_t)(0x81 | (r->truncated ? 0x02 : 0));
	r->buf[3] = (uint8_t)(0x80 | r->rcode);
	r->buf[4] = 0, r->buf[5] = 1;
	r->buf[6] = (uint8_t)(r->answers >> 8);
	r->buf[7] = (uint8_t)r->answers;
	memset(r->buf + 8, 0, 4);
	return !r->silent;
}

static inline void
dns_peer_udp(void *arg, unsigned ready)
{
	struct dns_peer *s = arg;
	struct dns_reply *r = calloc(1, sizeof(*r));
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	uint8_t query[512];
	ssize_t n;

	(void)ready;
	n = recvfrom(s->udp, query, sizeof(query), 0, (struct sockaddr *)&from,
	    &from_len);
	s->from_port = ntohs(from.sin_port);
	if (n > 12 && dns_peer_answer(s, query, (size_t)n, false, r))
		(void)sendto(s->udp, r->buf, r->len, 0,
		    (struct sockaddr *)&from, from_len);
	free(r);
}

static inline void
dns_peer_conn_ready(void *arg, unsigned ready)
{
	struct dns_peer_conn *c = arg;
	struct dns_reply *r = calloc(1, sizeof(*r));
	uint8_t query[514], prefix[2];
	ssize_t n = recv(c->fd, query, sizeof(query), 0);

	(void)ready;
	if (n > 14 &&
	    dns_peer_answer(c->peer, query + 2, (size_t)n - 2, true, r)) {
		prefix[0] = (uint8_t)(r->len >> 8);
		prefix[1] = (uint8_t)r->len;
		(void)send(c->fd, prefix, 2, MSG_NOSIGNAL);
		(void)send(c->fd, r->buf, r->len, MSG_NOSIGNAL);
	}
	free(r);
	watch_free(c->watch);
	(void)close(c->fd);
	c->watch = NULL;
}

static inline void
dns_peer_tcp(void *arg, unsigned ready)
{
	struct dns_peer *s = arg;
	int fd = accept(s->tcp, NULL, NULL);

	(void)ready;
	for (size_t i = 0; i < DNS_PEER_CONNS; i++) {
		struct dns_peer_conn *c = &s->conns[i];

		if (c->watch != NULL)
			continue;
		c->peer = s;
		c->fd = fd;
		c->watch =
		    loop_watch(s->loop, fd, LOOP_READ, dns_peer_conn_ready, c);
		return;
	}
	(void)close(fd);
}

static inline void
dns_peer_start(struct dns_peer *s, struct loop *l, dns_serve *serve, void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	memset(s, 0, sizeof(*s));
	s->loop = l;
	s->serve = serve;
	s->arg = arg;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->tcp, (struct sockaddr *)&a, len) != 0 ||
	    getsockname(s->tcp, (struct sockaddr *)&a, &len) != 0 ||
	    bind(s->udp, (struct sockaddr *)&a, len) != 0 ||
	    listen(s->tcp, 64) != 0)
		abort();
	s->port = ntohs(a.sin_port);
	(void)snprintf(s->text, sizeof(s->text), "127.0.0.1:%u", s->port);
	s->watch_udp = loop_watch(l, s->udp, LOOP_READ, dns_peer_udp, s);
	s->watch_tcp = loop_watch(l, s->tcp, LOOP_READ, dns_peer_tcp, s);
}

static inline void
dns_peer_stop(struct dns_peer *s)
{
	watch_free(s->watch_udp);
	watch_free(s->watch_tcp);
	for (size_t i = 0; i < DNS_PEER_CONNS; i++)
		if (s->conns[i].watch != NULL) {
			watch_free(s->conns[i].watch);
			(void)close(s->conns[i].fd);
		}
	(void)close(s->udp);
	(void)close(s->tcp);
}

#endif
