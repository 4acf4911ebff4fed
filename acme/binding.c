#include "acme/binding.h"

#include <string.h>

#include "acme/rq.h"
#include "base/log.h"
#include "crypto/eab.h"

enum { BINDING_MAX = 16 * 1024 };

/*
 * The key of that name, or NULL.  Who names one that is not there has to wait
 * for a MAC all the same, and hears the same: kids cannot be told apart.
 */
static struct eab *
proven_key(struct rq *rq, const struct eab_claim *claim)
{
	static const uint8_t nobodys[EAB_KEY_SIZE] = { 1 };
	struct id kid;
	struct eab *e = id_parse(claim->kid, &kid)
	                    ? snap_eab(rq->snap, rq->arena, kid)
	                    : NULL;
	bool proven =
	    eab_proves(claim, e != NULL ? e->key : nobodys, EAB_KEY_SIZE);

	return proven ? e : NULL;
}

/* Told to those only who have proven that they know the key. */
static enum err
check_usable(struct rq *rq, const struct eab *e)
{
	if (e->revoked != 0) /* EAB-06 */
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "the key of this external account binding has been "
		    "revoked");
	if (e->expires != 0 && e->expires <= rq_now(rq)) /* EAB-06 */
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "the key of this external account binding has expired; "
		    "ask for a new one");
	if (e->uses_max != 0 && e->uses >= e->uses_max) /* EAB-06 */
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "the key of this external account binding has been used "
		    "as often as it may; ask for a new one");
	return OK;
}

static void
tell_log(void *arg)
{
	const struct account *acct = arg;
	char id[ID_TEXT], kid[ID_TEXT];

	id_text(acct->id, id);
	id_text(acct->eab, kid);
	log_info("account.bound", "account=%s kid=%s", id, kid);
}

enum err
binding_take(struct rq *rq, const char *json, size_t len, struct account *acct)
{
	struct eab_claim claim;
	struct eab *e;

	if (json == NULL && rq->config->eab_required) /* EAB-01 */
		return fault(&rq->fault, ERR_EXTERNAL_ACCOUNT_REQUIRED,
		    "this CA wants accounts to be bound to a key of its "
		    "operator's (externalAccountBinding); ask for a key id "
		    "and a MAC key");
	if (json == NULL)
		return OK;
	if (len > BINDING_MAX) /* it is kept and shown as it is */
		return fault(&rq->fault, ERR_MALFORMED,
		    "externalAccountBinding: longer than %d octets",
		    (int)BINDING_MAX);
	TRY(eab_parse(json, len, rq_self(rq), rq->key, rq->arena, &claim,
	    &rq->fault)); /* EAB-02, EAB-08 */
	e = proven_key(rq, &claim);
	if (e == NULL) /* EAB-02, EAB-03, EAB-08 */
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "the external account binding is not proven: there is no "
		    "such key id, or the MAC was made with another key "
		    "(base64url as handed out: the client has to decode it)");
	TRY(check_usable(rq, e));
	acct->eab = e->id;
	acct->eab_binding = json;
	batch_use_eab(rq->batch, e->id); /* EAB-06 */
	rq_after(rq, tell_log, acct);
	return OK;
}
