/*
 * Counters nobody waits for: relaxed atomics in tables whose first column is
 * taken by whoever needs a row first.  No row is of a client's making.
 */
#include "acme/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "acme/problem.h"
#include "http/http.h"

enum { ROWS = 64, SLOTS = ERR__COUNT + 4, LISTENERS = 2, BUCKETS = 11 };

typedef _Atomic uint64_t counter;
typedef const char *_Atomic label;

/* Upper bounds of issuance, in ms; then infinity. */
static const int64_t bounds_ms[BUCKETS - 1] = { 5, 10, 25, 50, 100, 250, 500,
	1000, 2500, 10000 };

/* Of statuses below 400, which no error has. */
static const int successes[SLOTS - ERR__COUNT] = { 200, 201, 204, 304 };

static const int refusals[] = { 400, 408, 413, 414, 431, 503 };
enum { REFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

struct table {
	label names[ROWS];
	counter cells[ROWS][SLOTS];
};

struct metrics {
	struct table replies, decided;
	counter refused[REFUSALS];
	counter issued[BUCKETS], issued_ms, not_issued;
	struct {
		const char *name;
		metrics_stat *stat;
		_Atomic(struct http_server *) server;
	} listeners[LISTENERS];
};

struct metrics *
metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m == NULL)
		abort();
	return m;
}

void
metrics_free(struct metrics *m)
{
	free(m);
}

