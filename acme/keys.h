/* acme/keys.h: accounts' keys in their parsed form, one cache a loop. */
#ifndef ACME_KEYS_H
#define ACME_KEYS_H

#include "base/err.h"
#include "crypto/jwk.h"
#include "store/model.h"

struct keys;

struct keys *keys_new(void);
void keys_free(struct keys *k);

/*
 * The account's key; the cache's, valid until the next call.  By thumbprint,
 * so that a changed key is never mistaken for the one before.  NULL, with the
 * reason in `f`, if the record holds none.
 */
const struct jwk *keys_of(struct keys *k, const struct account *acct,
    struct fault *f);

#endif
