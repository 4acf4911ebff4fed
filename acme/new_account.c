/*
 * newAccount (RFC 8555, 7.3 and 7.3.1).
 *
 * reads   the account that has this key, the key it is to be bound to
 * writes  an account, a use of that key, an event
 * fails   accountDoesNotExist, unauthorized, userActionRequired,
 *         externalAccountRequired, invalidContact, unsupportedContact,
 *         malformed
 */
#include <stddef.h>

#include "acme/binding.h"
#include "acme/charge.h"
#include "acme/compromise.h"
#include "acme/contact.h"
#include "acme/endpoints.h"
#include "acme/objects.h"
#include "acme/state.h"
#include "acme/terms.h"
#include "crypto/digest.h"
#include "crypto/jwk.h"

struct new_account {
	enum json_flag only_existing, terms_agreed;
	const char *const *contacts;
	size_t n_contacts;
	const char *binding; /* JSON of externalAccountBinding */
	size_t binding_len;
};

/* clang-format off */
const struct json_field new_account_schema[] = {
	JSON_FLAG("onlyReturnExisting",   struct new_account, only_existing),
	JSON_FLAG("termsOfServiceAgreed", struct new_account, terms_agreed),
	JSON_STRS("contact", struct new_account, contacts, n_contacts, CONTACTS_MAX),
	JSON_RAW("externalAccountBinding", struct new_account, binding, binding_len),
	JSON_END
};
/* clang-format on */
const size_t new_account_size = sizeof(struct new_account);

enum err
ep_new_account(struct rq *rq)
{
	const struct new_account *in = rq->in;
	char thumbprint[JWK_THUMBPRINT];
	uint8_t spki[SHA256_SIZE];
	struct charge cost = charge_address(rq, LIMIT_ACCOUNTS);
	struct account *acct;

	jwk_spki_sha256(rq->key, spki);
	if (!rq->durable)
		TRY(key_unblocked(rq, spki, ERR_BAD_PUBLIC_KEY)); /* PKY-08 */
	jwk_thumbprint(rq->key, thumbprint);
	acct = snap_account_by_key(rq->snap, rq->arena, thumbprint);
	if (acct != NULL && !rq->durable)
		TRY(account_check(acct, &rq->fault)); /* ACC-04 */
	if (acct != NULL) { /* ACC-02; 7.3.1: whatever else is said */
		reply_account(rq, 200, acct);
		return OK;
	}
	if (in->only_existing == JSON_YES) /* ACC-03 */
		return fault(&rq->fault, ERR_ACCOUNT_DOES_NOT_EXIST,
		    "no account has this key");
	if (rq->config->terms_required &&
	    in->terms_agreed != JSON_YES) /* ACC-08 */
		return terms_refuse(rq);
	/* ACC-10, ACC-11 */
	TRY(contacts_check(in->contacts, in->n_contacts, &rq->fault));
	TRY(charge(rq, &cost, 1));

	acct = ARENA_NEW(rq->arena, struct account);
	acct->id = id_new(rq->now_ms);
	acct->status = ACCOUNT_VALID;
	acct->jwk = jwk_canonical(rq->key);
	acct->thumbprint = arena_text(rq->arena, thumbprint);
	acct->contacts = in->contacts;
	acct->n_contacts = in->n_contacts;
	acct->terms_agreed = in->terms_agreed == JSON_YES;
	if (acct->terms_agreed)
		acct->terms = terms_in_force(rq->config);
	acct->created = rq_now(rq);
	batch_expect_unblocked(rq->batch, spki);
	TRY(binding_take(rq, in->binding, in->binding_len, acct));
	batch_put_account(rq->batch, acct);
	rq_event(rq, "account.created", acct->id, NULL);
	reply_account(rq, 201, acct);
	return OK;
}
