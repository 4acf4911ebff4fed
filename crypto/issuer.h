/* crypto/issuer.h: ask for a signature, wherever the key may be. */
#ifndef CRYPTO_ISSUER_H
#define CRYPTO_ISSUER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/loop.h"
#include "crypto/ocsp.h"

struct issuer; /* one loop's way to the keeper, a token or a remote signer */

/* `der` is valid during the call only.  ERR_INTERNAL if the keeper refused. */
typedef void issue_done(void *arg, enum err result, const uint8_t *der,
    size_t len);

/* Speak to the keeper on `fd` (crypto/keeper.h), which becomes ours. */
struct issuer *issuer_new(struct loop *l, int fd);

/*
 * The keeper was started again: `fd` leads to the new one.  What was asked and
 * not answered is asked again.
 */
void issuer_reconnect(struct issuer *is, int fd);

/* Forgets what is under way: no `done` is called any more. */
void issuer_free(struct issuer *is);

/*
 * Sign the to-be-signed bytes recorded for `order` with the key of issuer
 * number `issuer`.  Always answers through `done`, on the loop, and never
 * before returning.  A keeper that restarts is asked again: the same bytes
 * make the same certificate.  ERR_BUSY when no keeper has answered in time;
 * the order stays `processing`, and may be asked for again.
 */
void issuer_sign(struct issuer *is, unsigned issuer, struct id order,
    issue_done *done, void *arg);

/*
 * The signature of the revocation list of that issuer that is recorded to be
 * signed.  As issuer_sign().
 */
void issuer_sign_crl(struct issuer *is, unsigned issuer, struct id crl,
    issue_done *done, void *arg);

/*
 * An answer about certificates of that issuer, whole.  ERR_BUSY, at once or
 * later, if there are too many to be answered: tell the client to try again.
 */
void issuer_ocsp(struct issuer *is, unsigned issuer, const struct ocsp_query *q,
    issue_done *done, void *arg);

/* How long an answer may take: 10 s unless told.  For what is asked from now. */
void issuer_patience(struct issuer *is, unsigned ms);

/* Is the keeper alive, and can it read the store and its keys?  /readyz. */
void issuer_ping(struct issuer *is, void (*done)(void *arg, bool alive),
    void *arg);

#endif
