/*
 * A connection's clocks.  Each bounds a whole phase, so that nobody lives by
 * sending or taking a byte now and then.  They are times; the one timer comes
 * no later than the next of them, and if it comes too early is set anew.  So
 * it is seldom touched.
 */
#include "base/log.h"
#include "http/server_int.h"

enum {
	LINGER_MS = 1000,  /* for the client to take its reply and close */
	REFUSAL_MS = 2000, /* for a refusal to be taken */
	GRACE_MS = 2000,   /* to begin, when the server is about to stop */
};

static void set_timer(struct conn *c);

enum phase {
	PHASE_NONE,
	PHASE_HANDSHAKE,
	PHASE_IDLE,
	PHASE_HEAD,
	PHASE_BODY,
	PHASE_LINGER,
};

static enum phase
phase_of(const struct conn *c)
{
	switch (c->state) {
	case CONN_HANDSHAKE:
		return PHASE_HANDSHAKE;
	case CONN_IDLE:
		return PHASE_IDLE;
	case CONN_READING:
		return c->parse.body == 0 ? PHASE_HEAD : PHASE_BODY;
	case CONN_LINGERING:
		return PHASE_LINGER;
	case CONN_DISPATCH:
	case CONN_REPLYING:
	case CONN_GONE:
		break;
	}
	return PHASE_NONE;
}

static unsigned
phase_ms(const struct conn *c, enum phase phase, const struct http_limits *lim)
{
	unsigned ms[] = {
		[PHASE_HANDSHAKE] = lim->handshake_ms,
		[PHASE_IDLE] = lim->idle_ms,
		[PHASE_HEAD] = lim->head_ms,
		[PHASE_BODY] = lim->body_ms,
		[PHASE_LINGER] = LINGER_MS,
	};

	if (c->lane->draining && phase <= PHASE_IDLE && ms[phase] > GRACE_MS)
		return GRACE_MS;
	return ms[phase];
}

static void
phase_over(struct conn *c)
{
	switch ((enum phase)c->phase) {
	case PHASE_HEAD:
		conn_refuse(c, 408, "the request's head took too long");
		break;
	case PHASE_BODY:
		conn_refuse(c, 408, "the request's body took too long");
		break;
	case PHASE_IDLE:
		conn_close(c);
		break;
	case PHASE_HANDSHAKE:
		log_debug("http.handshake_slow", "peer=%s", c->peer);
		conn_cut(c);
		break;
	case PHASE_LINGER:
	case PHASE_NONE:
		conn_gone(c);
		break;
	}
}

/* The request has had all the time it may have. */
static void
whole_over(struct conn *c)
{
	struct request *r = c->req;

	if (c->state == CONN_REPLYING) {
		conn_cut(c);
		return;
	}
	c->req = NULL;
	conn_refuse(c, r != NULL ? 503 : 408, "the request took too long");
	if (r != NULL)
		request_lost(r);
}

static void
rang(void *arg)
{
	struct conn *c = arg;
	int64_t now = lane_clock();

	timer_free(c->timer);
	c->timer = NULL;
	if (c->whole_until != 0 && c->whole_until <= now) {
		c->whole_until = 0;
		whole_over(c);
	} else if (c->phase != PHASE_NONE && c->phase_until <= now)
		phase_over(c);
	else
		set_timer(c);
}

static void
set_timer(struct conn *c)
{
	int64_t next = c->whole_until, wait;

	if (c->phase != PHASE_NONE && (next == 0 || c->phase_until < next))
		next = c->phase_until;
	if (next == 0 || (c->timer != NULL && c->timer_at <= next))
		return;
	wait = next - lane_clock();
	timer_free(c->timer);
	c->timer = loop_after(c->lane->is.loop, wait > 0 ? (unsigned)wait : 1,
	    rang, c);
	c->timer_at = next;
}

void
deadline_set(struct conn *c)
{
	bool request = c->state >= CONN_READING && c->state <= CONN_REPLYING;
	enum phase phase = phase_of(c);
	struct http_limits lim;

	if (c->phase == phase && request == (c->whole_until != 0))
		return;
	server_limits(c->lane->server, &lim);
	if (!request)
		c->whole_until = 0;
	else if (c->whole_until == 0)
		c->whole_until = lane_clock() + lim.request_ms;
	if (c->phase != phase && phase != PHASE_NONE)
		c->phase_until = lane_clock() + phase_ms(c, phase, &lim);
	c->phase = phase;
	set_timer(c);
}

void
deadline_renew(struct conn *c)
{
	c->phase = PHASE_NONE;
	deadline_set(c);
}

void
deadline_met(struct conn *c)
{
	c->whole_until = 0;
	c->phase = PHASE_NONE;
}

void
deadline_refused(struct conn *c)
{
	c->phase = PHASE_NONE;
	c->whole_until = lane_clock() + REFUSAL_MS;
	set_timer(c);
}

void
deadline_free(struct conn *c)
{
	timer_free(c->timer);
}
