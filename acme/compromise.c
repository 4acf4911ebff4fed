/*
 * When a key is known to others, none of its certificates can be trusted.
 * There is no index by key: one pass over all certificates, a chunk at a time
 * with a pause after each, finds those that are valid still.  It looks for all
 * keys that are blocked by then, and there is never more than one: who reports
 * many keys must not make us look through everything as often at once.  A pass
 * that a crash ends begins again; what is revoked is not revoked twice.
 */
#include "acme/compromise.h"

#include <string.h>

#include "acme/acme_int.h"
#include "acme/crl.h"
#include "base/flow.h"
#include "base/log.h"
#include "crypto/blocked.h"

enum {
	CHUNK = 500, /* certificates a step: about a millisecond */
	HITS = 50,   /* of them revoked in one batch */
	PAUSE_MS = 5,
	TRIES_MAX = 5,
};

struct compromise {
	struct flow flow; /* first, so a step's flow is its compromise */
	struct acme *ca;
	struct arena *arena;   /* it lives in it */
	struct arena *attempt; /* of one chunk */
	struct due due;
	struct timer *pause;
	version since; /* of what it first saw: keys blocked by then are done */
	struct id at, reached; /* looked at so far; once this batch is done */
	size_t hits, revoked;
	unsigned tries;
	enum err result;
	bool more;
};

enum err
key_unblocked(struct rq *rq, const uint8_t spki_sha256[32], enum err code)
{
	if (blocked_has(rq->config->blocked, spki_sha256)) /* PKY-08 */
		return fault(&rq->fault, code,
		    "this key is not accepted here, because it is known to "
		    "others or is the CA's own; make another");
	if (snap_blocked_key(rq->snap, rq->arena, spki_sha256) != NULL)
		return fault(&rq->fault, code,
		    "this key was reported as compromised and is not accepted "
		    "any more; make another");
	return OK;
}

void
block_key(struct rq *rq, const struct certificate *c)
{
	struct blocked_key *k;
	struct due d = { .kind = DUE_REVOKE_KEY, .at_ms = rq->now_ms };

	if (snap_blocked_key(rq->snap, rq->arena, c->spki_sha256) != NULL)
		return;
	k = ARENA_NEW(rq->arena, struct blocked_key);
	memcpy(k->spki_sha256, c->spki_sha256, sizeof(k->spki_sha256));
	k->since = rq_now(rq);
	k->serial = c->serial;
	memcpy(d.object.bytes, c->spki_sha256, ID_SIZE);
	batch_put_blocked_key(rq->batch, k); /* PKY-08 REV-09 */
	batch_due(rq->batch, &d);
	rq_event(rq, "key.blocked", c->serial, NULL);
}

void
revoke_for_key(struct batch *b, struct arena *a, struct certificate *c,
    int64_t now_ms)
{
	struct event *e = ARENA_NEW(a, struct event);

	c->revoked = now_ms / 1000;
	c->reason = REASON_KEY_COMPROMISE;
	e->kind = "certificate.revoked";
	e->account = c->account;
	e->object = c->serial;
	e->detail = "{\"reason\":1,\"because\":\"key\"}";
	batch_event(b, e);
	crl_wanted(b, c, now_ms);
	batch_essential(b);
}

static void
woken(void *arg)
{
	struct compromise *k = arg;

	timer_free(k->pause);
	k->pause = NULL;
	flow_wake(&k->flow);
}

static void
pause_for(struct compromise *k, unsigned ms)
{
	k->pause = loop_after(k->ca->deps.loop, ms, woken, k);
}

static void
committed(void *arg, enum err e)
{
	struct compromise *k = arg;

	k->result = e;
	flow_wake(&k->flow);
}

/* Stage the end of those that have such a key; as far as one batch may go. */
static void
look(struct compromise *k, struct batch *b)
{
	struct certificate **list =
	    ARENA_ARRAY(k->attempt, struct certificate *, CHUNK);
	struct snap *s = snap_open(k->ca->deps.store);
	int64_t now_ms = loop_now(k->ca->deps.loop);
	size_t n = snap_certificates(s, k->attempt, k->at, list, CHUNK), i;

	if (id_zero(k->at))
		k->since = snap_txnid(s);
	k->hits = 0;
	k->reached = k->at;
	for (i = 0; i < n && k->hits < HITS; i++) {
		struct certificate *c = list[i];

		k->reached = c->serial;
		if (c->revoked != 0 || c->not_after < now_ms / 1000 ||
		    snap_blocked_key(s, k->attempt, c->spki_sha256) == NULL)
			continue;
		revoke_for_key(b, k->attempt, c, now_ms);
		batch_put_certificate(b, c);
		k->hits++;
	}
	snap_close(s);
	k->more = n == CHUNK || i < n;
}

static enum flow_next
step(struct flow *f)
{
	struct compromise *k = (struct compromise *)f;
	struct batch *b;

	arena_free(k->attempt);
	k->attempt = arena_new();
	b = batch_new(k->attempt);
	look(k, b);
	if (!k->more)
		batch_due_done(b, &k->due);
	k->result = OK;
	if (batch_empty(b))
		pause_for(k, PAUSE_MS);
	else
		store_commit(k->ca->deps.store, k->ca->deps.loop, b, committed,
		    k);
	return FLOW_WAIT;
}

static enum flow_next
judge(struct flow *f)
{
	struct compromise *k = (struct compromise *)f;

	if (k->result != OK) { /* the row of due work remains */
		if (++k->tries == TRIES_MAX)
			return FLOW_END;
		pause_for(k, 100U << k->tries);
		return FLOW_BACK;
	}
	k->tries = 0;
	k->at = k->reached;
	k->revoked += k->hits;
	if (!k->more)
		return FLOW_NEXT;
	pause_for(k, PAUSE_MS);
	return FLOW_BACK;
}

static void
release(struct compromise *k)
{
	k->ca->compromise = NULL;
	timer_free(k->pause);
	arena_free(k->attempt);
	arena_free(k->arena);
}

static void
ended(struct flow *f)
{
	struct compromise *k = (struct compromise *)f;

	log_info("key.revoked", "certificates=%zu complete=%d", k->revoked,
	    k->result == OK);
	if (k->result == OK)
		k->ca->compromised = k->since;
	release(k);
}

static flow_step *const steps[] = { step, judge, NULL };

bool
compromise_over(const struct acme *ca, const struct blocked_key *key)
{
	return key->version <= ca->compromised;
}

bool
compromise_under_way(struct acme *ca, const struct due *d)
{
	struct compromise *k = ca->compromise;

	if (k == NULL || !id_equal(k->due.object, d->object))
		return false;
	k->due = *d;
	return true;
}

void
compromise(struct acme *ca, const struct due *d)
{
	struct arena *a;
	struct compromise *k;

	if (ca->compromise != NULL)
		return; /* its row comes back */
	a = arena_new();
	ca->compromise = k = ARENA_NEW(a, struct compromise);
	k->ca = ca;
	k->arena = a;
	k->attempt = arena_new();
	k->due = *d;
	flow_start(&k->flow, steps, ended);
}

void
compromise_free(struct acme *ca)
{
	if (ca->compromise != NULL)
		release(ca->compromise);
}
