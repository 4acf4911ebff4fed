/*
 * One connection: from the handshake through its requests, one at a time, to
 * a close that does not cost the client its last reply.
 *
 * A plain client may end its side once it has asked; it still gets its reply.
 * Over TLS the end of the stream, announced or not, means that the client has
 * left: those that close half a TLS connection read nothing afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/log.h"
#include "http/server_int.h"
#include "http/tls_int.h"

enum {
	BUF_FIRST = 1024,
	REFUSAL_HEADERS = sizeof((struct http_refusal *)0)->headers /
	                  sizeof(struct http_header),
	HELD_MAX = 64 * 1024,     /* of later requests, while one is served */
	DISCARD_MAX = 256 * 1024, /* of what comes after a last reply */
};

static void
destroy(struct conn *c)
{
	struct lane *l = c->lane;

	if (c->evicted)
		server_evicted(l->server);
	deadline_free(c);
	lane_place(c, PLACE_NONE);
	bufferevent_free(c->bev);
	free(c->parse.buf);
	free(c);
	lane_left(l);
}

void
conn_gone(struct conn *c)
{
	struct request *r = c->req;

	c->req = NULL;
	c->state = CONN_GONE;
	if (!c->running)
		destroy(c);
	if (r != NULL)
		request_lost(r);
}

/* With a reset, so that the kernel does not go on sending for us. */
void
conn_cut(struct conn *c)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &now,
	    sizeof(now));
	conn_gone(c);
}

/* When there is nothing the client could miss. */
void
conn_close(struct conn *c)
{
	if (c->tls)
		tls_goodbye(c->bev);
	conn_gone(c);
}

/*
 * Closing while bytes from the client are unread, or still come, makes the
 * kernel send a reset, and that can overtake the reply.  So end our side
 * only, and read until the client ends its own.
 */
static void
linger(struct conn *c)
{
	if (c->tls)
		tls_goodbye(c->bev);
	(void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	c->state = CONN_LINGERING;
	lane_place(c, c->evicted ? PLACE_BUSY : PLACE_FRONT);
}

static void
discard(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t n = evbuffer_get_length(in);

	(void)evbuffer_drain(in, n);
	c->discarded += n;
	if (c->discarded <= DISCARD_MAX)
		return;
	if (c->state == CONN_LINGERING)
		conn_gone(c);
	else
		(void)bufferevent_disable(c->bev, EV_READ);
}

/* As one contiguous piece, which makes one write and one TLS record of it. */
static void
queue(struct conn *c, struct reply *r)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	struct evbuffer_iovec v;
	size_t len = reply_measure(r);

	if (evbuffer_reserve_space(out, (ev_ssize_t)len, &v, 1) != 1)
		abort();
	reply_write(r, v.iov_base);
	v.iov_len = len;
	if (evbuffer_commit_space(out, &v, 1) != 0)
		abort();
}

static void
send_reply(struct conn *c, struct reply *r)
{
	r->date = lane_date(c->lane);
	r->head_only = c->head_only;
	r->connection = c->last        ? REPLY_CLOSES
	                : c->parse.old ? REPLY_STAYS
	                               : REPLY_KEEPS;
	queue(c, r);
	free(c->parse.buf);
	c->parse.buf = NULL;
	c->state = CONN_REPLYING;
	lane_place(c, PLACE_BUSY);
}

/* What the lane says to a request that will not be answered. */
static struct reply
refusal(struct conn *c, int status, const char *why, struct arena *a)
{
	const struct http_lane *is = &c->lane->is;
	struct http_refusal f = {
		.status = status,
		.detail = why,
		.method = c->parse.method_read ? c->parse.buf : "",
		.arena = a,
		.body = "",
	};
	struct http_header *headers =
	    ARENA_ARRAY(a, struct http_header, REFUSAL_HEADERS);

	server_refused(c->lane->server);
	if (is->refuse != NULL)
		is->refuse(&f, is->arg);
	memcpy(headers, f.headers, sizeof(f.headers));
	c->last = true;
	c->head_only = strcmp(f.method, "HEAD") == 0;
	return (struct reply){
		.status = f.status,
		.headers = headers,
		.n_headers = f.n_headers,
		.body = f.body,
		.body_len = f.body_len,
	};
}

