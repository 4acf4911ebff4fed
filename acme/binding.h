/* acme/binding.h: external account binding (RFC 8555, 7.3.4). */
#ifndef ACME_BINDING_H
#define ACME_BINDING_H

#include "acme/rq.h"

/*
 * What newAccount says of a binding, `json` or NULL: judge it, stage the use
 * of its key, and write it down in `acct`.  ERR_EXTERNAL_ACCOUNT_REQUIRED,
 * ERR_MALFORMED; ERR_UNAUTHORIZED for a claim that is not proven, and for one
 * that is, with a key that may not be used any more.
 */
enum err binding_take(struct rq *rq, const char *json, size_t len,
    struct account *acct) MUST_USE;

#endif
