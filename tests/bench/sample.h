/* tests/bench/sample.h: how long things took. */
#ifndef TESTS_BENCH_SAMPLE_H
#define TESTS_BENCH_SAMPLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct sample {
	int64_t *ns;
	size_t n, room;
};

void sample_add(struct sample *s, int64_t ns);
void sample_forget(struct sample *s);
/* {"n":…,"p50":…,"p95":…,"p99":…,"max":…}, in milliseconds; sorts. */
void sample_say(struct sample *s, FILE *out);
/* Nanoseconds; 0 of none. */
double sample_mean(const struct sample *s);
void sample_free(struct sample *s);

#endif
