/* acme/compromise.h: keys that somebody else has (CONFORMANCE REV-09, PKY-08). */
#ifndef ACME_COMPROMISE_H
#define ACME_COMPROMISE_H

#include "acme/rq.h"

enum {
	REASON_KEY_COMPROMISE = 1, /* RFC 5280, 5.3.1 */
	/* While a flow is at it, its row lies so far in the future. */
	COMPROMISE_LEASE_MS = 60 * 1000,
	COMPROMISE_PAUSE_MS = 2 * 1000, /* until it is another key's turn */
};

/* `code`, with what to do, in rq->fault if the key is blocked. */
enum err key_unblocked(struct rq *rq, const uint8_t spki_sha256[32],
    enum err code) MUST_USE;

/*
 * Stage that the key of `c`, which is being revoked, is blocked from now on,
 * and that its other certificates are looked for.  Once is enough: nothing if
 * it is blocked already.
 */
void block_key(struct rq *rq, const struct certificate *c);

/* Stage that `c` is revoked because of its key, with all that follows. */
void revoke_for_key(struct batch *b, struct arena *a, struct certificate *c,
    int64_t now_ms);

/*
 * Revoke what has a blocked key and is valid still, a few at a time; `d` is
 * the row that this is for.  One such flow at a time.
 */
void compromise(struct acme *ca, const struct due *d);
/* Is there one for this row?  It strikes it in the end, then. */
bool compromise_under_way(struct acme *ca, const struct due *d);
/* Has one that began after `key` was blocked come to its end? */
bool compromise_over(const struct acme *ca, const struct blocked_key *key);
void compromise_free(struct acme *ca);

#endif
