/*
 * What has had its time goes, a small batch at a time: rows of the right edge
 * of a table come and rows of its left edge go.
 */
#include "acme/acme_int.h"
#include "acme/crl.h"
#include "acme/due.h"
#include "acme/due_int.h"
#include "acme/state.h"

enum { EVENTS = 512, UNTOLD_MS = 60 * 1000, BUSY_MS = 60 * 1000 };

struct due *
due_row(struct arena *a, enum due_kind kind, struct id object, int64_t at_ms)
{
	struct due *d = ARENA_NEW(a, struct due);

	d->kind = kind;
	d->object = object;
	d->at_ms = at_ms;
	return d;
}

static int64_t
kept_until(const struct acme_config *config, unixtime expires)
{
	return (expires + (unixtime)config->keep_s) * 1000;
}

void
due_prune_order(struct batch *b, struct arena *a,
    const struct acme_config *config, const struct order *o)
{
	batch_due(b,
	    due_row(a, DUE_PRUNE_ORDER, o->id, kept_until(config, o->expires)));
}

void
due_prune_authz(struct batch *b, struct arena *a,
    const struct acme_config *config, const struct authz *z)
{
	batch_due(b,
	    due_row(a, DUE_PRUNE_AUTHZ, z->id, kept_until(config, z->expires)));
}

void
due_prune_certificate(struct batch *b, struct arena *a,
    const struct acme_config *config, const struct certificate *c)
{
	batch_due(b, due_row(a, DUE_PRUNE_CERTIFICATE, c->serial,
	                 kept_until(config, c->not_after)));
}

/* Once more, later. */
void
due_postpone(struct turn *t, const struct due *d, int64_t at_ms)
{
	batch_due(t->batch, due_row(t->arena, d->kind, d->object, at_ms));
	t->put_back += at_ms <= t->until_ms;
}

void
prune_order(struct turn *t, const struct due *d, struct due *again)
{
	struct order *o = snap_order(t->snap, t->arena, d->object);
	unixtime last;

	(void)again;
	if (o == NULL)
		return;
	if (o->status == ORDER_PROCESSING) { /* somebody is still at it */
		due_postpone(t, d, t->now_ms + BUSY_MS);
		return;
	}
	last = o->status == ORDER_VALID && o->not_after > o->expires
	           ? o->not_after
	           : o->expires;
	if (kept_until(t->ca->deps.config, last) > t->now_ms)
		batch_due(t->batch, due_row(t->arena, DUE_PRUNE_ORDER, o->id,
		                        kept_until(t->ca->deps.config, last)));
	else
		batch_delete_order(t->batch, o->id);
}

void
prune_authz(struct turn *t, const struct due *d, struct due *again)
{
	struct authz *z = snap_authz(t->snap, t->arena, d->object);

	(void)again;
	if (z == NULL)
		return;
	if (kept_until(t->ca->deps.config, z->expires) > t->now_ms)
		due_prune_authz(t->batch, t->arena, t->ca->deps.config, z);
	else
		batch_delete_authz(t->batch, z->id);
}

/* CRL-04: not before a list has told of it after its end. */
static bool
told(struct turn *t, const struct certificate *c)
{
	if (t->told_of != c->issuer) { /* of many lists: look once a turn */
		t->told_until = crl_told_until(t->snap, t->ca->deps.config,
		    c->issuer, t->now_ms / 1000);
		t->told_of = c->issuer;
	}
	return c->not_after < t->told_until;
}

void
prune_certificate(struct turn *t, const struct due *d, struct due *again)
{
	struct certificate *c = snap_certificate(t->snap, t->arena, d->object);

	(void)again;
	if (c == NULL)
		return;
	if (kept_until(t->ca->deps.config, c->not_after) > t->now_ms)
		due_prune_certificate(t->batch, t->arena, t->ca->deps.config,
		    c);
	else if (c->revoked != 0 && !told(t, c)) /* CRL-04 */
		due_postpone(t, d, t->now_ms + UNTOLD_MS);
	else
		batch_delete_certificate(t->batch, c->serial);
}

/* One that nobody has used; what made accounts says what they may do. */
void
prune_eab(struct turn *t, const struct due *d, struct due *again)
{
	const struct acme_config *config = t->ca->deps.config;
	struct eab *e = snap_eab(t->snap, t->arena, d->object);

	(void)again;
	if (e == NULL || e->expires == 0 || e->uses > 0)
		return;
	if (kept_until(config, e->expires) > t->now_ms)
		batch_due(t->batch, due_row(t->arena, DUE_PRUNE_EAB, e->id,
		                        kept_until(config, e->expires)));
	else
		batch_delete_eab(t->batch, e->id);
}

/* Is the journal's entry number `*from`, or the next there is, as old? */
static bool
older(struct turn *t, uint64_t *from, int64_t before_ms)
{
	struct event e;

	if (snap_events(t->snap, t->arena, *from, &e, 1) == 0 ||
	    e.at_ms >= before_ms)
		return false;
	*from = e.number + EVENTS;
	return true;
}

/* A row that comes back for ever: see seed_journal(). */
void
prune_journal(struct turn *t, const struct due *d, struct due *again)
{
	unsigned keep_s = t->ca->deps.config->keep_journal_s;
	int64_t before_ms = t->now_ms - (int64_t)keep_s * 1000;
	unsigned later_ms = JOURNAL_MS;
	uint64_t from = 0;

	(void)again;
	if (keep_s != 0 && older(t, &from, before_ms)) {
		batch_delete_events(t->batch, before_ms, EVENTS);
		t->more = older(t, &from, before_ms);
		later_ms = t->more ? 1 : JOURNAL_BUSY_MS;
	}
	batch_due(t->batch, due_row(t->arena, DUE_PRUNE_JOURNAL, d->object,
	                        t->now_ms + later_ms));
}
