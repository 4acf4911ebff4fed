/*
 * newNonce (RFC 8555, 7.2): the dispatcher adds the nonce itself.
 *
 * reads   nothing
 * writes  nothing
 * fails   never
 */
#include <string.h>

#include "acme/endpoints.h"

enum err
ep_new_nonce(struct rq *rq)
{
	/* NON-01, NON-02 */
	reply_empty(rq, strcmp(rq->http->method, "GET") == 0 ? 204 : 200);
	return OK;
}
