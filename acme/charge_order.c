/* What an order costs, and a certificate; and who need not pay. */
#include <string.h>

#include "acme/certid.h"
#include "acme/charge.h"
#include "acme/window.h"

/*
 * A certificate that it is time for: RFC 9773, 5 asks to favour these.  Not one
 * that was revoked: who orders and revokes by turns would never have to pay.
 */
static bool
is_renewal(struct rq *rq, const struct order *o)
{
	struct fault why = { 0 };
	struct certificate *c;
	struct certid id;

	if (o->replaces == NULL ||
	    certid_read(o->replaces, rq->arena, &id, &why) != OK ||
	    (c = certid_find(rq->snap, rq->config, &id, rq->arena)) == NULL)
		return false;
	return id_equal(c->account, rq->acct->id) && c->revoked == 0 &&
	       rq_now(rq) >= window_of(c).start;
}

/* Of the key the account was made with; off if it has none, or no rate. */
static struct charge
of_eab(struct rq *rq)
{
	struct charge c = charge_account(rq->config, LIMIT_EAB, &rq->acct->eab);
	const struct eab *e =
	    id_zero(rq->acct->eab)
	        ? NULL
	        : snap_eab(rq->snap, rq->arena, rq->acct->eab);

	if (e == NULL || e->rate == NULL || !rate_read(e->rate, &c.rate))
		c.rate = (struct rate){ 0, 0 };
	return c;
}

enum err
charge_order(struct rq *rq, const struct order *o, struct authz *const *authzs)
{
	const struct acme_config *config = rq->config;
	struct charge *c =
	    ARENA_ARRAY(rq->arena, struct charge, o->n_idents + 4);
	struct charge pending =
	    charge_account(config, LIMIT_PENDING, &rq->acct->id);
	size_t n = 0;

	if (!is_renewal(rq, o)) { /* RL-05 */
		c[n++] = charge_account(config, LIMIT_ORDERS, &rq->acct->id);
		c[n++] = of_eab(rq);
		c[n] = charge_names(config, o->idents, o->n_idents, rq->arena);
		c[n++].only_ask = true; /* what counts is what is issued */
	}
	pending.n = 0;
	for (size_t i = 0; i < o->n_idents; i++) {
		const struct authz *z = authzs[i];

		if (z->status != AUTHZ_PENDING)
			continue;
		c[n] = charge_failure(config, z->account, &z->ident, rq->arena);
		c[n++].only_ask = true; /* nor does it count twice */
		pending.n += z->version == 0;
	}
	c[n++] = pending;
	return charge(rq, c, n);
}

enum err
charge_authz(struct rq *rq, const struct authz *z)
{
	struct charge c[2] = {
		charge_account(rq->config, LIMIT_PENDING, &rq->acct->id),
		charge_failure(rq->config, z->account, &z->ident, rq->arena),
	};

	c[1].only_ask = true;
	return charge(rq, c, 2);
}

enum err
charge_response(struct rq *rq, const struct authz *z, bool begins)
{
	struct charge c[2] = {
		charge_of(rq->config, LIMIT_CHALLENGES, z->id.bytes, ID_SIZE),
		charge_failure(rq->config, z->account, &z->ident, rq->arena),
	};

	c[1].only_ask = true;
	return charge(rq, c, begins ? 2 : 1); /* RL-09 */
}

enum err
charge_certificate(struct rq *rq, const struct order *o)
{
	struct charge c =
	    charge_names(rq->config, o->idents, o->n_idents, rq->arena);

	return is_renewal(rq, o) ? OK : charge(rq, &c, 1);
}
