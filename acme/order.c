/*
 * An order, fetched (RFC 8555, 7.4).  Lingers while something is under way
 * that will change it.
 *
 * reads   the order, its authorizations
 * writes  nothing
 * fails   malformed
 */
#include "acme/endpoints.h"
#include "acme/objects.h"

static bool
under_way(const struct order_view *v)
{
	if (v->state == ORDER_PROCESSING)
		return true;
	if (v->state != ORDER_PENDING)
		return false;
	for (size_t i = 0; i < v->order->n_idents; i++)
		if (v->authzs[i] != NULL && authz_busy(v->authzs[i]))
			return true;
	return false;
}

enum err
ep_order(struct rq *rq)
{
	struct order *o;
	struct order_view v;

	TRY(find_order(rq, &o));
	order_view(rq, o, &v);
	reply_order(rq, 200, &v);
	if (!under_way(&v))
		return OK;
	reply_soon(rq); /* ORD-20 */
	return RUN_AGAIN(o->id, rq->config->linger_ms);
}
