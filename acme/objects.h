/* acme/objects.h: the resources of RFC 8555, 7.1, found and told. */
#ifndef ACME_OBJECTS_H
#define ACME_OBJECTS_H

#include "acme/rq.h"

/*
 * Each returns the object that rq->object names if it is the account's own;
 * else ERR_NOT_FOUND: what is somebody else's looks like what is not there.
 */
enum err find_order(struct rq *rq, struct order **out) MUST_USE;
enum err find_authz(struct rq *rq, struct authz **out) MUST_USE;

/* An order with what its state follows from, as the request's snapshot has it. */
struct order_view {
	struct order *order;
	struct authz *
	    *authzs; /* as many as the order has names; NULL: pruned */
	enum order_status state;
	struct reason why; /* of ORDER_INVALID */
};
void order_view(struct rq *rq, struct order *o, struct order_view *out);

/* Is a challenge of it being validated? */
bool authz_busy(const struct authz *z);

/* Set the reply. */
void reply_account(struct rq *rq, int status, const struct account *acct);
void reply_order(struct rq *rq, int status, const struct order_view *v);
void reply_authz(struct rq *rq, int status, const struct authz *z);
void reply_challenge(struct rq *rq, const struct authz *z,
    const struct challenge *c);

#endif
