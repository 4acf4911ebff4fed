/* acme/crl.h: revocation lists of each issuer: when they are made, how had. */
#ifndef ACME_CRL_H
#define ACME_CRL_H

#include "acme/rq.h"

enum {
	/* While a flow is at it, its row lies so far in the future. */
	CRL_LEASE_MS = 60 * 1000,
	CRL_PAUSE_MS = 2000, /* what is revoked in it goes on one list */
};

/*
 * A publication strikes the row it holds and that of the regular list before
 * it: those lie at even moments, and at odd ones what asks for a list, so that
 * what asks while one is made is never struck with it.
 */
static inline int64_t
crl_own_ms(int64_t at_ms)
{
	return at_ms + (at_ms & 1);
}

static inline int64_t
crl_asking_ms(int64_t at_ms)
{
	return at_ms | 1;
}

/* Stage that all lists that are to tell of it are made anew, in a moment. */
void crl_wanted(struct batch *b, const struct certificate *c, int64_t now_ms);

/* Can this issuer have a list?  Not once it has expired. */
bool crl_possible(const struct acme_config *config, unsigned issuer,
    unixtime now);

/*
 * When the list may be made that is wanted by now: a long one is not made
 * every other second.
 */
int64_t crl_due_ms(const struct crl_head *c, int64_t now_ms);

/* Has the list told of all whose certificates led to it, after their end? */
bool crl_over(const struct crl_head *c, const struct acme_config *config,
    unixtime now);

/*
 * The last moment for which each published list of the issuer is known to have
 * all that was revoked; what has ended by then has been on a list after its
 * end (RFC 5280, 3.3), and may go.
 */
unixtime crl_told_until(struct snap *s, const struct acme_config *config,
    unsigned issuer, unixtime now);
/* What this one has told of for sure, by the clock as it is now. */
unixtime crl_told(const struct crl_head *c, unixtime now);

/*
 * Stage the records and rows of lists that certificates may lead to from now
 * on, and what is to become of those that no more will.  False if that was not
 * all: once more when it is durable.
 */
bool crl_plan(struct acme *ca, struct snap *s, struct batch *b,
    struct arena *a);

/* Make the list the row is about, and publish it. */
void crl_publish(struct acme *ca, const struct due *d);
/* Is there such a flow?  It strikes this row in the end, then. */
bool crl_under_way(struct acme *ca, const struct due *d);
void crls_free(struct acme *ca);

/* Pages: /crl/N.crl, /crl/N-K-S.crl, /issuer/N.cer; what follows the slash. */
void page_crl(struct rq *rq);
void page_issuer(struct rq *rq);

#endif
