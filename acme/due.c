/*
 * Due work: on one loop, once a second, oldest rows first, a small batch at a
 * time so that no request waits for it.  A row is struck in the batch that
 * does what it asks; validations and issuances get a later row instead, which
 * their own verdict strikes.
 */
#include "acme/due.h"

#include <stdlib.h>

#include "acme/acme_int.h"
#include "acme/compromise.h"
#include "acme/issue.h"
#include "acme/state.h"
#include "acme/validate.h"
#include "base/log.h"

enum { TICK_MS = 1000, ROWS = 64, EVENTS = 512, JOURNAL_MS = 600 * 1000 };

/* One turn's reading and writing. */
struct turn {
	struct acme *ca;
	struct snap *snap;
	struct batch *batch;
	struct arena *arena;
	int64_t now_ms;
};

/* What one kind of row wants.  `again` is set if there is something to start. */
typedef void due_fn(struct turn *t, const struct due *d, struct due *again);

struct due_work {
	struct acme *ca;
	struct timer *tick;
	struct arena *arena; /* of the batch being committed; NULL: none */
	struct due started[ROWS];
	size_t n_started;
	int64_t began_ms; /* rows taken over since lie a whole lease later */
	bool resuming;    /* the first pass takes every row from before that */
	bool more;
	unsigned kind; /* row of `kinds` this pass is at */
};

static struct due *
row(struct arena *a, enum due_kind kind, struct id object, int64_t at_ms)
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
	    row(a, DUE_PRUNE_ORDER, o->id, kept_until(config, o->expires)));
}

void
due_prune_authz(struct batch *b, struct arena *a,
    const struct acme_config *config, const struct authz *z)
{
	batch_due(b,
	    row(a, DUE_PRUNE_AUTHZ, z->id, kept_until(config, z->expires)));
}

void
due_prune_certificate(struct batch *b, struct arena *a,
    const struct acme_config *config, const struct certificate *c)
{
	batch_due(b, row(a, DUE_PRUNE_CERTIFICATE, c->serial,
	                 kept_until(config, c->not_after)));
}

/* Take the row over for as long as the work may last. */
static void
renew(struct turn *t, const struct due *d, int64_t lease_ms, struct due *again)
{
	struct due *later = ARENA_NEW(t->arena, struct due);

	*later = *d;
	later->at_ms = t->now_ms + lease_ms;
	batch_due(t->batch, later);
	*again = *later;
}

/*
 * A look may have to wait its turn for longer than a lease: to begin it again
 * would make the queue longer still.
 */
static void
due_validation(struct turn *t, const struct due *d, struct due *again)
{
	struct authz *z = snap_authz(t->snap, t->arena, d->object);

	if (z == NULL || d->index >= z->n_challenges ||
	    authz_state(z, t->now_ms / 1000) != AUTHZ_PENDING ||
	    z->challenges[d->index].status != CHALLENGE_PROCESSING)
		return;
	renew(t, d, VALIDATION_LEASE_MS, again);
	if (validating(t->ca, d))
		again->kind = 0;
}

static void
due_issuance(struct turn *t, const struct due *d, struct due *again)
{
	struct order *o = snap_order(t->snap, t->arena, d->object);

	if (o != NULL && o->status == ORDER_PROCESSING)
		renew(t, d, ISSUANCE_LEASE_MS, again);
}

static void
due_revoke_key(struct turn *t, const struct due *d, struct due *again)
{
	if (snap_blocked_key_half(t->snap, t->arena, d->object) == NULL)
		return;
	renew(t, d, COMPROMISE_LEASE_MS, again);
	if (compromise_under_way(t->ca, again))
		again->kind = 0;
}

