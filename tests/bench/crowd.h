/* tests/bench/crowd.h: many clients at once, and what is counted of them. */
#ifndef TESTS_BENCH_CROWD_H
#define TESTS_BENCH_CROWD_H

#include "tests/bench/client.h"
#include "tests/bench/sample.h"

/* What is counted, from crowd_count() on. */
struct tally {
	uint64_t issuances, requests, polls, polls_in_vain, retries;
	struct sample issuance, steps[STEP__COUNT];
};

/* Called after each certificate. */
typedef void crowd_issued(void *arg);

struct crowd {
	struct target target;
	struct loop *loop;
	struct client *clients;
	unsigned n, poll_ms, registered;
	double rate; /* issuances a second of all of them; 0: closed loop */
	const char *suffix; /* of the names ordered */
	char new_nonce[URL_MAX], new_account[URL_MAX], new_order[URL_MAX];
	struct tally tally;
	crowd_issued *issued;
	void *arg;
};

/*
 * Look at the directory, register all, and issue until the loop ends.  Of `c`,
 * target, loop, n and the options are set.
 */
void crowd_start(struct crowd *c, const char *directory);
/* Forget what was counted; with a rate, keep to it from now on. */
void crowd_count(struct crowd *c);
/* The thumbprint of the account that orders this host; for stand-ins. */
const char *crowd_thumb(void *crowd, const char *host);
void crowd_free(struct crowd *c);

#endif
