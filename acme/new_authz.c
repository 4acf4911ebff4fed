/*
 * newAuthz: a name proved before it is ordered (RFC 8555, 7.4.1; RFC 9444, 4.2).
 *
 * reads   the account's proofs of the name, and what it asked for before
 * writes  an authorization, an event; or nothing if there is one
 * fails   rejectedIdentifier, unsupportedIdentifier, unauthorized,
 *         userActionRequired, rateLimited, malformed
 */
#include <stddef.h>

#include "acme/charge.h"
#include "acme/endpoints.h"
#include "acme/names.h"
#include "acme/objects.h"
#include "acme/permit.h"
#include "acme/proof.h"
#include "acme/standing.h"
#include "acme/subdomains.h"

struct identifier {
	struct name_in name;
	enum json_flag subdomains;
};

struct new_authz {
	const struct identifier *identifier;
	enum json_flag subdomains; /* some clients say it here */
};

/* clang-format off */
static const struct json_field identifier_schema[] = {
	JSON_STR_REQUIRED("type",  struct identifier, name.type,  1, 64),
	JSON_STR_REQUIRED("value", struct identifier, name.value, 1, 1024),
	JSON_FLAG("subdomainAuthAllowed", struct identifier, subdomains),
	JSON_END
};
const struct json_field new_authz_schema[] = {
	JSON_SUB("identifier", struct new_authz, identifier,
	         identifier_schema, struct identifier),
	JSON_FLAG("subdomainAuthAllowed", struct new_authz, subdomains),
	JSON_END
};
/* clang-format on */
const size_t new_authz_size = sizeof(struct new_authz);

/* 7.4.1: whom we do not want to serve is told so with 403. */
static enum err
unwilling(struct rq *rq, const struct fault *why)
{
	if (why->code == ERR_REJECTED_IDENTIFIER) /* PRE-03 */
		return fault(&rq->fault, ERR_PREAUTH_REJECTED, "%s",
		    why->detail);
	if (why->code == ERR_UNSUPPORTED_IDENTIFIER) /* PRE-03 */
		return fault(&rq->fault, ERR_PREAUTH_UNSUPPORTED, "%s",
		    why->detail);
	return fault(&rq->fault, why->code, "%s", why->detail);
}

static enum err
choose_name(struct rq *rq, const struct new_authz *in, struct claim *out)
{
	const struct identifier *id = in->identifier;
	const struct ident *idents;
	struct fault why = { 0 };
	size_t n;

	if (id == NULL)
		return fault(&rq->fault, ERR_MALFORMED,
		    "\"identifier\": required, and missing");
	if (names_accept(&id->name, 1, &rq->config->rules, rq->arena, &idents,
	        &n, &why) != OK)
		return unwilling(rq, &why);
	out->ident = idents[0];
	if (out->ident.wildcard) /* PRE-02 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "a wildcard cannot be authorised before it is ordered "
		    "(RFC 8555, 7.4.1)");
	out->subdomains = rq->config->subdomains &&
	                  out->ident.type == IDENT_DNS &&
	                  (id->subdomains == JSON_YES ||
	                      in->subdomains == JSON_YES); /* SUB-02 */
	if (out->subdomains &&
	    ancestor_parse(id->name.value, &rq->config->rules, rq->arena,
	        &out->ident, &why) != OK)
		return unwilling(rq, &why);
	if (permit_names(rq, rq->profile, &out->ident, 1) == OK)
		return OK;
	why = rq->fault;
	rq->fault = (struct fault){ 0 };
	return unwilling(rq, &why);
}

/* What there is already does as well. */
static struct authz *
known(struct rq *rq, const struct claim *c)
{
	struct authz *z = proof_valid(rq, c);

	if (z == NULL)
		z = proof_pending(rq, c, 0); /* PRE-05 */
	return z;
}

enum err
ep_new_authz(struct rq *rq)
{
	struct claim c = { 0 };
	struct authz *z;

	TRY(standing_check(rq, NULL)); /* EAB-06, ACC-18 */
	TRY(choose_name(rq, rq->in, &c));
	z = known(rq, &c);
	if (z == NULL) {
		z = proof_new(rq, &c, rq_now(rq) + rq->config->order_s);
		z->preauthorised = true;
		TRY(charge_authz(rq, z));
		batch_expect_account(rq->batch, rq->acct);
		proof_stage(rq, z);
		rq_event(rq, "authz.created", z->id,
		    names_json(&z->ident, 1, rq->arena));
	}
	reply_authz(rq, 201, z);
	reply_header(rq, "Location",
	    rq_url(rq, "/acme/authz/%s", rq_id(rq, z->id)));
	return OK;
}