static void
prune_order(struct turn *t, const struct due *d, struct due *again)
{
	struct order *o = snap_order(t->snap, t->arena, d->object);
	unixtime last;

	(void)again;
	if (o == NULL)
		return;
	last = o->status == ORDER_VALID && o->not_after > o->expires
	           ? o->not_after
	           : o->expires;
	if (o->status == ORDER_PROCESSING)
		last = t->now_ms / 1000; /* somebody is still at it */
	if (kept_until(t->ca->deps.config, last) > t->now_ms)
		batch_due(t->batch, row(t->arena, DUE_PRUNE_ORDER, o->id,
		                        kept_until(t->ca->deps.config, last)));
	else
		batch_delete_order(t->batch, o->id);
}

static void
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

static void
prune_certificate(struct turn *t, const struct due *d, struct due *again)
{
	struct certificate *c = snap_certificate(t->snap, t->arena, d->object);

	(void)again;
	if (c == NULL)
		return;
	if (kept_until(t->ca->deps.config, c->not_after) > t->now_ms)
		due_prune_certificate(t->batch, t->arena, t->ca->deps.config,
		    c);
	else
		batch_delete_certificate(t->batch, c->serial);
}

/* One that nobody has used; what made accounts says what they may do. */
static void
prune_eab(struct turn *t, const struct due *d, struct due *again)
{
	const struct acme_config *config = t->ca->deps.config;
	struct eab *e = snap_eab(t->snap, t->arena, d->object);

	(void)again;
	if (e == NULL || e->expires == 0 || e->uses > 0)
		return;
	if (kept_until(config, e->expires) > t->now_ms)
		batch_due(t->batch, row(t->arena, DUE_PRUNE_EAB, e->id,
		                        kept_until(config, e->expires)));
	else
		batch_delete_eab(t->batch, e->id);
}

/* A row that comes back for ever: see seed_journal(). */
static void
prune_journal(struct turn *t, const struct due *d, struct due *again)
{
	unsigned keep_s = t->ca->deps.config->keep_journal_s;

	(void)again;
	if (keep_s != 0)
		batch_delete_events(t->batch,
		    t->now_ms - (int64_t)keep_s * 1000, EVENTS);
	batch_due(t->batch, row(t->arena, DUE_PRUNE_JOURNAL, d->object,
	                        t->now_ms + JOURNAL_MS));
}