static void
add(counter *c, uint64_t n)
{
	(void)atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

static uint64_t
value(counter *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

/*
 * The row of that name, new if need be; the last is for what finds no room.
 * Mostly it is the very text that made the row.
 */
static counter *
row(struct table *t, const char *name)
{
	for (int i = 0; i < ROWS - 1; i++)
		if (atomic_load_explicit(&t->names[i], memory_order_relaxed) ==
		    name)
			return t->cells[i];
	for (int i = 0; i < ROWS - 1; i++) {
		const char *was = atomic_load(&t->names[i]);

		if (was == NULL &&
		    atomic_compare_exchange_strong(&t->names[i], &was, name))
			return t->cells[i];
		if (was == name || strcmp(was, name) == 0)
			return t->cells[i];
	}
	atomic_store(&t->names[ROWS - 1], "other");
	return t->cells[ROWS - 1];
}

void
metrics_listener(struct metrics *m, const char *name, metrics_stat *stat,
    struct http_server *s)
{
	for (int i = 0; m != NULL && i < LISTENERS; i++)
		if (atomic_load(&m->listeners[i].server) == NULL) {
			m->listeners[i].name = name;
			m->listeners[i].stat = stat;
			atomic_store(&m->listeners[i].server, s);
			return;
		}
}

static int
slot_of(enum err e, int status)
{
	if (e != OK || status >= 400)
		return e != OK ? (int)e : ERR_INTERNAL;
	for (int i = 0; i < SLOTS - ERR__COUNT; i++)
		if (successes[i] == status)
			return ERR__COUNT + i;
	return ERR__COUNT; /* a new one: count it as the first */
}

void
metrics_reply(struct metrics *m, const char *endpoint, enum err e, int status)
{
	if (m != NULL)
		add(&row(&m->replies, endpoint)[slot_of(e, status)], 1);
}

void
metrics_refused(struct metrics *m, int status)
{
	for (int i = 0; m != NULL && i < REFUSALS; i++)
		if (refusals[i] == status)
			add(&m->refused[i], 1);
}

void
metrics_decided(struct metrics *m, const char *type, enum err e)
{
	if (m != NULL)
		add(&row(&m->decided, type)[e], 1);
}

void
metrics_issued(struct metrics *m, int64_t ms)
{
	int i = 0;

	if (m == NULL)
		return;
	while (i < BUCKETS - 1 && ms > bounds_ms[i])
		i++;
	add(&m->issued[i], 1);
	add(&m->issued_ms, ms > 0 ? (uint64_t)ms : 0);
}

void
metrics_not_issued(struct metrics *m)
{
	if (m != NULL)
		add(&m->not_issued, 1);
}

/* --- the text --- */

void
metrics_family(struct page *out, const char *name, const char *type,
    const char *help)
{
	page_add(out, "# HELP mayfly_%s %s\n# TYPE mayfly_%s %s\n", name, help,
	    name, type);
}

void
metrics_sample(struct page *out, const char *name, const char *labels,
    uint64_t value)
{
	page_add(out, "mayfly_%s%s %" PRIu64 "\n", name, labels, value);
}

/* `tell` for each cell that is not zero. */
static void
each(struct table *t, struct page *out,
    void (*tell)(struct page *out, const char *name, int slot, uint64_t n))
{
	for (int i = 0; i < ROWS; i++) {
		const char *name = atomic_load(&t->names[i]);

		for (int k = 0; name != NULL && k < SLOTS; k++)
			if (value(&t->cells[i][k]) != 0)
				tell(out, name, k, value(&t->cells[i][k]));
	}
}

static void
tell_reply(struct page *out, const char *name, int slot, uint64_t n)
{
	bool good = slot >= ERR__COUNT;
	const struct problem *p = good ? NULL : problem_of((enum err)slot);

	page_add(out,
	    "mayfly_requests_total{endpoint=\"%s\",status=\"%d\",error=\"%s\"} "
	    "%" PRIu64 "\n",
	    name, good ? successes[slot - ERR__COUNT] : p->http,
	    good ? "" : p->type, n);
}

static void
tell_decided(struct page *out, const char *name, int slot, uint64_t n)
{
	page_add(out,
	    "mayfly_validations_total{challenge=\"%s\",outcome=\"%s\"} "
	    "%" PRIu64 "\n",
	    name, slot == OK ? "valid" : problem_of((enum err)slot)->type, n);
}

/* The sum of a table's cells in one column, or of one row. */
static uint64_t
sum(struct table *t, const char *name, int slot)
{
	uint64_t n = 0;

	for (int i = 0; i < ROWS; i++) {
		const char *had = atomic_load(&t->names[i]);

		for (int k = 0; had != NULL && k < SLOTS; k++)
			if ((name == NULL || strcmp(name, had) == 0) &&
			    (slot < 0 || slot == k))
				n += value(&t->cells[i][k]);
	}
	return n;
}

static void
tell_issued(struct metrics *m, struct page *out)
{
	uint64_t n = 0;

	metrics_family(out, "issuance_seconds", "histogram",
	    "From finalize to a certificate that is on disk.");
	for (int i = 0; i < BUCKETS; i++) {
		n += value(&m->issued[i]);
		if (i < BUCKETS - 1)
			page_add(out,
			    "mayfly_issuance_seconds_bucket{le=\"%g\"} "
			    "%" PRIu64 "\n",
			    (double)bounds_ms[i] / 1000, n);
	}
	page_add(out,
	    "mayfly_issuance_seconds_bucket{le=\"+Inf\"} %" PRIu64
	    "\nmayfly_issuance_seconds_sum %.3f\n"
	    "mayfly_issuance_seconds_count %" PRIu64 "\n",
	    n, (double)value(&m->issued_ms) / 1000, n);
	metrics_family(out, "issuance_failures_total", "counter",
	    "Orders that were finalized and came to nothing.");
	metrics_sample(out, "issuance_failures_total", "",
	    value(&m->not_issued));
}

static void
tell_listeners(struct metrics *m, struct page *out)
{
	static const struct {
		const char *name, *type, *help;
	} families[] = {
		{ "connections", "gauge", "Connections that stand." },
		{ "connections_total", "counter", "Connections accepted." },
		{ "http_requests_total", "counter",
		    "Requests read, pages and all." },
		{ "http_refused_total", "counter",
		    "Requests refused before they were whole." },
	};

	for (int k = 0; k < 4; k++) {
		metrics_family(out, families[k].name, families[k].type,
		    families[k].help);
		for (int i = 0; i < LISTENERS; i++) {
			struct http_server *s =
			    atomic_load(&m->listeners[i].server);
			struct http_stat st = { 0 };

			if (s == NULL)
				continue;
			m->listeners[i].stat(s, &st);
			const uint64_t values[] = { st.connections, st.accepted,
				st.requests, st.refused };

			page_add(out,
			    "mayfly_%s{listener=\"%s\"} %" PRIu64 "\n",
			    families[k].name, m->listeners[i].name, values[k]);
		}
	}
}

void
metrics_text(struct metrics *m, struct page *out)
{
	metrics_family(out, "requests_total", "counter",
	    "Replies, by endpoint, status and type of error.");
	each(&m->replies, out, tell_reply);
	metrics_family(out, "refused_total", "counter",
	    "What never became a request, by status.");
	for (int i = 0; i < REFUSALS; i++)
		page_add(out,
		    "mayfly_refused_total{status=\"%d\"} %" PRIu64 "\n",
		    refusals[i], value(&m->refused[i]));
	metrics_family(out, "nonce_failures_total", "counter",
	    "Requests whose nonce was not good.");
	metrics_sample(out, "nonce_failures_total", "",
	    sum(&m->replies, NULL, ERR_BAD_NONCE));
	metrics_family(out, "ari_polls_total", "counter",
	    "Questions when to renew (RFC 9773).");
	metrics_sample(out, "ari_polls_total", "",
	    sum(&m->replies, "/acme/renewal-info/:cert", -1));
	metrics_family(out, "validations_total", "counter",
	    "Challenges decided, by type and outcome.");
	each(&m->decided, out, tell_decided);
	tell_issued(m, out);
	tell_listeners(m, out);
}
