/*
 * What is to be signed of a list is gathered and recorded, with a number that
 * it never had before, then signed by the keeper, read by OpenSSL, and only
 * then published, in the batch that puts the next one on the agenda.  A crash
 * between any two of these leads to another list with a number of its own.
 *
 * A list tells of all that was revoked when its gathering began.  That is done
 * a slice at a time, each of a snapshot of its own: what is revoked meanwhile
 * has a row that leads to the next list.
 */
#include "acme/crl.h"

#include <string.h>

#include "acme/acme_int.h"
#include "base/flow.h"
#include "base/log.h"
#include "crypto/crl.h"

enum {
	SLICE = 4000, /* rows of the index read at once: about a millisecond */
	PAUSE_MS = 1,
	AT_ONCE = 4, /* lists; the others wait for their turn */
	TRIES_MAX = 5,
};

struct publication {
	struct flow flow; /* first, so a step's flow is its publication */
	struct acme *ca;
	struct publication *next, **prev;
	struct acme_config *config; /* counted: the issuer is in it */
	const struct issuing *by;
	struct arena *arena;   /* it lives in it */
	struct arena *attempt; /* of one commit */
	bool begun;            /* its turn has come */
	struct crl_name name;
	struct due due;
	struct crl_spec spec;
	struct revoked *rows; /* SLICE of them */
	size_t n_rows;
	struct id after;           /* gathered so far; */
	unixtime told;             /* none that ended before */
	struct crl_entry *entries; /* room for so many: */
	size_t room;
	const uint8_t *tbs, *der;
	size_t tbs_len, der_len;
	struct timer *pause;
	struct fault fault;
	enum err result;
	unsigned tries;
};

void
crl_wanted(struct batch *b, const struct certificate *c, int64_t now_ms)
{
	batch_due_crls(b, c->issuer, c->serial,
	    crl_asking_ms((now_ms / CRL_PAUSE_MS + 1) * CRL_PAUSE_MS));
}

