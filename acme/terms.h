/* acme/terms.h: terms of service, and agreeing to them (RFC 8555, 7.3.3). */
#ifndef ACME_TERMS_H
#define ACME_TERMS_H

#include "acme/rq.h"

/* The URL of those in force. */
const char *terms_url(struct rq *rq);

/* What an account that agrees now has agreed to, as records keep it. */
const char *terms_in_force(const struct acme_config *config);

/*
 * ERR_USER_ACTION_REQUIRED, with a link to the terms and, as `instance`, a
 * page where they can be agreed to, if the request's account must and has not.
 */
enum err terms_check(struct rq *rq) MUST_USE;

/* The same for an account that is still to be made: `instance` is the terms. */
enum err terms_refuse(struct rq *rq) MUST_USE;

/* True if `rq` is for that page; it has been, or will be, answered. */
bool terms_answered(struct rq *rq);

#endif
