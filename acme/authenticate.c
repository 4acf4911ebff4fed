/* One straight line from a body to a payload that somebody signed. */
#include "acme/authenticate.h"

#include <string.h>
#include <strings.h>

#include "acme/acme_int.h"
#include "acme/authority.h"
#include "acme/keys.h"
#include "acme/nonce.h"
#include "acme/state.h"
#include "crypto/jws.h"

/* 6.2.  A charset is tolerated if it is the one JSON has. */
static enum err
check_content_type(struct rq *rq)
{
	static const char want[] = "application/jose+json";
	const char *type = http_header_of(rq->http, "Content-Type");
	const char *rest;

	/* JWS-01 */
	if (type == NULL || strncasecmp(type, want, sizeof(want) - 1) != 0)
		return fault_plain(&rq->fault, ERR_MEDIA_TYPE);
	rest = type + sizeof(want) - 1;
	rest += strspn(rest, " ");
	if (*rest == ';') /* JWS-01 */
		rest += 1 + strspn(rest + 1, " ");
	else if (*rest != '\0') /* JWS-01 */
		return fault_plain(&rq->fault, ERR_MEDIA_TYPE);
	/* JWS-01 */
	if (*rest != '\0' && strcasecmp(rest, "charset=utf-8") != 0)
		return fault(&rq->fault, ERR_MEDIA_TYPE,
		    "content type must be application/jose+json without "
		    "parameters");
	return OK;
}

static enum err
find_account(struct rq *rq, const struct jws *j, const struct jwk **key)
{
	struct snap *snap;
	struct id id;

	if (!authority_kid(rq->config, j->kid, rq->arena, &id)) /* JWS-15 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "kid is not the URL of an account here");
	snap = snap_open(rq->ca->deps.store);
	rq->acct = snap_account(snap, rq->arena, id);
	snap_close(snap);
	if (rq->acct == NULL) /* JWS-15 */
		return fault(&rq->fault, ERR_ACCOUNT_DOES_NOT_EXIST,
		    "no account has this kid; register again with newAccount");
	*key = keys_of(rq->ca->keys, rq->acct, &rq->fault);
	if (*key != NULL)
		return OK;
	/* There are more rules than when it was taken; or it is damaged. */
	return rq->fault.code == ERR_BAD_PUBLIC_KEY
	           ? ERR_BAD_PUBLIC_KEY
	           : fault_plain(&rq->fault, ERR_INTERNAL);
}

/* 7.6: what has been certified counts, however weak (REV-03). */
static enum err
read_key(struct rq *rq, const struct jws *j)
{
	if (rq->row->auth == AUTH_HOLDER) /* REV-03 */
		return jwk_parse_any(j->jwk, j->jwk_len, &rq->own_key,
		    &rq->fault);
	return jwk_parse(j->jwk, j->jwk_len, &rq->own_key, &rq->fault);
}

/* 6.2: which of the two is the row's to say. */
static enum err
find_key(struct rq *rq, const struct jws *j, const struct jwk **key)
{
	bool kid_ok = rq->row->auth != AUTH_JWK;
	bool jwk_ok = rq->row->auth != AUTH_KID;

	if (j->kid != NULL && kid_ok) /* JWS-14 */
		return find_account(rq, j, key);
	if (j->kid == NULL && jwk_ok) { /* JWS-14 */
		TRY(read_key(rq, j));
		*key = rq->key = rq->own_key;
		return OK;
	}
	return fault(&rq->fault, ERR_MALFORMED,
	    jwk_ok
	        ? "this resource wants jwk in the protected header, not kid"
	        : "this resource wants kid in the protected header, not jwk");
}

static enum err
check_url(struct rq *rq, const struct jws *j)
{
	const char *want = rq_self(rq);

	if (strcmp(j->url, want) == 0)
		return OK;
	return fault(&rq->fault, ERR_UNAUTHORIZED,
	    "the url in the protected header is not the one of this request, "
	    "%.300s",
	    want);
}

static enum err
bind_payload(struct rq *rq, const struct jws *j)
{
	const struct endpoint *row = rq->row;
	void *in;

	if (j->payload_len == 0) {          /* PAG-01 */
		if (row->body == BODY_JSON) /* PAG-07 */
			return fault(&rq->fault, ERR_MALFORMED,
			    "this resource wants a JSON object as payload; it "
			    "cannot be fetched");
		return OK;
	}
	if (row->body == BODY_EMPTY) /* PAG-02 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "this resource can only be fetched: the payload must be "
		    "empty (POST-as-GET)");
	in = arena_alloc(rq->arena, 1, *row->in_size);
	/* JWS-18 */
	TRY(json_bind(j->payload, j->payload_len, row->schema, in, rq->arena,
	    &rq->fault));
	rq->in = in;
	return OK;
}

static enum err
bad_nonce(struct rq *rq)
{
	return fault_plain(&rq->fault, ERR_BAD_NONCE);
}

enum err
authenticate(struct rq *rq)
{
	struct jws j = { 0 };
	const struct jwk *key = NULL;
	bool fresh;
	enum err e;

	TRY(check_content_type(rq));
	e = jws_parse(rq->http->body, rq->http->body_len, rq->arena, &j,
	    &rq->fault);
	fresh = j.nonce != NULL && nonce_spend(rq->ca->deps.nonces, j.nonce);
	TRY(e);
	TRY(find_key(rq, &j, &key));
	if (!fresh) /* NON-09, NON-10 */
		return bad_nonce(rq);
	/* NON-15, BLD-50 */
	if (trial_refuses(j.nonce, rq->config->trial.nonce_reject))
		return bad_nonce(rq);
	TRY(jws_verify(&j, key, &rq->fault)); /* JWS-17 */
	TRY(check_url(rq, &j));               /* JWS-16 */
	if (rq->acct != NULL)
		TRY(account_check(rq->acct, &rq->fault)); /* PAG-06, ACC-16 */
	return bind_payload(rq, &j);
}
