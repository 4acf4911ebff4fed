/* acme/trial.h: misbehaviour on purpose, so that clients' tests meet it. */
#ifndef ACME_TRIAL_H
#define ACME_TRIAL_H

#include <stdbool.h>

/* What `mayfly dev` may be told; all as usual elsewhere. */
struct acme_trial {
	unsigned nonce_reject; /* percent of good nonces; 0 */
	unsigned authz_reuse;  /* percent of proofs that are used again; 100 */
	unsigned delay_ms;     /* before the first look at a challenge; 0 */
};

/* True so often in a hundred. */
bool trial_chance(unsigned percent);

/*
 * Is this good nonce one of those to be refused?  It is so from the first, so
 * that others are given out where a client begins, or tries again.
 */
bool trial_refuses(const char *nonce, unsigned percent);

#endif
