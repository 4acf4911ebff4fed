/* acme/cacheable.h: replies that others may keep for a while (RFC 9111). */
#ifndef ACME_CACHEABLE_H
#define ACME_CACHEABLE_H

#include "acme/rq.h"

struct cacheable {
	const char *etag; /* with its quotes */
	unixtime modified, expires;
	unsigned max_age_s; /* cut to what is left until `expires` */
};

/*
 * The reply, of these bytes, which live as long as the request; or 304 and
 * none of them, if the client says that it has them (RFC 9110, 13).
 */
void reply_cacheable(struct rq *rq, const char *type, const void *body,
    size_t len, const struct cacheable *c);

#endif
