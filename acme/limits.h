/*
 * acme/limits.h: how often what may be done: token buckets, shared by all loops.
 *
 * A bucket holds `n` tokens and fills again in so long.  It is known only while
 * it is not full, so that memory is bounded whoever comes: when there is no room
 * the bucket that would be full soonest is forgotten.  Nothing here fails.
 */
#ifndef ACME_LIMITS_H
#define ACME_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/rate.h"

/* clang-format off */
/*
 * limit, name (its key is limits.NAME), default, of what, whose.  Defaults suit
 * fleets of ten-minute certificates: a host renews 200 times a day, and ten
 * thousand of them may come from one address, or have one account.
 */
#define LIMITS_CONFIGURED(X) \
X(REQUESTS,   "requests",   "600000/1m", "requests",                "address") \
X(ACCOUNTS,   "accounts",   "50000/1h",  "new accounts",            "address") \
X(ORDERS,     "orders",     "200000/1h", "new orders",              "account") \
X(DUPLICATES, "duplicates", "20000/1h",  "certificates",            "set of names") \
X(PENDING,    "pending",    "50000/1h",  "authorizations not decided yet", "account") \
X(FAILURES,   "failures",   "60/1h",     "failed validations",      "name and account") \
X(CHALLENGES, "challenges", "60/1m",     "responses to challenges", "authorization") \
X(UPDATES,    "updates",    "600/1h",    "changes",                 "account") \
X(OCSP,       "ocsp",       "600000/1m", "OCSP requests",           "address")
/* The last one's rate is in the key's record. */
#define LIMITS(X) LIMITS_CONFIGURED(X) \
X(EAB,        "eab",        "",          "new orders",              "external account key")
/* clang-format on */

enum limit {
#define X(limit, key, fallback, what, whose) LIMIT_##limit,
	LIMITS(X)
#undef X
	    LIMIT__COUNT
};

struct limit_row {
	const char *name; /* "orders": in logs, metrics and the help page */
	const char *what, *whose;
};
const struct limit_row *limit_row(enum limit limit);

struct limits;

struct limits *limits_new(void);
void limits_free(struct limits *l);

struct charge {
	enum limit limit;
	struct rate rate;
	const void *who; /* whose bucket: any bytes */
	size_t who_len;
	unsigned n;    /* tokens */
	bool only_ask; /* would there be so many? */
	uint64_t tag;  /* set by what takes it */
};

/*
 * Take what is asked of each, or nothing of any.  Returns 0 when taken, else
 * the ms until this very request could be had; `*hit` is the charge that takes
 * longest.  Any thread.
 */
int64_t limits_take(struct limits *l, struct charge *c, size_t n,
    int64_t now_ms, const struct charge **hit);

/* What was taken is given back: it was for something that failed. */
void limits_refund(struct limits *l, struct charge *c, size_t n,
    int64_t now_ms);

/* Something has happened, whatever the limit says; it counts. */
void limits_count(struct limits *l, struct charge *c, int64_t now_ms);

/* How often something was refused by it. */
uint64_t limits_hits(struct limits *l, enum limit limit);

#endif
