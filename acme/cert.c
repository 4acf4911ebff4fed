/*
 * A certificate with its chain (RFC 8555, 7.4.2 and 9.1), or another chain for
 * it, to another root: /acme/cert/ID/alternate/1 and so on.
 *
 * reads   the certificate
 * writes  nothing
 * fails   malformed
 */
#include <stdlib.h>
#include <string.h>

#include "acme/endpoints.h"
#include "acme/issue.h"
#include "crypto/cert.h"

/* Chain number 0 is the one to our root. */
static const char *
url_of(struct rq *rq, size_t number)
{
	const char *id = rq_id(rq, rq->object);

	return number == 0
	           ? rq_url(rq, "/acme/cert/%s", id)
	           : rq_url(rq, "/acme/cert/%s/alternate/%zu", id, number);
}

/* As url_of() writes it; SIZE_MAX for what it does not write. */
static size_t
number_of(struct rq *rq, size_t n)
{
	for (size_t i = 1; i < n && rq->word != NULL; i++)
		if (strcmp(rq->word, arena_printf(rq->arena, "%zu", i)) == 0)
			return i;
	return rq->word == NULL ? 0 : SIZE_MAX;
}

enum err
ep_cert(struct rq *rq)
{
	struct certificate *c =
	    snap_certificate(rq->snap, rq->arena, rq->object);
	struct ca_chains chains;
	size_t number;

	if (c == NULL ||
	    !id_equal(c->account, rq->acct->id)) /* PAG-05, CRT-07 */
		return fault(&rq->fault, ERR_NOT_FOUND, "no such certificate");
	chains = issue_chains(rq->config, c);
	number = number_of(rq, chains.n);
	if (number == SIZE_MAX) /* CRT-04 */
		return fault(&rq->fault, ERR_NOT_FOUND,
		    "this certificate has %zu alternate chains; they are "
		    "counted from 1",
		    chains.n == 0 ? 0 : chains.n - 1);
	reply_text(rq, 200, "application/pem-certificate-chain", /* CRT-01 */
	    arena_printf(rq->arena, "%s%s",
	        cert_pem(c->der, c->der_len, rq->arena),
	        chains.n == 0 ? "" : chains.list[number].pem));
	/* One that would not verify any more stays, but is not praised. */
	for (size_t i = 0; i < chains.n; i++)
		if (i != number && chains.list[i].not_after > rq_now(rq))
			reply_link(rq, url_of(rq, i), "alternate"); /* CRT-04 */
	return OK;
}
