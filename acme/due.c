/*
 * Due work: on one loop, once a second, oldest rows first, a small batch at a
 * time so that no request waits for it, and after each full one the kinds from
 * the first again, so that what is urgent never waits for what is much.  A row is struck in the batch that
 * does what it asks; validations and issuances get a later row instead, which
 * their own verdict strikes.
 */
#include "acme/due.h"

#include <stdlib.h>

#include "acme/acme_int.h"
#include "acme/compromise.h"
#include "acme/crl.h"
#include "acme/due_int.h"
#include "acme/issue.h"
#include "acme/state.h"
#include "acme/underway.h"
#include "acme/validate.h"
#include "base/log.h"

enum { TICK_MS = 1000, ROWS = 64 };

struct due_work {
	struct acme *ca;
	struct timer *tick;
	struct arena *arena; /* of the batch being committed; NULL: none */
	struct due started[ROWS];
	size_t n_started;
	int64_t began_ms; /* rows taken over since lie a whole lease later */
	bool resuming;    /* the first pass takes every row from before that */
	bool more;
	bool halted;
	/* How many issuers have lists, will have them; which one is in use. */
	size_t n_issuers, n_planning;
	unsigned issuer, planning;
	bool planned;  /* all that was to be, when it is durable */
	unsigned kind; /* row of `kinds` this pass is at */
};

/* Take the row over for as long as the work may last. */
static void
renew(struct turn *t, const struct due *d, int64_t until_ms, struct due *again)
{
	struct due *later = ARENA_NEW(t->arena, struct due);

	*later = *d;
	later->at_ms = until_ms;
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
	renew(t, d, t->now_ms + VALIDATION_LEASE_MS, again);
	if (underway_has(t->ca->deps.underway, d->object, d->index))
		again->kind = 0;
}

static void
due_issuance(struct turn *t, const struct due *d, struct due *again)
{
	struct order *o = snap_order(t->snap, t->arena, d->object);

	if (o != NULL && o->status == ORDER_PROCESSING)
		renew(t, d, t->now_ms + ISSUANCE_LEASE_MS, again);
}

static bool
starting(const struct due_work *w, const struct due *d)
{
	for (size_t i = 0; i < w->n_started; i++)
		if (w->started[i].kind == d->kind &&
		    id_equal(w->started[i].object, d->object))
			return true;
	return false;
}

/* One look through all certificates at a time, which is for all keys. */
static void
due_revoke_key(struct turn *t, const struct due *d, struct due *again)
{
	const struct due_work *w = t->ca->due;
	const struct blocked_key *k =
	    snap_blocked_key_half(t->snap, t->arena, d->object);

	if (k == NULL || compromise_over(t->ca, k))
		return;
	if (compromise_under_way(t->ca, d)) {
		renew(t, d, t->now_ms + COMPROMISE_LEASE_MS, again);
		(void)compromise_under_way(t->ca, again);
		again->kind = 0;
	} else if (t->ca->compromise != NULL || w->n_started > 0) {
		due_postpone(t, d,
		    t->now_ms + (w->resuming ? COMPROMISE_LEASE_MS
		                             : COMPROMISE_PAUSE_MS));
	} else {
		renew(t, d, t->now_ms + COMPROMISE_LEASE_MS, again);
	}
}

/* Nobody needs it any more: see crl_over(). */
static void
end_list(struct turn *t, struct crl_name name)
{
	struct event *e = ARENA_NEW(t->arena, struct event);

	e->kind = "crl.ended";
	e->object = crl_id(name);
	e->detail =
	    arena_printf(t->arena, "{\"issuer\":%u,\"shards\":%u,\"shard\":%u}",
	        name.issuer, name.shards, name.shard);
	batch_delete_crl(t->batch, name);
	batch_event(t->batch, e);
}

/* Several rows, or some that come while a list is being made: one list. */
static void
due_crl(struct turn *t, const struct due *d, struct due *again)
{
	const struct acme_config *config = t->ca->deps.config;
	struct crl_name name;
	struct crl_head head = { .der_len = 0 };
	int64_t due_ms;
	bool had;

	if (!crl_name_of(d->object, &name) || starting(t->ca->due, d) ||
	    !crl_possible(config, name.issuer, t->now_ms / 1000))
		return;
	had = snap_crl_head(t->snap, name, &head);
	due_ms = crl_due_ms(&head, t->now_ms);
	if (due_ms > t->now_ms)
		due_postpone(t, d, crl_asking_ms(due_ms));
	else if (crl_under_way(t->ca, d))
		due_postpone(t, d, crl_asking_ms(t->now_ms + CRL_PAUSE_MS));
	else if (name.shards != 0 && had &&
	         crl_over(&head, config, t->now_ms / 1000))
		end_list(t, name);
	else if (name.shards == 0 || had)
		renew(t, d, crl_own_ms(t->now_ms + CRL_LEASE_MS), again);
}

