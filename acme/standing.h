/* acme/standing.h: may an account that is valid order, and finalize? */
#ifndef ACME_STANDING_H
#define ACME_STANDING_H

#include "acme/rq.h"

/*
 * It may unless the key it was bound with has been revoked or does not permit
 * the profile (NULL: none yet), or it has to agree to other terms.  To be
 * asked when something is ordered, and again before a certificate is made.
 * ERR_UNAUTHORIZED; ERR_USER_ACTION_REQUIRED, with where to act set.
 */
enum err standing_check(struct rq *rq, const char *profile) MUST_USE;

#endif
