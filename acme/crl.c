/*
 * One list at a time of an issuer: what is to be signed is recorded, with a
 * number that no list had before, then signed by the keeper, read by OpenSSL,
 * and only then published, in the batch that puts the next one on the agenda.
 * A crash between any two of these leads to another list with a number of
 * its own.
 */
#include "acme/crl.h"

#include <string.h>

#include "acme/acme_int.h"
#include "base/flow.h"
#include "base/log.h"
#include "crypto/crl.h"

enum {
	CHUNK = 1000, /* rows of the index read at once */
	TRIES_MAX = 5,
	MARGIN_S = 60,    /* a commit may take so long, a clock be so wrong */
	BYTES_A_MS = 200, /* of a list, for which the next one waits */
};

struct publication {
	struct flow flow; /* first, so a step's flow is its publication */
	struct acme *ca;
	struct publication *next, **prev;
	struct acme_config *config; /* counted: the issuer is in it */
	const struct issuing *by;
	struct arena *arena;   /* it lives in it */
	struct arena *attempt; /* of one commit */
	unsigned issuer;
	struct due due;
	struct crl_spec spec;
	const uint8_t *tbs, *der;
	size_t tbs_len, der_len;
	struct timer *pause;
	struct fault fault;
	enum err result;
	unsigned tries;
};

void
crl_wanted(struct batch *b, struct arena *a, unsigned issuer, int64_t now_ms)
{
	struct due *d = ARENA_NEW(a, struct due);

	d->kind = DUE_CRL;
	d->object = issuer_id(issuer);
	d->at_ms = (now_ms / CRL_PAUSE_MS + 1) * CRL_PAUSE_MS;
	batch_due(b, d);
}

bool
crl_possible(const struct acme_config *config, unsigned issuer, unixtime now)
{
	return issuer >= 1 && issuer <= config->n_issuers &&
	       config->issuers[issuer - 1].not_after >= now;
}

int64_t
crl_due_ms(struct snap *s, struct arena *a, unsigned issuer, int64_t now_ms)
{
	const struct crl *c = snap_crl(s, a, issuer);

	/* a list of tomorrow is of a clock that has been set back */
	if (c == NULL || c->der == NULL || c->this_update * 1000 > now_ms)
		return 0;
	return c->this_update * 1000 + (int64_t)(c->der_len / BYTES_A_MS);
}

/* What the list has told of for sure, by the clock as it is now. */
static unixtime
told(const struct crl *c, unixtime now)
{
	if (c == NULL || c->der == NULL)
		return 0;
	return (c->this_update < now ? c->this_update : now) - MARGIN_S;
}

unixtime
crl_told_until(struct snap *s, struct arena *a,
    const struct acme_config *config, unsigned issuer, unixtime now)
{
	if (!crl_possible(config, issuer, now))
		return INT64_MAX; /* there will be no other */
	return told(snap_crl(s, a, issuer), now);
}

/* CRL-04: all but what a list told of after its end. */
static void
gather(struct publication *p, struct snap *s, const struct crl *last)
{
	struct revoked *rows = ARENA_ARRAY(p->attempt, struct revoked, CHUNK);
	unixtime until = told(last, p->spec.this_update);
	const unixtime now = p->spec.this_update;
	size_t room = CHUNK, n, count = 0;
	struct crl_entry *list = ARENA_ARRAY(p->arena, struct crl_entry, room);
	struct id after = { { 0 } };

	do {
		n = snap_revoked(s, p->issuer, after, rows, CHUNK);
		if (count + n > room) {
			struct crl_entry *wider =
			    ARENA_ARRAY(p->arena, struct crl_entry, 2 * room);

			memcpy(wider, list, count * sizeof(*list));
			list = wider;
			room *= 2;
		}
		for (size_t i = 0; i < n; i++) {
			after = rows[i].serial;
			if (rows[i].not_after < until) /* CRL-04 */
				continue;
			/* no list tells of what is still to come, by its clock */
			list[count++] = (struct crl_entry){ rows[i].serial,
				rows[i].revoked < now ? rows[i].revoked : now,
				rows[i].reason };
		}
	} while (n == CHUNK);
	p->spec.entries = list;
	p->spec.n_entries = count;
}

static void
woken(void *arg)
{
	struct publication *p = arg;

	timer_free(p->pause);
	p->pause = NULL;
	flow_wake(&p->flow);
}

/* Run the step before this one again, in a while; or leave it to the row. */
static enum flow_next
again(struct publication *p)
{
	if (++p->tries == TRIES_MAX)
		return FLOW_END;
	p->pause = loop_after(p->ca->deps.loop, 100U << p->tries, woken, p);
	return FLOW_BACK;
}

static void
committed(void *arg, enum err e)
{
	struct publication *p = arg;

	p->result = e;
	flow_wake(&p->flow);
}

static struct batch *
attempt(struct publication *p)
{
	arena_free(p->attempt);
	p->attempt = arena_new();
	return batch_new(p->attempt);
}

static enum flow_next
commit(struct publication *p, struct batch *b)
{
	batch_essential(b);
	store_commit(p->ca->deps.store, p->ca->deps.loop, b, committed, p);
	return FLOW_WAIT;
}

/* The record as it is, or as it will be when there is one. */
static struct crl *
record_of(struct publication *p, struct snap *s)
{
	struct crl *c = snap_crl(s, p->attempt, p->issuer);

	if (c == NULL) {
		c = ARENA_NEW(p->attempt, struct crl);
		c->issuer = p->issuer;
	}
	return c;
}

/* CRL-01: numbers are times, so that they rise even if the store is lost. */
static enum flow_next
record(struct flow *f)
{
	struct publication *p = (struct publication *)f;
	struct batch *b = attempt(p);
	struct snap *s = snap_open(p->ca->deps.store);
	int64_t now_ms = loop_now(p->ca->deps.loop);
	struct crl *c = record_of(p, s);

