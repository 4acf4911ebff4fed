/* acme/charge.h: what a request costs its sender (acme/limits.h). */
#ifndef ACME_CHARGE_H
#define ACME_CHARGE_H

#include "acme/limits.h"
#include "acme/rq.h"

/*
 * Take what is asked of each bucket, or refuse: ERR_RATE_LIMITED, with a
 * Retry-After after which this very request would pass, and a link that names
 * the limit.  What was taken is given back if the request fails, so an endpoint
 * asks whenever it likes, but once it is durable.
 */
enum err charge(struct rq *rq, struct charge *c, size_t n) MUST_USE;

/* One token of the configured rate; `who` is borrowed. */
struct charge charge_of(const struct acme_config *c, enum limit limit,
    const void *who, size_t len);
struct charge charge_account(const struct acme_config *c, enum limit limit,
    const struct id *account);
/* Its IPv4 address, or the first 48 bits of its IPv6 address. */
struct charge charge_address(struct rq *rq, enum limit limit);
struct charge charge_failure(const struct acme_config *c, struct id account,
    const struct ident *ident, struct arena *a);
/* The set of names, however it is ordered. */
struct charge charge_names(const struct acme_config *c,
    const struct ident *idents, size_t n, struct arena *a);

/* What is made, and not yet staged for good, at what it costs. */
enum err charge_order(struct rq *rq, const struct order *o,
    struct authz *const *authzs) MUST_USE;
enum err charge_authz(struct rq *rq, const struct authz *z) MUST_USE;
enum err charge_response(struct rq *rq, const struct authz *z,
    bool begins) MUST_USE;
enum err charge_certificate(struct rq *rq, const struct order *o) MUST_USE;

/* Link rel="help" to what is said of the limit on our page. */
void charge_help(struct rq *rq, const char *limit);

/* Any request costs one, whatever it asks for. */
enum err charge_request(struct rq *rq) MUST_USE;

/* For the dispatcher: give back what the request has taken so far. */
void charges_refund(struct rq *rq);

/* What has come about without a request, or to an end. */
void charge_counted(struct acme *ca, struct charge *c);
void charge_returned(struct acme *ca, struct charge *c);

#endif
