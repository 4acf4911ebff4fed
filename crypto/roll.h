/*
 * crypto/roll.h: issuers that follow one another.
 *
 * Whoever changes D/ca holds a lock on it meanwhile.  A key is on disk before
 * its certificate, and a certificate is there whole or not at all: what a
 * crash leaves is a hierarchy as it was, and perhaps a key that the next run
 * goes on with.
 */
#ifndef CRYPTO_ROLL_H
#define CRYPTO_ROLL_H

#include <stdbool.h>

#include "crypto/ca.h"

/*
 * Make the next issuer, signed by the root whose key is in D/ca; its number
 * goes to `number`.  ERR_NOT_FOUND if that key is not there; ERR_STALE if there
 * are not `had` issuers any more (0: as many as there are); ERR_BUSY if D/ca is
 * locked; ERR_INTERNAL.
 */
enum err ca_rotate(const char *ca, const struct ca_spec *spec, size_t had,
    int64_t now, size_t *number, struct fault *f) MUST_USE;

/*
 * When the newest issuer is to be followed by another, as Unix time: so long
 * before its end that a certificate of `longest_s` is not cut, and never less
 * than `overlap_s` (0: a third of its life), but within its life.
 */
int64_t ca_rotation_due(const struct ca *ca, int64_t overlap_s,
    int64_t longest_s);

/* Would another live longer?  Not if the root ends with the newest. */
bool ca_rotation_helps(const struct ca *ca);

#endif
