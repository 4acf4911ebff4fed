/*
 * Pruning at 200 issuances a second, by the real due work, in a CA that is
 * whole but for its network.  First a simulated hour, minute by minute: the
 * level of the file, and for how long a minute's rows keep it busy (the clock
 * leaps between them).  Then some
 * real seconds: what those who commit meanwhile see of it.
 * `bench_prune [SIMULATED_S [REAL_S]]`
 */
#include <sys/stat.h>
#include <time.h>

#include "acme/due.h"
#include "tests/fake/ca.h"
#include "tests/fake/parts.h"
#include "tests/mix.h"

enum {
	RATE = 200,      /* issuances a second */
	AT_ONCE = 50,    /* of them in a batch, in simulated time; */
	A_BATCH = 4,     /* in real time, which is a batch in 20 ms */
	LIFETIME_S = 60, /* so that an hour is sixty lifetimes */
	LEAP_MS = 11000, /* so that each lifetime is over, the journal's, too */
	SHORT_S = 2,     /* the same in real time */
	USUAL_S = 600,
	PERCENTILE = 99,
};

struct tally {
	double *took_ms;
	size_t n, room;
};

static double
wall_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
at_percent(struct tally *t, unsigned percent)
{
	qsort(t->took_ms, t->n, sizeof(*t->took_ms), compare);
	return t->n == 0 ? 0 : t->took_ms[(t->n - 1) * percent / 100];
}

static void
issue(struct fake_ca *w, const struct mix *m, unsigned n, struct tally *t)
{
	struct arena *a = arena_new();
	struct batch *b = batch_new(a);
	struct mix_issuance i;
	double began;

	for (unsigned k = 0; k < n; k++) {
		(void)snprintf(i.name, sizeof(i.name), "host-%u.internal", k);
		mix_past(b, a, m, &i, true, loop_now(w->loop));
	}
	began = wall_ms();
	fake_commit(w, b);
	if (t != NULL && t->n < t->room)
		t->took_ms[t->n++] = wall_ms() - began;
	arena_free(a);
}

static unsigned long long
file_bytes(struct fake_ca *w)
{
	const char *path =
	    arena_printf(w->arena, "%s/db/data.mdb", w->parts->dir);
	struct stat st;

	return stat(path, &st) == 0 ? (unsigned long long)st.st_size : 0;
}

static struct fake_ca *
begin(struct mix *m, unsigned lifetime_s, unsigned keep_s)
{
	struct fake_ca *w = fake_ca_new();

	w->config.keep_s = keep_s;
	w->config.keep_journal_s = keep_s + lifetime_s;
	mix_init(m, id_new(1), lifetime_s, keep_s);
	m->order_s = m->authz_s = lifetime_s;
	acme_resume(w->ca);
	return w;
}

/* Until nothing is left of what is over; from its first deletion on. */
static double
prune(struct fake_ca *w)
{
	struct store_stat s;
	uint64_t had;
	double began = wall_ms();

	store_stat(w->store, &s);
	for (had = s.orders; s.orders == had && had > 0;
	     store_stat(w->store, &s)) {
		began = wall_ms();
		fake_ca_run(w, 1, NULL);
	}
	while (s.certificates > 0 || s.authzs > 0 || s.events > RATE) {
		fake_ca_run(w, 1, NULL);
		store_stat(w->store, &s);
	}
	return wall_ms() - began;
}

static void
simulate(unsigned seconds)
{
	struct mix m;
	struct fake_ca *w = begin(&m, LIFETIME_S, 0);
	int64_t began_ms = loop_now(w->loop);
	struct store_stat s;
	double busy;

	(void)printf("simulated s, certificates; MB in use, of the file; ms "
	             "that pruning them took\n");
	for (unsigned t = LIFETIME_S; t <= seconds; t += LIFETIME_S) {
		for (unsigned i = 0; i < RATE * LIFETIME_S; i += AT_ONCE)
			issue(w, &m, AT_ONCE, NULL);
		store_stat(w->store, &s);
		fake_clock_set(w, began_ms + (int64_t)t * LEAP_MS);
		busy = prune(w);
		(void)printf("%7u %8llu %9.1f %9.1f %9.0f\n", t,
		    (unsigned long long)s.certificates,
		    (double)s.used_bytes / 1e6, (double)file_bytes(w) / 1e6,
		    busy);
		(void)fflush(stdout);
	}
	fake_ca_free(w);
}

static void
pace(const char *how, unsigned seconds, unsigned keep_s)
{
	struct mix m;
	struct fake_ca *w = begin(&m, SHORT_S, keep_s);
	struct tally t = { .room = (size_t)seconds * RATE / A_BATCH };
	struct store_stat s;
	double next = wall_ms();

	t.took_ms = calloc(t.room, sizeof(*t.took_ms));
	for (size_t i = 0; i < t.room; i++, next += 1e3 * A_BATCH / RATE) {
		while (wall_ms() < next)
			fake_ca_run(w, 1, NULL);
		issue(w, &m, A_BATCH, &t);
	}
	store_stat(w->store, &s);
	(void)printf("%-12s %8llu %9.2f %9.2f\n", how,
	    (unsigned long long)s.certificates, at_percent(&t, 50),
	    at_percent(&t, PERCENTILE));
	free(t.took_ms);
	fake_ca_free(w);
}

int
main(int argc, char **argv)
{
	unsigned simulated =
	    argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : USUAL_S;
	unsigned real = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 8;

	simulate(simulated);
	(void)printf("certificates left; ms p50, p99 of a commit of %d\n",
	    A_BATCH);
	pace("not pruned", real, USUAL_S);
	pace("pruned", real, 0);
	return 0;
}
