/* acme/authenticate.h: whose request is it, and is it meant for us? */
#ifndef ACME_AUTHENTICATE_H
#define ACME_AUTHENTICATE_H

#include "acme/rq.h"

/*
 * RFC 8555, 6.2 to 6.5, as far as rq->row asks: content type, frame, nonce
 * (spent as soon as a frame carries it), key, signature, url, the account's
 * status, then the payload bound to the row's schema.  Sets acct, key, in.
 * The first failing step speaks (CONFORMANCE, 4).
 */
enum err authenticate(struct rq *rq) MUST_USE;

#endif
