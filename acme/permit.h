/* acme/permit.h: may this account have these names now? */
#ifndef ACME_PERMIT_H
#define ACME_PERMIT_H

#include "acme/rq.h"

/*
 * By the policies of the CA, the profile, the account and the key for external
 * accounts it was made with.  To be asked when names are ordered, and again
 * before a certificate is made: policies change.  ERR_REJECTED_IDENTIFIER.
 */
enum err permit_names(struct rq *rq, const struct acme_profile *profile,
    const struct ident *idents, size_t n) MUST_USE;

#endif
