/*
 * A bucket is one number, the time when it is full again (GCRA): a token moves
 * it on by 1/n of the period, and one that lies a period ahead is empty.  So
 * one in the past need not be kept, and a rate that changes needs no care.
 *
 * Buckets lie in sets of eight, found by a keyed hash that nobody outside can
 * aim with.
 */
#include "acme/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "crypto/digest.h"

enum { SETS = 1 << 14, WAYS = 8, MS = 1000000 /* ns */ };

struct bucket {
	uint64_t tag;
	int64_t full_ns; /* Unix time */
};

struct limits {
	pthread_mutex_t lock;
	struct scatter
	    *scatters[LIMIT__COUNT]; /* one's buckets are not another's */
	_Atomic uint64_t hits[LIMIT__COUNT];
	struct bucket sets[SETS][WAYS];
};

static const struct limit_row rows[] = {
#define X(limit, name, fallback, what, whose) \
	[LIMIT_##limit] = { name, what, whose },
	LIMITS(X)
#undef X
};

const struct limit_row *
limit_row(enum limit limit)
{
	return &rows[limit];
}

struct limits *
limits_new(void)
{
	struct limits *l = calloc(1, sizeof(*l));
	uint8_t key[SCATTER_KEY];

	if (l == NULL || pthread_mutex_init(&l->lock, NULL) != 0)
		abort();
	for (unsigned i = 0; i < LIMIT__COUNT; i++) {
		random_bytes(key, sizeof(key));
		l->scatters[i] = scatter_new(key);
	}
	return l;
}

void
limits_free(struct limits *l)
{
	if (l == NULL)
		return;
	(void)pthread_mutex_destroy(&l->lock);
	for (unsigned i = 0; i < LIMIT__COUNT; i++)
		scatter_free(l->scatters[i]);
	free(l);
}

/* One bucket looked at: where it is, or may be, and what it says. */
struct look {
	struct bucket *set;
	uint64_t tag;
	struct bucket *at; /* NULL: it is full */
	int64_t full_ns;
};

static uint64_t
tag_of(const struct limits *l, const struct charge *c)
{
	uint64_t tag = scatter_of(l->scatters[c->limit], c->who, c->who_len);

	return tag != 0 ? tag : 1;
}

static int64_t
period(const struct charge *c)
{
	return c->rate.per_ms * MS;
}

/* What the tokens asked for are worth; never more than the whole bucket. */
static int64_t
cost(const struct charge *c)
{
	unsigned n = c->n < c->rate.n ? c->n : c->rate.n;

	return period(c) / c->rate.n * n;
}

static bool
is_on(const struct charge *c)
{
	return c->rate.n != 0 && c->rate.per_ms != 0;
}

/* A clock that was set back must not keep anyone out for longer. */
static int64_t
clamped(int64_t full_ns, int64_t now_ns, const struct charge *c)
{
	if (full_ns < now_ns)
		return now_ns;
	return full_ns < now_ns + period(c) ? full_ns : now_ns + period(c);
}

static struct look
look_at(struct limits *l, const struct charge *c, int64_t now_ns)
{
	struct look k = {
		.set = l->sets[c->tag % SETS], .tag = c->tag, .full_ns = now_ns
	};

	for (int i = 0; i < WAYS; i++)
		if (k.set[i].tag == c->tag)
			k.at = &k.set[i];
	if (k.at != NULL)
		k.full_ns = k.at->full_ns = clamped(k.at->full_ns, now_ns, c);
	return k;
}

static void
store(struct look *k, int64_t full_ns)
{
	if (k->at == NULL) { /* the fullest makes room */
		k->at = &k->set[0];
		for (int i = 1; i < WAYS; i++)
			if (k->set[i].full_ns < k->at->full_ns)
				k->at = &k->set[i];
	}
	*k->at = (struct bucket){ k->tag, full_ns };
}

/* The ns until it could be taken; 0: now. */
static int64_t
ask(struct limits *l, const struct charge *c, int64_t now_ns)
{
	struct look k = look_at(l, c, now_ns);
	int64_t want = k.full_ns + cost(c), most = now_ns + period(c);

	return want > most ? want - most : 0;
}

/* Empty is the least it can be. */
static void
take(struct limits *l, const struct charge *c, int64_t now_ns)
{
	struct look k = look_at(l, c, now_ns);

	store(&k, clamped(k.full_ns + cost(c), now_ns, c));
}

int64_t
limits_take(struct limits *l, struct charge *c, size_t n, int64_t now_ms,
    const struct charge **hit)
{
	int64_t now_ns = now_ms * MS, longest = 0;

	for (size_t i = 0; i < n; i++)
		c[i].tag = is_on(&c[i]) ? tag_of(l, &c[i]) : 0;
	(void)pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < n; i++) {
		int64_t wait = is_on(&c[i]) ? ask(l, &c[i], now_ns) : 0;

		if (wait > longest) {
			longest = wait;
			*hit = &c[i];
		}
	}
	for (size_t i = 0; longest == 0 && i < n; i++)
		if (is_on(&c[i]) && !c[i].only_ask)
			take(l, &c[i], now_ns);
	(void)pthread_mutex_unlock(&l->lock);
	if (longest > 0)
		l->hits[(*hit)->limit]++;
	return (longest + MS - 1) / MS;
}

void
limits_refund(struct limits *l, struct charge *c, size_t n, int64_t now_ms)
{
	int64_t now_ns = now_ms * MS;

	for (size_t i = 0; i < n; i++)
		if (c[i].tag == 0)
			c[i].tag = tag_of(l, &c[i]);
	(void)pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < n; i++) {
		struct look k;

		if (!is_on(&c[i]) || c[i].only_ask)
			continue;
		k = look_at(l, &c[i], now_ns);
		if (k.at != NULL) /* RL-07 */
			store(&k,
			    clamped(k.full_ns - cost(&c[i]), now_ns, &c[i]));
	}
	(void)pthread_mutex_unlock(&l->lock);
}

void
limits_count(struct limits *l, struct charge *c, int64_t now_ms)
{
	if (!is_on(c))
		return;
	c->tag = tag_of(l, c);
	(void)pthread_mutex_lock(&l->lock);
	take(l, c, now_ms * MS);
	(void)pthread_mutex_unlock(&l->lock);
}

uint64_t
limits_hits(struct limits *l, enum limit limit)
{
	return l->hits[limit];
}
