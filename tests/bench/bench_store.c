/*
 * What the batches of an issuance cost the store: CPU of the writer thread,
 * bytes written, commits.  `bench_store [D/db [SECONDS]]`: of an existing
 * store, or of a fresh one in /tmp.  Each of so many clients has one batch
 * under way, and the next issuance begins as soon as the last is over.
 */
#include <dirent.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "tests/mix.h"

enum { CLIENTS_MAX = 64, LIFETIME_S = 600, MICROS = 1000000, PAGE = 4096 };

struct bench;

struct runner {
	struct bench *bench;
	struct mix mix;
	struct mix_issuance now;
	struct arena *arena;
	unsigned step;
};

struct bench {
	struct store *st;
	struct loop *loop;
	struct runner runners[CLIENTS_MAX];
	struct id account;
	unsigned names, running;
	uint64_t issued;
	double until;
};

/* What has been used up by now. */
struct meter {
	double wall, all, loop; /* seconds; of CPU, but for the first */
	unsigned long long written, writes;
	struct store_stat stat;
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "bench_store: %s\n", what);
	exit(1);
}

static double
wall(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(int who)
{
	struct rusage r;

	(void)getrusage(who, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / MICROS;
}

static unsigned long long
io(const char *name)
{
	char line[128];
	unsigned long long n = 0;
	FILE *f = fopen("/proc/self/io", "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			n = strtoull(line + strlen(name) + 1, NULL, 10);
	if (f != NULL)
		(void)fclose(f);
	return n;
}

static void
read_meter(struct bench *b, struct meter *m)
{
	m->wall = wall();
	m->all = cpu(RUSAGE_SELF);
	m->loop = cpu(RUSAGE_THREAD);
	m->written = io("wchar");
	m->writes = io("syscw");
	store_stat(b->st, &m->stat);
}

static void next(struct runner *r);

static void
answered(void *arg, enum err e)
{
	struct runner *r = arg;
	struct bench *b = r->bench;

	if (e != OK)
		die("a batch that is not taken");
	arena_free(r->arena);
	r->step = (r->step + 1) % 4;
	if (r->step == 0)
		b->issued++;
	if (r->step != 0 || wall() < b->until)
		next(r);
	else if (--b->running == 0)
		loop_stop(b->loop);
}

static void
next(struct runner *r)
{
	struct bench *bench = r->bench;
	int64_t now_ms = loop_now(bench->loop);
	struct snap *s = snap_open(bench->st);
	struct batch *b;

	r->arena = arena_new();
	b = batch_new(r->arena);
	if (r->step == 0)
		mix_new_order(b, r->arena, &r->mix, &r->now, bench->names++,
		    now_ms);
	else if (r->step == 1)
		mix_verdict(b, r->arena, &r->mix, &r->now, s, now_ms);
	else if (r->step == 2)
		mix_finalize(b, r->arena, &r->mix, &r->now, s, now_ms);
	else
		mix_issue(b, r->arena, &r->mix, &r->now, s);
	snap_close(s);
	store_commit(bench->st, bench->loop, b, answered, r);
}

static void
report(unsigned clients, uint64_t n, const struct meter *a,
    const struct meter *z)
{
	double issued = (double)n,
	       commits = (double)(z->stat.commits - a->stat.commits),
	       batches = (double)(z->stat.batches - a->stat.batches),
	       all = z->all - a->all, loop = z->loop - a->loop;

	(void)printf("%7u %9.0f %9.1f %11.1f %11.1f %9.1f %8.1f %8.1f\n",
	    clients, issued / (z->wall - a->wall), batches / commits,
	    (all - loop) / issued * MICROS, loop / issued * MICROS,
	    (double)(z->written - a->written) / issued / PAGE,
	    (double)(z->written - a->written) / commits / PAGE,
	    (double)(z->writes - a->writes) / commits);
}

static void
run(struct bench *b, unsigned clients, double seconds)
{
	struct meter before, after;

	b->issued = 0;
	b->running = clients;
	b->until = wall() + seconds;
	read_meter(b, &before);
	for (unsigned i = 0; i < clients; i++) {
		struct runner *r = &b->runners[i];

		r->bench = b;
		r->step = 0;
		mix_init(&r->mix, b->account, LIFETIME_S, MIX_ORDER_S);
		next(r);
	}
	loop_run(b->loop);
	read_meter(b, &after);
	report(clients, b->issued, &before, &after);
}

static void
remove_dir(const char *path)
{
	char name[512];
	struct dirent *e;
	DIR *d = opendir(path);

	while (d != NULL && (e = readdir(d)) != NULL) {
		(void)snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		(void)unlink(name);
	}
	if (d != NULL)
		(void)closedir(d);
	(void)rmdir(path);
}

int
main(int argc, char **argv)
{
	static const unsigned clients[] = { 1, 8, 32, CLIENTS_MAX };
	char fresh[] = "/tmp/mayfly-bench.XXXXXX";
	struct bench b = { .loop = loop_new() };
	struct store_config sc = { .path = argc > 1 ? argv[1] : mkdtemp(fresh),
		.digest = sha256 };
	struct fault why = { 0 };
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 2;

	crypto_start();
	if (sc.path == NULL || (b.st = store_open(&sc, &why)) == NULL)
		die(why.detail);
	b.account = id_new(loop_now(b.loop));
	(void)printf("store    issued/s  batches/  us writer   us loop     "
	             "pages     pages/   writes/\n"
	             "clients            commit    /issued     /issued     "
	             "/issued   commit   commit\n");
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		run(&b, clients[i], seconds);
	store_close(b.st);
	loop_free(b.loop);
	if (argc <= 1)
		remove_dir(fresh);
	return 0;
}
