/*
 * acme/recheck.h: CAA once more before a certificate is signed, for the names
 * of which it was asked too long ago (RFC 8659, 3; CONFORMANCE FIN-13).
 */
#ifndef ACME_RECHECK_H
#define ACME_RECHECK_H

#include <stdbool.h>

#include "acme/acme.h"

struct recheck;
typedef void recheck_told(void *arg);

/* Begin. */
struct recheck *recheck_new(struct acme *ca, const struct order *o);
/* True if it is over; else `told`, once, later. */
bool recheck_await(struct recheck *r, recheck_told *told, void *arg);
void recheck_free(struct recheck *r); /* NULL is a no-op */

/* Once it is over: why not, or NULL. */
const struct fault *recheck_fault(const struct recheck *r);
/* Stage that the proofs were checked; `s` shows what they are. */
void recheck_stage(const struct recheck *r, struct snap *s, struct batch *b,
    struct arena *a);

#endif
