/* Old proofs looked up, new authorizations made. */
#include "acme/proof.h"

#include "acme/due.h"
#include "acme/offer.h"
#include "acme/subdomains.h"

enum { WORTH_WAITING = 4 }; /* for one part of an order's life in so many */

/* When the proof was given; it counts for `authz_s` from then. */
static unixtime
proven_at(const struct authz *z)
{
	for (size_t i = 0; i < z->n_challenges; i++)
		if (z->challenges[i].status == CHALLENGE_VALID)
			return z->challenges[i].validated;
	return 0;
}

struct authz *
proof_valid(struct rq *rq, const struct claim *c)
{
	const struct acme_config *config = rq->config;
	unsigned half = config->authz_s / 2;
	unixtime until =
	    rq_now(rq) + (config->order_s < half ? config->order_s : half);
	struct authz *z = snap_proof(rq->snap, rq->arena, rq->acct->id,
	    &c->ident, c->subdomains ? PROOF_SUBDOMAINS : 0, until);

	if (z != NULL && proven_at(z) + config->authz_s <= until) /* ORD-18 */
		return NULL;
	return z;
}

struct authz *
proof_pending(struct rq *rq, const struct claim *c, unsigned left_s)
{
	return snap_proof(rq->snap, rq->arena, rq->acct->id, &c->ident,
	    PROOF_PENDING | (c->subdomains ? PROOF_SUBDOMAINS : 0),
	    rq_now(rq) + left_s + 1);
}

/* From the name itself up to the last domain that one can speak for. */
static struct authz *
valid_above(struct rq *rq, const struct claim *c)
{
	struct claim up = *c;

	if (c->ident.type != IDENT_DNS || c->ident.wildcard)
		return NULL;
	up.subdomains = true;
	for (; up.ident.value != NULL;
	     up.ident.value = domain_above(up.ident.value)) {
		struct authz *z = proof_valid(rq, &up);

		if (z != NULL)
			return z;
	}
	return NULL;
}

struct authz *
proof_known(struct rq *rq, const struct claim *c)
{
	struct authz *z = proof_valid(rq, c);

	if (z == NULL && rq->config->subdomains)
		z = valid_above(rq, c);
	if (z == NULL)
		z = proof_pending(rq, c, rq->config->order_s / WORTH_WAITING);
	return z;
}

struct authz *
proof_new(struct rq *rq, const struct claim *c, unixtime expires)
{
	struct authz *z = ARENA_NEW(rq->arena, struct authz);

	z->id = id_new(rq->now_ms);
	z->account = rq->acct->id;
	z->ident = c->ident;
	z->subdomains = c->subdomains;
	z->status = AUTHZ_PENDING;
	z->expires = expires;
	offer_challenges(rq->config, z, rq->arena);
	return z;
}

void
proof_stage(struct rq *rq, struct authz *z)
{
	batch_put_authz(rq->batch, z);
	due_prune_authz(rq->batch, rq->arena, rq->config, z);
}
