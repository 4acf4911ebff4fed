/* acme/validate.h: from an accepted challenge to a durable verdict. */
#ifndef ACME_VALIDATE_H
#define ACME_VALIDATE_H

#include "acme/acme.h"

/* Longer than the last look can last, so that only a crash leaves its row. */
enum { VALIDATION_LEASE_MS = 120 * 1000 };

/*
 * Start on challenge number due->index of an authorization, in which it is
 * `processing`, unless a look is under way already; `due` is its row of due
 * work, or will be if the response is made durable before its verdict.  `z` is
 * copied.  How many may be under way is asked when a response is accepted:
 * what has been accepted is looked at.
 */
void validate(struct acme *ca, const struct authz *z, const struct due *due);
void validations_free(struct acme *ca); /* after the prober */

#endif
