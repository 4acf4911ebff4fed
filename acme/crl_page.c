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

/* A number, written in its one way, and what follows it; NULL: it is none. */
static const char *
number_in(const char *text, unsigned *out)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 6 || (text[0] == '0' && digits > 1))
		return NULL;
	*out = (unsigned)strtoul(text, NULL, 10);
	return text + digits;
}

static void
missing(struct rq *rq, const char *what)
{
	dispatch_refuse(rq, fault(&rq->fault, ERR_NOT_FOUND, "%s", what));
}

/* "12.crl", or "12-4-0.crl". */
static bool
list_in(const char *text, struct crl_name *out)
{
	*out = (struct crl_name){ 0 };
	text = number_in(text, &out->issuer);
	if (text != NULL && *text == '-') {
		text = number_in(text + 1, &out->shards);
		if (text == NULL || *text != '-')
			return false;
		text = number_in(text + 1, &out->shard);
		if (out->shard >= out->shards)
			return false;
	}
	return text != NULL && strcmp(text, ".crl") == 0;
}

/* A list is long: it is read only for who has not got it. */
static void
send_list(struct rq *rq, struct snap *s, const struct crl_head *h)
{
	const struct cacheable keep = {
		.etag = arena_printf(rq->arena, "\"%llx\"",
		    (unsigned long long)h->version),
		.modified = h->this_update,
		.expires = h->next_update,
		.max_age_s = CRL_AGE_S,
	};
	const struct crl *c;

	reply_cacheable(rq, "application/pkix-crl", NULL, 0, &keep);
	if (rq->reply.status == 200 &&
	    (c = snap_crl_of(s, rq->arena, h->name)) != NULL) {
		rq->reply.body = (const char *)c->der;
		rq->reply.body_len = c->der_len;
	}
}

void
page_crl(struct rq *rq)
{
	struct snap *s = snap_open(rq->ca->deps.store);
	struct crl_name name;
	struct crl_head h;
	bool found = list_in(rq->word, &name) && snap_crl_head(s, name, &h) &&
	             h.der_len > 0;

	if (found)
		send_list(rq, s, &h);
	snap_close(s);
	if (found)
		dispatch_answer(rq);
	else
		missing(rq, "no such revocation list, or none has been made "
		            "yet; those of issuer 1 are /crl/1.crl and, if "
		            "crl.shards says so, /crl/1-SHARDS-SHARD.crl");
}

/* CRT-09: where a certificate's authorityInfoAccess may point. */
void
page_issuer(struct rq *rq)
{
	unsigned issuer = 0;
	const char *rest = number_in(rq->word, &issuer);
	const struct issuing *by;
	struct cacheable keep;

	if (rest == NULL || strcmp(rest, ".cer") != 0 || issuer == 0 ||
	    issuer > rq->config->n_issuers) {
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
