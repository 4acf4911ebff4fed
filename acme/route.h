/* acme/route.h: from a path to a row of the endpoint table. */
#ifndef ACME_ROUTE_H
#define ACME_ROUTE_H

#include "acme/rq.h"

/*
 * The row for the request's method and path, with what the path names set in
 * `rq`: object, word, profile.  ERR_NOT_FOUND; ERR_METHOD_NOT_ALLOWED, with
 * `allow` set to the methods there are.  GET implies HEAD (RFC 9110, 9.3.2).
 */
enum err route(struct rq *rq, const struct endpoint **row,
    const char **allow) MUST_USE;

#endif
