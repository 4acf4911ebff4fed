/* acme/crl.h: each issuer's revocation list: when it is made, how it is had. */
#ifndef ACME_CRL_H
#define ACME_CRL_H

#include "acme/rq.h"

enum {
	/* While a flow is at it, its row lies so far in the future. */
	CRL_LEASE_MS = 60 * 1000,
	CRL_PAUSE_MS = 2000, /* what is revoked in it goes on one list */
};

/* Stage that the issuer's list is to be made anew, in a moment. */
void crl_wanted(struct batch *b, struct arena *a, unsigned issuer,
    int64_t now_ms);

/* Can this issuer have a list?  Not once it has expired. */
bool crl_possible(const struct acme_config *config, unsigned issuer,
    unixtime now);

/*
 * When the list may be made that is wanted by now: a long one is not made
 * every other second.
 */
int64_t crl_due_ms(struct snap *s, struct arena *a, unsigned issuer,
    int64_t now_ms);

/*
 * The last moment for which the issuer's published list is known to have all
 * that was revoked; what has ended by then has been on a list after its end
 * (RFC 5280, 3.3), and may go.
 */
unixtime crl_told_until(struct snap *s, struct arena *a,
    const struct acme_config *config, unsigned issuer, unixtime now);

/* Make the list the row is about, and publish it. */
void crl_publish(struct acme *ca, const struct due *d);
/* Is there such a flow?  It strikes this row in the end, then. */
bool crl_under_way(struct acme *ca, const struct due *d);
void crls_free(struct acme *ca);

/* Pages: /crl/N.crl and /issuer/N.cer, with what follows the slash. */
void page_crl(struct rq *rq);
void page_issuer(struct rq *rq);

#endif