bool
crl_possible(const struct acme_config *config, unsigned issuer, unixtime now)
{
	return issuer >= 1 && issuer <= config->n_issuers &&
	       config->issuers[issuer - 1].not_after >= now;
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

/* "issuer=1 shards=4 shard=0": how the log names it. */
static const char *
label(struct publication *p)
{
	if (p->name.shards == 0)
		return arena_printf(p->arena, "issuer=%u", p->name.issuer);
	return arena_printf(p->arena, "issuer=%u shards=%u shard=%u",
	    p->name.issuer, p->name.shards, p->name.shard);
}

/* Wait until fewer are under way. */
static enum flow_next
enter(struct flow *f)
{
	struct publication *p = (struct publication *)f;
	unsigned n = 0;

	for (struct publication *q = p->ca->publications; q != NULL;
	     q = q->next)
		n += q->begun;
	if (n >= AT_ONCE)
		return FLOW_WAIT;
	p->begun = true;
	return FLOW_NEXT;
}

/* The one that has waited longest is the next. */
static void
let_in(struct acme *ca)
{
	struct publication *first = NULL;

	for (struct publication *q = ca->publications; q != NULL; q = q->next)
		if (!q->begun)
			first = q;
	if (first == NULL)
		return;
	first->begun = true;
	first->pause = loop_after(ca->deps.loop, 0, woken, first);
}

/*
 * The record as it is, or as it will be when there is one.  NULL: it is of
 * shards that are over.
 */
static struct crl *
record_of(struct publication *p, struct snap *s)
{
	struct crl *c = snap_crl_of(s, p->attempt, p->name);

	if (c == NULL && p->name.shards == 0) {
		c = ARENA_NEW(p->attempt, struct crl);
		c->issuer = p->name.issuer;
	}
	return c;
}

/* All that lead to it now, so that each certificate's is among them. */
static void
point_at(struct publication *p, const struct crl *c)
{
	const char **urls =
	    ARENA_ARRAY(p->arena, const char *, c->n_points + 1);

	for (size_t i = 0; i < c->n_points; i++) {
		unixtime until = c->points[i].until;

		if (i == 0 || until == 0 || /* CRL-06 */
		    until >= p->spec.this_update)
			urls[p->spec.n_urls++] =
			    arena_text(p->arena, c->points[i].url);
	}
	p->spec.urls = urls;
}

static enum flow_next
begin(struct flow *f)
{
	struct publication *p = (struct publication *)f;
	struct crl_head last = { .name = p->name };
	struct snap *s = snap_open(p->ca->deps.store);
	struct crl *c = record_of(p, s);

	(void)snap_crl_head(s, p->name, &last);
	snap_close(s);
	if (c == NULL)
		return FLOW_END;
	p->spec.this_update = loop_now(p->ca->deps.loop) / 1000;
	p->spec.next_update = p->spec.this_update + (int64_t)p->config->crl_s;
	p->spec.scope =
	    (struct crl_scope){ p->name.issuer, p->name.shards, p->name.shard };
	point_at(p, c);
	p->told = crl_told(&last, p->spec.this_update);
	p->rows = ARENA_ARRAY(p->arena, struct revoked, SLICE);
	p->room = SLICE;
	p->entries = ARENA_ARRAY(p->arena, struct crl_entry, p->room);
	return FLOW_NEXT;
}

/* All but what a list told of after its end. */
static void
take(struct publication *p)
{
	const unixtime now = p->spec.this_update;
	size_t n = p->spec.n_entries;

	if (n + p->n_rows > p->room) {
		struct crl_entry *wider =
		    ARENA_ARRAY(p->arena, struct crl_entry, 2 * p->room);

		memcpy(wider, p->entries, n * sizeof(*wider));
		p->entries = wider;
		p->room *= 2;
	}
	for (size_t i = 0; i < p->n_rows; i++) {
		const struct revoked *r = &p->rows[i];

		p->after = r->serial;
		if (r->not_after < p->told) /* CRL-04 */
			continue;
		/* no list tells of what is still to come, by its clock */
		p->entries[n++] = (struct crl_entry){ r->serial,
			r->revoked < now ? r->revoked : now, r->reason };
	}
	p->spec.n_entries = n;
}

static enum flow_next
slice(struct flow *f)
{
	struct publication *p = (struct publication *)f;
	struct snap *s = snap_open(p->ca->deps.store);

	p->n_rows = snap_revoked_of(s, p->name, p->after, p->rows, SLICE);
	snap_close(s);
	take(p);
	return FLOW_NEXT;
}

static enum flow_next
sliced(struct flow *f)
{
	struct publication *p = (struct publication *)f;

	p->spec.entries = p->entries;
	if (p->n_rows < SLICE)
		return FLOW_NEXT;
	p->pause = loop_after(p->ca->deps.loop, PAUSE_MS, woken, p);
	return FLOW_BACK;
}

static void
tell_not_made(struct publication *p)
{
	if (p->result == ERR_FULL && p->name.shards < p->config->crl_shards)
		log_warn("crl.not_made",
		    "%s reason=\"%s; there are %u shards of it now\"", label(p),
		    p->fault.detail, p->config->crl_shards);
	else
		log_error("crl.not_made", "%s reason=\"%s%s\"", label(p),
		    p->fault.detail,
		    p->result == ERR_FULL ? "; raise crl.shards" : "");
}

/* CRL-01: numbers are times, so that they rise even if the store is lost. */
static enum flow_next
record(struct flow *f)
{
	struct publication *p = (struct publication *)f;
	struct batch *b = attempt(p);
	struct snap *s = snap_open(p->ca->deps.store);
	struct crl *c = record_of(p, s);

	snap_close(s);
	if (c == NULL)
		return FLOW_END;
	p->spec.number = (uint64_t)loop_now(p->ca->deps.loop);
	if (c->number >= p->spec.number) /* CRL-01 */
		p->spec.number = c->number + 1;
	p->result = crl_build(p->by, &p->spec, p->arena, &p->tbs, &p->tbs_len,
	    &p->fault);
	if (p->result != OK) {
		tell_not_made(p);
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

	issuer_sign_crl(p->ca->deps.issuer, p->name.issuer, crl_id(p->name),
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
	log_error("crl.not_published", "%s reason=\"%s\"", label(p),
	    p->fault.detail);
	return FLOW_END;
}

static const struct event *
event_of(struct publication *p)
{
	struct event *e = ARENA_NEW(p->attempt, struct event);
	const char *shard =
	    p->name.shards == 0
	        ? ""
	        : arena_printf(p->attempt, "\"shards\":%u,\"shard\":%u,",
	              p->name.shards, p->name.shard);

	e->kind = "crl.published";
	e->object = crl_id(p->name);
	e->detail = arena_printf(p->attempt,
	    "{\"issuer\":%u,%s\"number\":%llu,\"entries\":%zu}", p->name.issuer,
	    shard, (unsigned long long)p->spec.number, p->spec.n_entries);
	return e;
}

/* Each shard at a moment of its own, so that they do not come round together. */
static int64_t
next_ms(const struct publication *p)
{
	const int64_t every = (int64_t)p->config->crl_refresh_s * 1000;
	const int64_t now = p->spec.this_update * 1000;
	int64_t at = now + every;

	if (p->name.shards != 0) /* BLD-42 */
		at -= (now - every * p->name.shard / p->name.shards) % every;
	return crl_own_ms(at);
}

/* It takes the place of the one before, whole; and the next is due. */
static enum flow_next
publish(struct flow *f)
{
	struct publication *p = (struct publication *)f;
	struct batch *b = attempt(p);
	struct snap *s = snap_open(p->ca->deps.store);
	struct crl *c = record_of(p, s);
	struct due next = { .kind = DUE_CRL, .object = crl_id(p->name) };

	snap_close(s);
	if (c == NULL)
		return FLOW_END;
	next.at_ms = c->refresh_ms;
	batch_due_done(b, &next);
	batch_due_done(b, &p->due);
	next.at_ms = next_ms(p);
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
	log_info("crl.published", "%s number=%llu entries=%zu bytes=%zu",
	    label(p), (unsigned long long)p->spec.number, p->spec.n_entries,
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
	struct publication *p = (struct publication *)f;
	struct acme *ca = p->ca;

	release(p);
	let_in(ca);
}

static flow_step *const steps[] = { enter, begin, slice, sliced, record,
	recorded, ask, judge, publish, published, NULL };

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
	struct crl_name name;
	struct arena *a;
	struct publication *p;

	if (!crl_name_of(d->object, &name) || crl_under_way(ca, d) ||
	    !crl_possible(ca->deps.config, name.issuer,
	        loop_now(ca->deps.loop) / 1000))
		return;
	a = arena_new();
	p = ARENA_NEW(a, struct publication);
	p->ca = ca;
	p->config = acme_config_ref(ca->deps.config);
	p->by = &p->config->issuers[name.issuer - 1];
	p->arena = a;
	p->attempt = arena_new();
	p->name = name;
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
