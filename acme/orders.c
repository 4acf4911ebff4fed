/*
 * An account's orders, newest first, in pages (RFC 8555, 7.1.2.1).
 *
 * reads   the account's orders, with their authorizations
 * writes  nothing
 * fails   malformed
 */
#include <string.h>

#include "acme/endpoints.h"
#include "acme/objects.h"

/* The cursor is the last order of the page before: ?before=ID. */
static enum err
cursor(struct rq *rq, struct id *before)
{
	static const char key[] = "before=";
	const char *query = rq->http->query;

	*before = (struct id){ { 0 } };
	if (query[0] == '\0')
		return OK;
	if (strncmp(query, key, sizeof(key) - 1) == 0 &&
	    id_parse(query + sizeof(key) - 1, before))
		return OK;
	return fault(&rq->fault, ERR_NOT_FOUND, "no such page of orders");
}

enum err
ep_orders(struct rq *rq)
{
	struct jsonw *w = jsonw_new(rq->arena);
	const char *account = rq_id(rq, rq->acct->id);
	size_t n, most = rq->config->orders_page;
	struct id *page = ARENA_ARRAY(rq->arena, struct id, most + 1), before;

	if (!id_equal(rq->object, rq->acct->id)) /* PAG-04, OLS-01 */
		return fault(&rq->fault, ERR_NOT_FOUND, "no such account");
	TRY(cursor(rq, &before));
	/* one more: is there another page? */
	n = snap_orders(rq->snap, rq->acct->id, before, page, most + 1);
	jsonw_object(w, NULL);
	jsonw_list(w, "orders");
	for (size_t i = 0; i < n && i < most; i++) {
		struct order *o = snap_order(rq->snap, rq->arena, page[i]);
		struct order_view v;

		if (o == NULL)
			continue;
		order_view(rq, o, &v);
		if (v.state != ORDER_INVALID) /* OLS-02 */
			jsonw_str(w, NULL,
			    rq_url(rq, "/acme/order/%s", rq_id(rq, o->id)));
	}
	jsonw_end(w);
	jsonw_end(w);
	reply_json(rq, 200, w);
	if (n > most) /* OLS-03 */
		reply_link(rq,
		    rq_url(rq, "/acme/account/%s/orders?before=%s", account,
		        rq_id(rq, page[most - 1])),
		    "next");
	return OK;
}