	p->spec.number = (uint64_t)now_ms;
	if (c->number >= p->spec.number) /* CRL-01 */
		p->spec.number = c->number + 1;
	p->spec.this_update = now_ms / 1000;
	p->spec.next_update = p->spec.this_update + (int64_t)p->config->crl_s;
	gather(p, s, c);
	snap_close(s);
	p->result = crl_build(p->by, &p->spec, p->arena, &p->tbs, &p->tbs_len,
	    &p->fault);
	if (p->result != OK) {
		log_error("crl.not_made", "issuer=%u reason=\"%s\"", p->issuer,
		    p->fault.detail);
		return FLOW_END;
	}
	c->number = p->spec.number;
	c->tbs = p->tbs;
	c->tbs_len = p->tbs_len;
	batch_put_crl(b, c);
	return commit(p, b);
}

static enum flow_next
recorded(struct flow *f)
{
	struct publication *p = (struct publication *)f;

	return p->result == OK ? FLOW_NEXT : again(p);
}

static void
signed_(void *arg, enum err result, const uint8_t *sig, size_t len)
{
	struct publication *p = arg;

	p->result = result;
	if (result == OK)
		p->der = crl_wrap(p->by, p->tbs, p->tbs_len, sig, len, p->arena,
		    &p->der_len);
	else
		(void)fault(&p->fault, result,
		    result == ERR_BUSY ? "the keeper has not answered"
		                       : "the keeper refused to sign");
	flow_wake(&p->flow);
}

static enum flow_next
ask(struct flow *f)
{
	struct publication *p = (struct publication *)f;

	issuer_sign_crl(p->ca->deps.issuer, p->issuer, issuer_id(p->issuer),
	    signed_, p);
	return FLOW_WAIT;
}

static enum flow_next
judge(struct flow *f)
{
	struct publication *p = (struct publication *)f;

	if (p->result == OK)
		p->result =
		    crl_verify(p->by, &p->spec, p->der, p->der_len, &p->fault);
	if (p->result == OK) {
		p->tries = 0;
		return FLOW_NEXT;
	}
	log_error("crl.not_published", "issuer=%u reason=\"%s\"", p->issuer,
	    p->fault.detail);
	return FLOW_END;
}

static const struct event *
event_of(struct publication *p)
{
	struct event *e = ARENA_NEW(p->attempt, struct event);

	e->kind = "crl.published";
	e->object = issuer_id(p->issuer);
	e->detail = arena_printf(p->attempt,
	    "{\"issuer\":%u,\"number\":%llu,\"entries\":%zu}", p->issuer,
	    (unsigned long long)p->spec.number, p->spec.n_entries);
	return e;
}

/* It takes the place of the one before, whole; and the next is due. */
static enum flow_next
publish(struct flow *f)
{
	struct publication *p = (struct publication *)f;
	struct batch *b = attempt(p);
	struct snap *s = snap_open(p->ca->deps.store);
	struct crl *c = record_of(p, s);
	struct due next = { .kind = DUE_CRL, .object = issuer_id(p->issuer) };

	snap_close(s);
	next.at_ms = c->refresh_ms;
	batch_due_done(b, &next);
	batch_due_done(b, &p->due);
	next.at_ms =
	    (p->spec.this_update + (int64_t)p->config->crl_refresh_s) * 1000;
	batch_due(b, &next); /* CRL-02 */
	c->refresh_ms = next.at_ms;
	c->this_update = p->spec.this_update;
	c->next_update = p->spec.next_update;
	c->der = p->der;
	c->der_len = p->der_len;
	c->tbs = NULL;
	c->tbs_len = 0;
	batch_put_crl(b, c);
	batch_event(b, event_of(p));
	return commit(p, b);
}

static enum flow_next
published(struct flow *f)
{
	struct publication *p = (struct publication *)f;

	if (p->result != OK)
		return again(p);
	log_info("crl.published", "issuer=%u number=%llu entries=%zu bytes=%zu",
	    p->issuer, (unsigned long long)p->spec.number, p->spec.n_entries,
	    p->der_len);
	return FLOW_NEXT;
}

static void
release(struct publication *p)
{
	*p->prev = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	timer_free(p->pause);
	acme_config_unref(p->config);
	arena_free(p->attempt);
	arena_free(p->arena);
}

static void
ended(struct flow *f)
{
	release((struct publication *)f);
}

static flow_step *const steps[] = { record, recorded, ask, judge, publish,
	published, NULL };

bool
crl_under_way(struct acme *ca, const struct due *d)
{
	for (struct publication *p = ca->publications; p != NULL; p = p->next)
		if (id_equal(p->due.object, d->object))
			return true;
	return false;
}

void
crl_publish(struct acme *ca, const struct due *d)
{
	unsigned issuer = issuer_number(d->object);
	struct arena *a;
	struct publication *p;

	if (crl_under_way(ca, d) || !crl_possible(ca->deps.config, issuer,
	                                loop_now(ca->deps.loop) / 1000))
		return;
	a = arena_new();
	p = ARENA_NEW(a, struct publication);
	p->ca = ca;
	p->config = acme_config_ref(ca->deps.config);
	p->by = &p->config->issuers[issuer - 1];
	p->arena = a;
	p->attempt = arena_new();
	p->issuer = issuer;
	p->due = *d;
	p->next = ca->publications;
	p->prev = &ca->publications;
	if (p->next != NULL)
		p->next->prev = &p->next;
	ca->publications = p;
	flow_start(&p->flow, steps, ended);
}

void
crls_free(struct acme *ca)
{
	while (ca->publications != NULL)
		release(ca->publications);
}
