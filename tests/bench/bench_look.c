/*
 * What the validation of one name costs: a look at http-01 and one at its CAA
 * records, both done, at several numbers at a time.  The name server and the
 * web server are another process, whose work does not count.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/fake/probe_bench.h"

enum { WARM = 300, COUNTED = 4000 };

/* Where the other process listens. */
struct places {
	char dns[32];
	uint16_t web;
};

struct validation {
	struct bench *bench;
	struct arena *arena; /* it lives in it */
	struct probe challenge, caa;
	unsigned open;
};

static void next(struct bench *b);

static int64_t
cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void
seen(struct probe *p, void *arg)
{
	struct validation *v = arg;
	struct bench *b = v->bench;

	if (p->result != PROBE_PROVED) {
		(void)fprintf(stderr, "%s\n", p->fault.detail);
		exit(1);
	}
	if (--v->open > 0)
		return;
	arena_free(v->arena);
	if (++b->done == b->stop_at)
		loop_stop(b->loop);
	next(b);
}

static void
next(struct bench *b)
{
	struct arena *a;
	struct validation *v;

	if (b->counter == b->stop_at)
		return; /* the last ones are under way */
	a = arena_new();
	v = ARENA_NEW(a, struct validation);
	v->bench = b;
	v->arena = a;
	v->open = 2;
	v->challenge.ident.value =
	    arena_printf(a, "n%u.internal", b->counter++);
	v->challenge.token = TOKEN;
	v->challenge.key_authz = KEY_AUTHZ;
	v->challenge.arena = a;
	v->caa.ident = v->challenge.ident;
	v->caa.method = "http-01";
	v->caa.arena = a;
	challenge_find("http-01")->look(b->prober, &v->challenge, seen, v);
	caa_look(b->prober, &v->caa, seen, v);
}

static void
run(struct bench *b, unsigned n, unsigned at_a_time)
{
	b->done = b->counter = 0;
	b->stop_at = n;
	for (unsigned i = 0; i < at_a_time; i++)
		next(b);
	loop_run(b->loop);
}

static void
measure(const struct places *p, unsigned at_a_time)
{
	static const char *const loopback[] = { "127.0.0.0/8" };
	struct bench b = { .loop = loop_new() };
	int64_t began, took;

	b.config = (struct prober_config){
		.dns = p->dns,
		.policy = { .allow = loopback, .n_allow = 1 },
		.http_port = p->web,
		.look_ms = 10000,
		.dial_ms = 5000,
		.parallel = 1000,
		.user_agent = "mayfly-bench",
	};
	bench_configure(&b);
	run(&b, WARM, at_a_time);
	began = cpu_ns();
	run(&b, COUNTED, at_a_time);
	took = (cpu_ns() - began) / COUNTED;
	(void)printf("look_%-11u %8d %10lld ns/op\n", at_a_time, COUNTED,
	    (long long)took);
	prober_free(b.prober);
	loop_free(b.loop);
}

/* Never returns. */
static void
stand_in(int fd)
{
	struct bench b = { .loop = loop_new() };
	struct places p = { .web = 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	dns_peer_start(&b.dns, b.loop, bench_names, &b);
	web_peer_start(&b.web, b.loop, false, 0, bench_pages, &b);
	(void)snprintf(p.dns, sizeof(p.dns), "%s", b.dns.text);
	p.web = b.web.port;
	if (write(fd, &p, sizeof(p)) != sizeof(p))
		abort();
	loop_run(b.loop);
	abort();
}

int
main(void)
{
	struct places p;
	pid_t other;
	int ends[2];

	(void)bench_setup(NULL);
	if (pipe(ends) != 0 || (other = fork()) < 0)
		return 1;
	if (other == 0)
		stand_in(ends[1]);
	if (read(ends[0], &p, sizeof(p)) != sizeof(p))
		return 1;
	measure(&p, 1);
	measure(&p, 8);
	measure(&p, 32);
	(void)kill(other, SIGKILL);
	(void)waitpid(other, NULL, 0);
	return 0;
}