void
conn_refuse(struct conn *c, int status, const char *why)
{
	struct arena *a = arena_new();
	struct reply r = refusal(c, status, why, a);

	send_reply(c, &r);
	arena_free(a);
	deadline_refused(c);
}

/*
 * A client that speaks HTTP where TLS is expected can be told, in its own
 * language, before it leaves: OpenSSL has not read more than a few bytes.
 */
static void
refuse_plain(struct conn *c)
{
	char drop[16 * 1024], *text;
	int fd = bufferevent_getfd(c->bev);
	struct arena *a = arena_new();
	struct reply r = refusal(c, 400, "this port expects HTTPS", a);

	r.date = lane_date(c->lane);
	r.connection = REPLY_CLOSES;
	text = arena_alloc(a, reply_measure(&r), 1);
	reply_write(&r, text);
	(void)send(fd, text, r.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)recv(fd, drop, sizeof(drop), MSG_DONTWAIT);
	arena_free(a);
	conn_gone(c);
}

static void
grow(struct parse *p)
{
	p->cap = p->buf == NULL ? BUF_FIRST : p->cap * 2;
	if ((p->buf = realloc(p->buf, p->cap)) == NULL)
		abort();
}

static void
expect_request(struct conn *c)
{
	struct http_limits lim;

	server_limits(c->lane->server, &lim);
	c->parse.line_max = lim.line_bytes;
	c->parse.head_max = lim.header_bytes;
	c->parse.body_max = lim.body_bytes;
	grow(&c->parse);
	parse_start(&c->parse);
}

static void
body_follows(struct conn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (c->parse.expects &&
	    evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)
		(void)bufferevent_write(c->bev, go_on, sizeof(go_on) - 1);
}

static void
dispatch(struct conn *c)
{
	c->state = CONN_DISPATCH;
	c->fresh = false;
	lane_place(c, PLACE_BUSY);
	server_handled(c->lane->server);
	request_begin(c);
}

static void
feed(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer_iovec v;
	enum parse_next next;
	size_t used;

	if (c->parse.buf == NULL)
		expect_request(c);
	if (evbuffer_peek(in, -1, NULL, &v, 1) < 1)
		return;
	next = parse_feed(&c->parse, v.iov_base, v.iov_len, &used);
	(void)evbuffer_drain(in, used);
	if (c->state == CONN_IDLE && c->parse.begun) {
		c->state = CONN_READING;
		lane_place(c, PLACE_BACK);
	}
	switch (next) {
	case PARSE_MORE:
		break;
	case PARSE_ROOM:
		grow(&c->parse);
		break;
	case PARSE_HEAD:
		body_follows(c);
		break;
	case PARSE_DONE:
		dispatch(c);
		break;
	case PARSE_BAD:
		conn_refuse(c, c->parse.status, c->parse.why);
		break;
	}
}

/* Go as far as what has been received allows.  May free the connection. */
static void
conn_run(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	c->running = true;
	while ((c->state == CONN_IDLE || c->state == CONN_READING) &&
	       evbuffer_get_length(in) != 0)
		feed(c);
	if (c->eof && c->state == CONN_IDLE)
		conn_close(c);
	else if (c->eof && c->state == CONN_READING)
		conn_refuse(c, 400, "the request ends in the middle");
	c->running = false;

	if (c->state == CONN_GONE) {
		destroy(c);
		return;
	}
	deadline_set(c);
	if (c->state >= CONN_REPLYING && c->last) {
		discard(c);
	} else if (!c->held && evbuffer_get_length(in) > HELD_MAX) {
		c->held = true;
		(void)bufferevent_disable(c->bev, EV_READ);
	}
}

