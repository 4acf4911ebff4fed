/* acme/proof.h: which authorization stands for a name. */
#ifndef ACME_PROOF_H
#define ACME_PROOF_H

#include "acme/rq.h"

/* What is to be proved: a name, or all that is below it, too (RFC 9444, 4). */
struct claim {
	struct ident ident;
	bool subdomains;
};

/*
 * The account's valid proof of exactly this, if it lasts as long as a whole
 * order may, or half a proof's own life if that is less; else NULL.
 */
struct authz *proof_valid(struct rq *rq, const struct claim *c);

/* What newAuthz made for this, if it stays pending for `left_s` yet; or NULL. */
struct authz *proof_pending(struct rq *rq, const struct claim *c,
    unsigned left_s);

/*
 * What stands for the claim in an order: a valid proof, of the name or, if the
 * configuration has it, of a domain above; or a pre-authorization that an
 * order has time to wait for.  NULL: a new one is needed.
 */
struct authz *proof_known(struct rq *rq, const struct claim *c);

/* A new one, not yet staged. */
struct authz *proof_new(struct rq *rq, const struct claim *c, unixtime expires);

/* Put it in the batch, with the row that prunes it. */
void proof_stage(struct rq *rq, struct authz *z);

#endif
