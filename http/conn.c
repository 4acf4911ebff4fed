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
	stream_close(&c->stream);
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

	(void)setsockopt(c->stream.fd, SOL_SOCKET, SO_LINGER, &now,
	    sizeof(now));
	conn_gone(c);
}

/* When there is nothing the client could miss. */
void
conn_close(struct conn *c)
{
	if (c->tls)
		tls_goodbye(c->stream.tls);
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
		tls_goodbye(c->stream.tls);
	(void)shutdown(c->stream.fd, SHUT_WR);
	c->state = CONN_LINGERING;
	lane_place(c, c->evicted ? PLACE_BUSY : PLACE_FRONT);
}

static size_t
unused(const struct conn *c)
{
	size_t len;

	(void)stream_bytes(&c->stream, &len);
	return len;
}

static void
discard(struct conn *c)
{
	size_t n = unused(c);

	stream_used(&c->stream, n);
	c->discarded += n;
	if (c->discarded <= DISCARD_MAX)
		return;
	if (c->state == CONN_LINGERING)
		conn_gone(c);
	else
		stream_hold(&c->stream);
}

/* As one contiguous piece, which makes one write and one TLS record of it. */
static void
say(struct conn *c, struct reply *r)
{
	size_t len = reply_measure(r);
	char *text = malloc(len);

	if (text == NULL)
		abort();
	reply_write(r, text);
	stream_send(&c->stream, text, len);
	free(text);
}

static void
send_reply(struct conn *c, struct reply *r)
{
	r->date = lane_date(c->lane);
	r->head_only = c->head_only;
	r->connection = c->last        ? REPLY_CLOSES
	                : c->parse.old ? REPLY_STAYS
	                               : REPLY_KEEPS;
	say(c, r);
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
	if (!c->running)
		stream_yield(&c->stream); /* and go on from there */
}

/*
 * A client that speaks HTTP where TLS is expected can be told, in its own
 * language, before it leaves: OpenSSL has not read more than a few bytes.
 */
static void
refuse_plain(struct conn *c)
{
	char drop[16 * 1024], *text;
	int fd = c->stream.fd;
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

	if (c->parse.expects && unused(c) == 0)
		stream_send(&c->stream, go_on, sizeof(go_on) - 1);
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
	const char *bytes;
	enum parse_next next;
	size_t len, used;

	if (c->parse.buf == NULL)
		expect_request(c);
	bytes = stream_bytes(&c->stream, &len);
	next = parse_feed(&c->parse, bytes, len, &used);
	stream_used(&c->stream, used);
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

/* The reply was taken. */
static void
flushed(struct conn *c)
{
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
	deadline_met(c);
	if (c->held) {
		c->held = false;
		stream_release(&c->stream);
	}
}

/* Whoever has asked for more already lets others have their turn. */
static bool
is_flushed(struct conn *c)
{
	if (c->state != CONN_REPLYING || !stream_is_taken(&c->stream))
		return false;
	if (c->last || unused(c) == 0)
		return true;
	stream_yield(&c->stream);
	return false;
}

/* Go as far as what has been received allows.  May free the connection. */
static void
conn_run(struct conn *c, bool taken)
{
	c->running = true;
	if (taken && c->state == CONN_REPLYING)
		flushed(c);
	while ((c->state == CONN_IDLE || c->state == CONN_READING) &&
	       unused(c) != 0)
		feed(c);
	if (c->eof && c->state == CONN_READING)
		conn_refuse(c, 400, "the request ends in the middle");
	if (is_flushed(c))
		flushed(c);
	if (c->eof && c->state == CONN_IDLE)
		conn_close(c);
	c->running = false;

	if (c->state == CONN_GONE) {
		destroy(c);
		return;
	}
	deadline_set(c);
	if (c->state >= CONN_REPLYING && c->last) {
		discard(c);
	} else if (!c->held && unused(c) > HELD_MAX) {
		c->held = true;
		stream_hold(&c->stream);
	}
}

static void
handshake_failed(struct conn *c)
{
	bool plain;
	const char *why = tls_reason(c->stream.error, &plain);

	log_debug("http.handshake_failed", "peer=%s why=\"%s\"", c->peer, why);
	if (plain)
		refuse_plain(c);
	else
		conn_gone(c);
}

static void
ended(struct conn *c)
{
	if (c->tls || c->state == CONN_LINGERING) {
		conn_close(c);
		return;
	}
	c->eof = true;
	conn_run(c, false);
}

static void
happened(void *arg, enum stream_event what)
{
	struct conn *c = arg;

	switch (what) {
	case STREAM_SHAKEN:
		c->state = CONN_IDLE;
		conn_run(c, false);
		break;
	case STREAM_CAME:
	case STREAM_TAKEN:
		conn_run(c, what == STREAM_TAKEN);
		break;
	case STREAM_ENDED:
		ended(c);
		break;
	case STREAM_LOST:
		if (c->state == CONN_HANDSHAKE)
			handshake_failed(c);
		else
			conn_gone(c);
		break;
	}
}

void
conn_open(struct lane *l, int fd, const char *peer)
{
	struct tls *tls = server_tls(l->server);
	struct ssl_st *ssl = NULL;
	struct conn *c;

	if (tls != NULL && (ssl = tls_accept(tls, fd)) == NULL) {
		(void)close(fd);
		server_refused(l->server);
		lane_left(l);
		return;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		abort();
	c->lane = l;
	c->tls = tls != NULL;
	c->state = c->tls ? CONN_HANDSHAKE : CONN_IDLE;
	c->fresh = true;
	(void)snprintf(c->peer, sizeof(c->peer), "%s", peer);
	lane_place(c, PLACE_BACK);
	c->stream =
	    (struct stream){ .loop = l->is.loop, .fn = happened, .arg = c };
	stream_open(&c->stream, fd, ssl);
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
	return c->state <= CONN_IDLE &&
	       (unused(c) != 0 || stream_is_stirring(&c->stream));
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
	bool more = !c->eof || unused(c) != 0;

	c->req = NULL;
	c->last = !c->parse.keep || c->lane->draining || !more;
	send_reply(c, r);
	if (!c->running)
		conn_run(c, false);
}

void
conn_dropped(struct conn *c)
{
	c->req = NULL;
	conn_close(c);
}
