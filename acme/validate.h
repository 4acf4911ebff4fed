/* acme/validate.h: from an accepted challenge to a durable verdict. */
#ifndef ACME_VALIDATE_H
#define ACME_VALIDATE_H

#include "acme/acme.h"

/* Longer than the last look can last, so that only a crash leaves its row. */
enum { VALIDATION_LEASE_MS = 120 * 1000 };

/*
 * Start on challenge number due->index of a durable authorization, in which it
 * is `processing`; `due` is its row of due work.  `z` is copied.  With too
 * many under way already, the row is left for later.
 */
void validate(struct acme *ca, const struct authz *z, const struct due *due);
void validations_free(struct acme *ca); /* after the prober */

#endif
