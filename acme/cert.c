/*
 * A certificate with its chain (RFC 8555, 7.4.2 and 9.1).
 *
 * reads   the certificate
 * writes  nothing
 * fails   malformed
 */
#include <stdlib.h>

#include "acme/endpoints.h"
#include "acme/issue.h"

enum err
ep_cert(struct rq *rq)
{
	struct certificate *c =
	    snap_certificate(rq->snap, rq->arena, rq->object);

	if (c == NULL || !id_equal(c->account, rq->acct->id)) /* PAG-05 */
		return fault(&rq->fault, ERR_NOT_FOUND, "no such certificate");
	reply_text(rq, 200, "application/pem-certificate-chain",
	    issue_chain(rq->config, c, rq->arena));
	return OK;
}