/* The reply was taken. */
static void
flushed(struct conn *c)
{
	deadline_met(c);
	if (!c->last && !c->lane->draining) {
		c->state = CONN_IDLE;
		lane_place(c, PLACE_BACK);
	} else if (c->eof) {
		conn_gone(c);
		return;
	} else {
		c->last = true;
		linger(c);
	}
	if (c->held) {
		c->held = false;
		(void)bufferevent_enable(c->bev, EV_READ);
	}
	conn_run(c);
}

static void
can_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	conn_run(arg);
}

static void
was_written(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	if (c->state == CONN_REPLYING &&
	    evbuffer_get_length(bufferevent_get_output(bev)) == 0)
		flushed(c);
}

static void
handshake_failed(struct conn *c)
{
	bool plain;
	const char *why = tls_reason(c->bev, &plain);

	log_debug("http.handshake_failed", "peer=%s why=\"%s\"", c->peer, why);
	if (plain)
		refuse_plain(c);
	else
		conn_gone(c);
}

static void
happened(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	if (what & BEV_EVENT_CONNECTED) {
		c->state = CONN_IDLE;
		conn_run(c);
	} else if (what == (BEV_EVENT_EOF | BEV_EVENT_READING) && !c->tls &&
	           c->state != CONN_LINGERING) {
		c->eof = true;
		conn_run(c);
	} else if (c->state == CONN_HANDSHAKE) {
		handshake_failed(c);
	} else if (what & BEV_EVENT_ERROR) {
		conn_gone(c);
	} else
		conn_close(c);
}

void
conn_open(struct lane *l, int fd, const char *peer)
{
	struct tls *tls = server_tls(l->server);
	struct event_base *base = loop_base(l->is.loop);
	struct bufferevent *bev;
	struct conn *c;

	bev = tls != NULL
	          ? tls_accept(tls, base, fd)
	          : bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL) {
		(void)close(fd);
		server_refused(l->server);
		lane_left(l);
		return;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		abort();
	c->lane = l;
	c->bev = bev;
	c->tls = tls != NULL;
	c->state = c->tls ? CONN_HANDSHAKE : CONN_IDLE;
	c->fresh = true;
	(void)snprintf(c->peer, sizeof(c->peer), "%s", peer);
	lane_place(c, PLACE_BACK);
	bufferevent_setcb(bev, can_read, was_written, happened, c);
	if (bufferevent_enable(bev, EV_READ | EV_WRITE) != 0)
		abort();
	deadline_set(c);
}

void
conn_evict(struct conn *c)
{
	if (c->state == CONN_READING)
		conn_refuse(c, 503, "too many connections");
	else
		conn_close(c);
}

bool
conn_is_stirring(const struct conn *c)
{
	char byte;

	return c->state <= CONN_IDLE &&
	       (evbuffer_get_length(bufferevent_get_input(c->bev)) != 0 ||
	           recv(bufferevent_getfd(c->bev), &byte, 1,
	               MSG_PEEK | MSG_DONTWAIT) > 0);
}

void
conn_drain(struct conn *c)
{
	if (c->state == CONN_IDLE && !c->fresh && !conn_is_stirring(c)) {
		conn_close(c);
	} else if (c->state <= CONN_IDLE) {
		deadline_renew(c); /* it has less time now */
	}
}

void
conn_answer(struct conn *c, struct reply *r)
{
	bool more =
	    !c->eof || evbuffer_get_length(bufferevent_get_input(c->bev)) != 0;

	c->req = NULL;
	c->last = !c->parse.keep || c->lane->draining || !more;
	send_reply(c, r);
	if (!c->running)
		conn_run(c);
}

void
conn_dropped(struct conn *c)
{
	c->req = NULL;
	conn_close(c);
}
