/*
 * An account: fetch, update, deactivate (RFC 8555, 7.3.2 and 7.3.6).
 *
 * reads   the account
 * writes  the account, an event
 * fails   malformed, invalidContact, unsupportedContact, rateLimited
 */
#include <stddef.h>
#include <string.h>

#include "acme/charge.h"
#include "acme/contact.h"
#include "acme/endpoints.h"
#include "acme/objects.h"
#include "acme/state.h"

struct account_update {
	const char *status;
	const char *const *contacts; /* NULL: not mentioned */
	size_t n_contacts;
};

/* clang-format off */
const struct json_field account_schema[] = {
	JSON_STR("status",   struct account_update, status, 32),
	JSON_STRS("contact", struct account_update, contacts, n_contacts, CONTACTS_MAX),
	JSON_END
};
/* clang-format on */
const size_t account_size = sizeof(struct account_update);

/* Some clients say at each run what has been said before. */
static bool
are_contacts(const struct account *acct, const struct account_update *in)
{
	if (acct->n_contacts != in->n_contacts)
		return false;
	for (size_t i = 0; i < in->n_contacts; i++)
		if (strcmp(acct->contacts[i], in->contacts[i]) != 0)
			return false;
	return true;
}

static enum err
set_contacts(struct rq *rq, const struct account_update *in,
    struct account *acct)
{
	struct charge c =
	    charge_account(rq->config, LIMIT_UPDATES, &rq->acct->id);

	TRY(contacts_check(in->contacts, in->n_contacts, &rq->fault));
	TRY(charge(rq, &c, 1));
	acct->contacts = in->contacts;
	acct->n_contacts = in->n_contacts;
	return OK;
}

static enum err
update(struct rq *rq, const struct account_update *in, struct account *acct)
{
	bool deactivate = false, change = false;

	if (in->status != NULL && strcmp(in->status, "valid") != 0) {
		if (strcmp(in->status, "deactivated") != 0) /* ACC-16 */
			return fault(&rq->fault, ERR_MALFORMED,
			    "the only status an account can be given is "
			    "deactivated");
		deactivate = true;
	}
	if (in->contacts != NULL && !are_contacts(acct, in)) {
		TRY(set_contacts(rq, in, acct));
		change = true;
	}
	if (deactivate) /* ACC-16 */
		account_move(acct, ACCOUNT_DEACTIVATED);
	if (deactivate || change) { /* ACC-13, ACC-16 */
		batch_put_account(rq->batch, acct);
		rq_event(rq,
		    deactivate ? "account.deactivated" : "account.updated",
		    acct->id, NULL);
		if (deactivate) /* contacts are no cause to use the reserve */
			batch_essential(rq->batch);
	}
	return OK;
}

enum err
ep_account(struct rq *rq)
{
	const struct account_update *in = rq->in;
	struct account *acct = ARENA_NEW(rq->arena, struct account);

	if (!id_equal(rq->object, rq->acct->id)) /* PAG-04, ACC-14 */
		return fault(&rq->fault, ERR_NOT_FOUND, "no such account");
	*acct = *rq->acct;
	if (in != NULL && !rq->durable)
		TRY(update(rq, in, acct));
	reply_account(rq, 200, acct);
	return OK;
}
