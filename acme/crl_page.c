/* What whoever checks a certificate fetches: lists and issuers, as DER. */
#include <stdlib.h>
#include <string.h>

#include "acme/acme_int.h"
#include "acme/cacheable.h"
#include "acme/crl.h"

enum {
	/* A revocation is not to wait in a cache for longer than that. */
	CRL_AGE_S = 60,
	ISSUER_AGE_S = 86400,
};

/* "12.crl": the number; 0 if it is none, written in its one way. */
static unsigned
number_in(const char *name, const char *suffix)
{
	size_t digits = strspn(name, "0123456789");

	if (digits == 0 || digits > 6 || name[0] == '0' ||
	    strcmp(name + digits, suffix) != 0)
		return 0;
	return (unsigned)strtoul(name, NULL, 10);
}

static void
missing(struct rq *rq, const char *what)
{
	dispatch_refuse(rq, fault(&rq->fault, ERR_NOT_FOUND, "%s", what));
}

void
page_crl(struct rq *rq)
{
	unsigned issuer = number_in(rq->word, ".crl");
	struct snap *s = snap_open(rq->ca->deps.store);
	const struct crl *c =
	    issuer == 0 ? NULL : snap_crl(s, rq->arena, issuer);
	struct cacheable keep;

	snap_close(s);
	if (c == NULL || c->der == NULL) {
		missing(rq, "no such revocation list");
		return;
	}
	keep = (struct cacheable){
		.etag = arena_printf(rq->arena, "\"%llx\"",
		    (unsigned long long)c->version),
		.modified = c->this_update,
		.expires = c->next_update,
		.max_age_s = CRL_AGE_S,
	};
	reply_cacheable(rq, "application/pkix-crl", c->der, c->der_len, &keep);
	dispatch_answer(rq);
}

/* CRT-09: where a certificate's authorityInfoAccess may point. */
void
page_issuer(struct rq *rq)
{
	unsigned issuer = number_in(rq->word, ".cer");
	const struct issuing *by;
	struct cacheable keep;

	if (issuer == 0 || issuer > rq->config->n_issuers) {
		missing(rq, "no such issuer");
		return;
	}
	by = &rq->config->issuers[issuer - 1];
	keep = (struct cacheable){
		.etag = arena_printf(rq->arena, "\"%02x%02x%02x%02x%02x%02x\"",
		    by->key_sha256[0], by->key_sha256[1], by->key_sha256[2],
		    by->key_sha256[3], by->key_sha256[4], by->key_sha256[5]),
		.modified = by->not_before,
		.expires = rq_now(rq) + ISSUER_AGE_S,
		.max_age_s = ISSUER_AGE_S,
	};
	reply_cacheable(rq, "application/pkix-cert", by->der, by->der_len,
	    &keep);
	dispatch_answer(rq);
}
