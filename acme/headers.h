/* acme/headers.h: what every reply carries, whatever it says. */
#ifndef ACME_HEADERS_H
#define ACME_HEADERS_H

#include "acme/rq.h"

/* RFC 8555, 6.1, 6.5 and 7.1; CONFORMANCE 32.  Once, when all else is set. */
void headers_add(struct rq *rq);

/* The same for what never became a request. */
void headers_refuse(struct http_refusal *r, struct acme *ca);

#endif
