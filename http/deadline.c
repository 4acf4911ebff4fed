/*
 * A connection's clocks.  Each bounds a whole phase, so that nobody lives by
 * sending or taking a byte now and then.
 */
#include "base/log.h"
#include "http/server_int.h"

enum {
	LINGER_MS = 1000,  /* for the client to take its reply and close */
	REFUSAL_MS = 2000, /* for a refusal to be taken */
	GRACE_MS = 2000,   /* to begin, when the server is about to stop */
};

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
phase_over(void *arg)
{
	struct conn *c = arg;

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
whole_over(void *arg)
{
	struct conn *c = arg;
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

/* Have the clocks run that the state asks for, each from its beginning. */
void
deadline_set(struct conn *c)
{
	bool request = c->state >= CONN_READING && c->state <= CONN_REPLYING;
	enum phase phase = phase_of(c);
	struct loop *loop = c->lane->is.loop;
	struct http_limits lim;

	if (c->phase == phase && request == (c->whole != NULL))
		return;
	server_limits(c->lane->server, &lim);
	if (request && c->whole == NULL)
		c->whole = loop_after(loop, lim.request_ms, whole_over, c);
	if (!request) {
		timer_free(c->whole);
		c->whole = NULL;
	}
	if (c->phase != phase) {
		timer_free(c->timer);
		c->timer = phase == PHASE_NONE
		               ? NULL
		               : loop_after(loop, phase_ms(c, phase, &lim),
		                     phase_over, c);
		c->phase = phase;
	}
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
	timer_free(c->whole);
	c->whole = NULL;
}

void
deadline_refused(struct conn *c)
{
	deadline_free(c);
	c->timer = NULL;
	c->phase = PHASE_NONE;
	c->whole = loop_after(c->lane->is.loop, REFUSAL_MS, whole_over, c);
}

void
deadline_free(struct conn *c)
{
	timer_free(c->timer);
	timer_free(c->whole);
}