/* What a client waits for comes first. */
static const struct {
	enum due_kind kind;
	due_fn *fn;
	int64_t lease_ms; /* of rows that a flow holds; 0: none does */
} kinds[] = {
	{ DUE_ISSUANCE, due_issuance, ISSUANCE_LEASE_MS },
	{ DUE_VALIDATION, due_validation, VALIDATION_LEASE_MS },
	{ DUE_REVOKE_KEY, due_revoke_key, COMPROMISE_LEASE_MS }, /* REV-09 */
	{ DUE_PRUNE_ORDER, prune_order, 0 },
	{ DUE_PRUNE_AUTHZ, prune_authz, 0 },
	{ DUE_PRUNE_CERTIFICATE, prune_certificate, 0 },
	{ DUE_PRUNE_EAB, prune_eab, 0 },
	{ DUE_PRUNE_JOURNAL, prune_journal, 0 },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void next_batch(struct due_work *w);

static void
start_one(struct due_work *w, struct snap *s, const struct due *d)
{
	struct blocked_key *k;
	struct authz *z;
	struct order *o;

	if (d->kind == DUE_VALIDATION &&
	    (z = snap_authz(s, w->arena, d->object)) != NULL)
		validate(w->ca, z, d);
	if (d->kind == DUE_ISSUANCE &&
	    (o = snap_order(s, w->arena, d->object)) != NULL)
		issue(w->ca, o, d, NULL, NULL);
	if (d->kind == DUE_REVOKE_KEY &&
	    (k = snap_blocked_key_half(s, w->arena, d->object)) != NULL)
		compromise(w->ca, k, d);
}

/* The rows are ours and durable: start what they are for. */
static void
start(struct due_work *w)
{
	struct snap *s = snap_open(w->ca->deps.store);
	size_t resumed = 0;

	for (size_t i = 0; i < w->n_started; i++) {
		start_one(w, s, &w->started[i]);
		resumed += w->started[i].kind == DUE_VALIDATION ||
		           w->started[i].kind == DUE_ISSUANCE;
	}
	snap_close(s);
	if (resumed > 0)
		log_info("due.resumed", "kind=%s n=%zu",
		    w->started[0].kind == DUE_VALIDATION ? "validation"
		                                         : "issuance",
		    resumed);
	w->n_started = 0;
}

static void tick(void *arg);

static void
rest(struct due_work *w)
{
	w->resuming = false;
	timer_free(w->tick);
	w->tick = loop_after(w->ca->deps.loop, TICK_MS, tick, w);
}

static void
committed(void *arg, enum err e)
{
	struct due_work *w = arg;

	if (e == OK)
		start(w);
	w->n_started = 0;
	arena_free(w->arena);
	w->arena = NULL;
	if (e != OK && e != ERR_STALE) {
		log_warn("due.postponed",
		    "reason=\"the store does not take it\"");
		rest(w);
		return;
	}
	if (e == OK && !w->more)
		w->kind++;
	next_batch(w);
}

/* Rows of one kind into one batch; how many there were. */
static size_t
take(struct due_work *w, struct turn *t)
{
	struct due *rows = ARENA_ARRAY(t->arena, struct due, ROWS);
	int64_t lease = kinds[w->kind].lease_ms;
	int64_t until =
	    w->resuming && lease > 0 ? w->began_ms + lease - 1 : t->now_ms;
	size_t n = snap_due(t->snap, kinds[w->kind].kind, until, rows, ROWS);

	for (size_t i = 0; i < n; i++) {
		struct due again = { 0 };

		kinds[w->kind].fn(t, &rows[i], &again);
		batch_due_done(t->batch, &rows[i]);
		if (again.kind != 0)
			w->started[w->n_started++] = again;
	}
	return n;
}

static void
next_batch(struct due_work *w)
{
	for (; w->kind < KINDS; w->kind++) {
		struct turn t = { .ca = w->ca,
			.arena = arena_new(),
			.now_ms = loop_now(w->ca->deps.loop) };
		size_t n;

		t.snap = snap_open(w->ca->deps.store);
		t.batch = batch_new(t.arena);
		batch_essential(t.batch);
		n = take(w, &t);
		snap_close(t.snap);
		w->more = n == ROWS;
		w->arena = t.arena;
		if (n > 0) {
			store_commit(w->ca->deps.store, w->ca->deps.loop,
			    t.batch, committed, w);
			return;
		}
		arena_free(t.arena);
		w->arena = NULL;
	}
	rest(w);
}

static void
tick(void *arg)
{
	struct due_work *w = arg;

	w->kind = 0;
	next_batch(w);
}

static void
seeded(void *arg, enum err e)
{
	struct due_work *w = arg;

	(void)e; /* the next start tries again */
	arena_free(w->arena);
	w->arena = NULL;
	next_batch(w);
}

/* The journal's row is put once, and from then on renews itself. */
static bool
seed_journal(struct due_work *w)
{
	struct snap *s = snap_open(w->ca->deps.store);
	struct due d;
	size_t n = snap_due(s, DUE_PRUNE_JOURNAL, INT64_MAX, &d, 1);
	struct batch *b;

	snap_close(s);
	if (n > 0)
		return false;
	w->arena = arena_new();
	b = batch_new(w->arena);
	batch_due(b, row(w->arena, DUE_PRUNE_JOURNAL, (struct id){ { 0 } },
	                 loop_now(w->ca->deps.loop) + JOURNAL_MS));
	store_commit(w->ca->deps.store, w->ca->deps.loop, b, seeded, w);
	return true;
}

void
acme_resume(struct acme *ca)
{
	struct due_work *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	w->ca = ca;
	w->began_ms = loop_now(ca->deps.loop);
	w->resuming = true;
	ca->due = w;
	if (!seed_journal(w))
		next_batch(w);
}

void
due_free(struct acme *ca)
{
	if (ca->due == NULL)
		return;
	timer_free(ca->due->tick);
	arena_free(ca->due->arena);
	free(ca->due);
	ca->due = NULL;
}
