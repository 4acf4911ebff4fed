/* acme/ocsp.h: the status of certificates, asked for (RFC 6960, RFC 5019). */
#ifndef ACME_OCSP_H
#define ACME_OCSP_H

#include "acme/rq.h"

/*
 * Pages: POST /ocsp and GET /ocsp/BASE64.  Each certificate's last answer is
 * kept, by loop, for as long as its record is the same: what has been revoked
 * is never told to be good from there.
 */
void page_ocsp_post(struct rq *rq);
void page_ocsp_get(struct rq *rq);

struct ocsp_cache;
void ocsp_cache_free(struct acme *ca);

#endif
