/*
 * An authorization: fetch, deactivate (RFC 8555, 7.5 and 7.5.2).  Lingers
 * while a challenge of it is being validated.
 *
 * reads   the authorization
 * writes  the authorization, an event
 * fails   malformed
 */
#include <stddef.h>
#include <string.h>

#include "acme/charge.h"
#include "acme/endpoints.h"
#include "acme/objects.h"
#include "acme/state.h"

struct authz_update {
	const char *status;
};

/* clang-format off */
const struct json_field authz_schema[] = {
	JSON_STR_REQUIRED("status", struct authz_update, status, 1, 32),
	JSON_END
};
/* clang-format on */
const size_t authz_size = sizeof(struct authz_update);

static void
not_pending(void *arg)
{
	struct rq *rq = arg;
	struct charge c =
	    charge_account(rq->config, LIMIT_PENDING, &rq->acct->id);

	charge_returned(rq->ca, &c);
}

static enum err
deactivate(struct rq *rq, const struct authz_update *in, struct authz *z)
{
	enum authz_status state = authz_state(z, rq_now(rq));

	if (strcmp(in->status, "deactivated") != 0) /* AUT-06 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "the only status an authorization can be given is "
		    "deactivated");
	if (state == AUTHZ_DEACTIVATED)
		return OK;
	if (state != AUTHZ_PENDING && state != AUTHZ_VALID) /* AUT-06 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "this authorization is %s and cannot be deactivated",
		    authz_status_text(state));
	authz_move(z, AUTHZ_DEACTIVATED);
	batch_put_authz(rq->batch, z);
	batch_touch(rq->batch, z->order);
	batch_essential(rq->batch);
	rq_event(rq, "authz.deactivated", z->id, NULL);
	if (state == AUTHZ_PENDING)
		rq_after(rq, not_pending, rq);
	return OK;
}

enum err
ep_authz(struct rq *rq)
{
	struct authz *z;

	TRY(find_authz(rq, &z));
	if (rq->in != NULL && !rq->durable)
		TRY(deactivate(rq, rq->in, z));
	reply_authz(rq, 200, z);
	if (rq->in == NULL && authz_state(z, rq_now(rq)) == AUTHZ_PENDING &&
	    authz_busy(z)) {
		reply_soon(rq); /* AUT-07 */
		return RUN_AGAIN(z->id, rq->config->linger_ms);
	}
	return OK;
}