/* What a client waits for comes first. */
static const struct {
	enum due_kind kind;
	due_fn *fn;
	int64_t lease_ms; /* of rows that a flow holds; 0: none does */
} kinds[] = {
	{ DUE_ISSUANCE, due_issuance, ISSUANCE_LEASE_MS },
	{ DUE_VALIDATION, due_validation, VALIDATION_LEASE_MS },
	{ DUE_CRL, due_crl, CRL_LEASE_MS },                      /* CRL-02 */
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
	struct authz *z;
	struct order *o;

	if (d->kind == DUE_VALIDATION &&
	    (z = snap_authz(s, w->arena, d->object)) != NULL)
		validate(w->ca, z, d);
	if (d->kind == DUE_ISSUANCE &&
	    (o = snap_order(s, w->arena, d->object)) != NULL)
		issue(w->ca, o, d, NULL, NULL);
	if (d->kind == DUE_REVOKE_KEY)
		compromise(w->ca, d);
	if (d->kind == DUE_CRL)
		crl_publish(w->ca, d);
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
	if (e == OK)
		w->kind = w->more ? 0 : w->kind + 1;
	next_batch(w);
}

/* Rows of one kind into one batch; how many there were. */
static size_t
take(struct due_work *w, struct turn *t)
{
	struct due *rows = ARENA_ARRAY(t->arena, struct due, ROWS);
	int64_t lease = kinds[w->kind].lease_ms;
	size_t n;

	t->until_ms = t->now_ms;
	if (w->resuming && lease > 0 && w->began_ms + lease > t->now_ms)
		t->until_ms = w->began_ms + lease - 1;
	n = snap_due(t->snap, kinds[w->kind].kind, t->until_ms, rows, ROWS);
	/* first, so that what is put back under the same key stays */
	for (size_t i = 0; i < n; i++)
		batch_due_done(t->batch, &rows[i]);
	for (size_t i = 0; i < n; i++) {
		struct due again = { 0 };

		kinds[w->kind].fn(t, &rows[i], &again);
		if (again.kind != 0)
			w->started[w->n_started++] = again;
	}
	return n;
}

static void
next_batch(struct due_work *w)
{
	for (; w->kind < KINDS && !w->halted; w->kind++) {
		struct turn t = { .ca = w->ca,
			.arena = arena_new(),
			.now_ms = loop_now(w->ca->deps.loop) };
		size_t n;

		t.snap = snap_open(w->ca->deps.store);
		t.batch = batch_new(t.arena);
		batch_essential(t.batch);
		n = take(w, &t);
		snap_close(t.snap);
		/* what only waits is not gone through over and over */
		w->more = (n == ROWS && t.put_back < n) || t.more;
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

static bool seed(struct due_work *w);

static void
tick(void *arg)
{
	struct due_work *w = arg;

	w->kind = 0;
	if (!w->halted && !seed(w))
		next_batch(w);
}

static void
seeded(void *arg, enum err e)
{
	struct due_work *w = arg;

	if (e == OK && w->planned) {
		w->n_issuers = w->n_planning;
		w->issuer = w->planning;
	}
	arena_free(w->arena);
	w->arena = NULL;
	next_batch(w);
}

/* Put once, and from then on it renews itself. */
static void
seed_journal(struct due_work *w, struct snap *s, struct batch *b)
{
	struct due d;

	if (snap_due(s, DUE_PRUNE_JOURNAL, INT64_MAX, &d, 1) == 0)
		batch_due(b,
		    due_row(w->arena, DUE_PRUNE_JOURNAL, (struct id){ { 0 } },
		        loop_now(w->ca->deps.loop) + JOURNAL_MS));
}

/* Rows that are always there; issuers may be added while we run. */
static bool
seed(struct due_work *w)
{
	struct batch *b;
	struct snap *s;

	w->n_planning = w->ca->deps.config->n_issuers;
	w->planning = w->ca->deps.config->issuer;
	if (w->n_issuers >= w->n_planning && w->issuer == w->planning &&
	    !w->resuming)
		return false;
	w->arena = arena_new();
	b = batch_new(w->arena);
	s = snap_open(w->ca->deps.store);
	seed_journal(w, s, b);
	w->planned = crl_plan(w->ca, s, b, w->arena);
	snap_close(s);
	if (batch_empty(b)) {
		seeded(w, OK);
		return true;
	}
	batch_essential(b);
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
	if (!seed(w))
		next_batch(w);
}

void
due_halt(struct acme *ca)
{
	if (ca->due != NULL)
		ca->due->halted = true;
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
