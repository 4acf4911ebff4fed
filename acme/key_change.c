/*
 * keyChange (RFC 8555, 7.3.5): another key for the account, signed for by
 * both, the new one's signature inside the old one's.
 *
 * reads   the account that has the new key
 * writes  the account, an event
 * fails   malformed (409, and where, if an account has the key),
 *         badPublicKey, badSignatureAlgorithm, rateLimited
 */
#include <stddef.h>
#include <string.h>

#include "acme/authority.h"
#include "acme/charge.h"
#include "acme/compromise.h"
#include "acme/endpoints.h"
#include "acme/objects.h"
#include "crypto/digest.h"
#include "crypto/jws.h"

struct change {
	const char *account;
	const char *old_key;
	size_t old_key_len;
};

static const struct json_field change_fields[] = {
	JSON_STR_REQUIRED("account", struct change, account, 1, 8 * 1024),
	JSON_RAW("oldKey", struct change, old_key, old_key_len),
	JSON_END,
};

/* The new key has signed this; `*key` is the caller's to free, if set. */
static enum err
open_inner(struct rq *rq, struct jws *j, struct jwk **key)
{
	TRY(jws_inner_parse(rq->in, rq->arena, j, &rq->fault));
	if (j->jwk == NULL) /* KCH-01 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "keyChange: the inner JWS wants jwk, the new key, in its "
		    "protected header, and no kid");
	if (strcmp(j->url, rq_self(rq)) != 0) /* KCH-01 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "keyChange: the url of the inner JWS is not the one of "
		    "the outer");
	TRY(jwk_parse(j->jwk, j->jwk_len, key, &rq->fault));
	TRY(jws_verify(j, *key, &rq->fault)); /* KCH-02 */
	return OK;
}

/* Is it the key that the account has? */
static bool
is_old_key(struct rq *rq, const struct change *c)
{
	char thumbprint[JWK_THUMBPRINT] = "";
	struct fault ignored = { 0 };
	struct jwk *key;

	if (c->old_key == NULL ||
	    jwk_parse(c->old_key, c->old_key_len, &key, &ignored) != OK)
		return false;
	jwk_thumbprint(key, thumbprint);
	jwk_free(key);
	return strcmp(thumbprint, rq->acct->thumbprint) == 0;
}

static enum err
check_payload(struct rq *rq, const struct jws *j)
{
	struct change c = { 0 };
	struct id id;

	TRY(json_bind(j->payload, j->payload_len, change_fields, &c, rq->arena,
	    &rq->fault));
	if (!authority_kid(rq->config, c.account, rq->arena, &id) ||
	    !id_equal(id, rq->acct->id)) /* KCH-03 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "keyChange: \"account\" is not the account that signed "
		    "this request");
	if (!is_old_key(rq, &c)) /* KCH-03 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "keyChange: \"oldKey\" is not the key of this account");
	return OK;
}

/* One key, one account; also if that has been deactivated. */
static enum err
check_free(struct rq *rq, const char *thumbprint)
{
	const struct account *holder =
	    snap_account_by_key(rq->snap, rq->arena, thumbprint);

	if (holder == NULL)
		return OK;
	if (id_equal(holder->id, rq->acct->id)) /* KCH-04 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "keyChange: this account has that key already");
	/* KCH-04 */
	reply_header(rq, "Location",
	    rq_url(rq, "/acme/account/%s", rq_id(rq, holder->id)));
	return fault_plain(&rq->fault, ERR_KEY_IN_USE);
}

static enum err
change(struct rq *rq, const struct jwk *key)
{
	struct account *acct = ARENA_NEW(rq->arena, struct account);
	struct charge cost =
	    charge_account(rq->config, LIMIT_UPDATES, &rq->acct->id);
	char thumbprint[JWK_THUMBPRINT];
	uint8_t spki[SHA256_SIZE];

	jwk_thumbprint(key, thumbprint);
	jwk_spki_sha256(key, spki);
	TRY(check_free(rq, thumbprint));
	TRY(key_unblocked(rq, spki, ERR_BAD_PUBLIC_KEY)); /* PKY-08 */
	TRY(charge(rq, &cost, 1));
	batch_expect_unblocked(rq->batch, spki);
	*acct = *rq->acct;
	acct->jwk = arena_text(rq->arena, jwk_canonical(key));
	acct->thumbprint = arena_text(rq->arena, thumbprint);
	batch_put_account(rq->batch, acct);
	rq_event(rq, "account.key_changed", acct->id,
	    arena_printf(rq->arena, "{\"from\":\"%s\",\"to\":\"%s\"}",
	        rq->acct->thumbprint, thumbprint));
	reply_account(rq, 200, acct);
	return OK;
}

enum err
ep_key_change(struct rq *rq)
{
	struct jwk *key = NULL;
	struct jws inner;
	enum err e;

	e = open_inner(rq, &inner, &key);
	if (e == OK)
		e = check_payload(rq, &inner);
	if (e == OK)
		e = change(rq, key);
	jwk_free(key);
	return e;
}
