/* tests/bench/load.h: the load generator's modes, and what they share. */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"

struct options {
	const char *url, *ca, *method, *suffix;
	unsigned clients, count, poll_ms, stall_s;
	uint16_t dns_port, web_port;
	double seconds, warm, rate;
	bool resume, hold;
	char **command; /* what follows -- */
};

/* One mode each; 0, or the program's exit code. */
int load_acme(const struct options *o);
int load_get(const struct options *o);
int load_shake(const struct options *o);
int load_idle(const struct options *o);
int load_start(const struct options *o);

/*
 * What is measured: after the warming up, for so long.  It says so, a line of
 * JSON each, `{"event":"begin"}` and `{"event":"end"}`; with --hold all goes
 * on after that until standard input ends, so that whoever looks at the server
 * at the end finds it at work.
 */
struct window {
	struct loop *loop;
	const struct options *options;
	loop_fn *begin, *end; /* may be NULL */
	void *arg;
	struct timer *timer;
	struct watch *input;
	bool over;
	int64_t began, ended; /* nanoseconds */
	double cpu;           /* of this thread, meanwhile, in seconds */
};
void window_start(struct window *w);
/* Before its time; no-op if it is over. */
void window_end(struct window *w);
double window_seconds(const struct window *w);

#endif
