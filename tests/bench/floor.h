/*
 * tests/bench/floor.h: what no implementation can avoid: a P-256 verification
 * for each request with a key that is kept, one of a CSR's own signature with
 * the key it brings, and one signature.
 */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include <stdio.h>

struct floor;

/* Time it from now on, on a thread of its own. */
struct floor *floor_start(void);
/* {"verify_us":…,"csr_us":…,"sign_us":…}, means of many rounds. */
void floor_stop(struct floor *f, FILE *out);

#endif
