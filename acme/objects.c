/*
 * How objects look to clients.  Absent members are absent, never null; times
 * are whole seconds; `status` comes first and is not nested while it could be
 * mistaken.
 */
#include "acme/objects.h"

#include <string.h>

#include "acme/problem.h"
#include "acme/state.h"
#include "acme/terms.h"

enum { ISSUERS_MAX = 10 };

enum err
find_order(struct rq *rq, struct order **out)
{
	*out = snap_order(rq->snap, rq->arena, rq->object);
	/* PAG-04 */
	if (*out == NULL || !id_equal((*out)->account, rq->acct->id))
		return fault(&rq->fault, ERR_NOT_FOUND, "no such order");
	return OK;
}

enum err
find_authz(struct rq *rq, struct authz **out)
{
	*out = snap_authz(rq->snap, rq->arena, rq->object);
	/* PAG-04 */
	if (*out == NULL || !id_equal((*out)->account, rq->acct->id))
		return fault(&rq->fault, ERR_NOT_FOUND,
		    "no such authorization");
	return OK;
}

void
order_view(struct rq *rq, struct order *o, struct order_view *out)
{
	out->order = o;
	out->authzs = ARENA_ARRAY(rq->arena, struct authz *, o->n_idents);
	if (o->status == ORDER_PENDING)
		for (size_t i = 0; i < o->n_idents; i++)
			out->authzs[i] =
			    snap_authz(rq->snap, rq->arena, o->authzs[i]);
	out->state =
	    order_state(o, out->authzs, rq_now(rq), rq->arena, &out->why);
}

bool
authz_busy(const struct authz *z)
{
	for (size_t i = 0; i < z->n_challenges; i++)
		if (z->challenges[i].status == CHALLENGE_PROCESSING)
			return true;
	return false;
}

/* RFC 8555, 7.1.2. */
void
reply_account(struct rq *rq, int status, const struct account *acct)
{
	struct jsonw *w = jsonw_new(rq->arena);
	const char *url = rq_url(rq, "/acme/account/%s", rq_id(rq, acct->id));

	jsonw_object(w, NULL);
	jsonw_str(w, "status", account_status_text(acct->status));
	if (acct->n_contacts > 0) {
		jsonw_list(w, "contact");
		for (size_t i = 0; i < acct->n_contacts; i++)
			jsonw_str(w, NULL, acct->contacts[i]);
		jsonw_end(w);
	}
	if (acct->terms_agreed) /* ACC-05 */
		jsonw_bool(w, "termsOfServiceAgreed", true);
	if (acct->eab_binding != NULL) /* EAB-04 */
		jsonw_raw(w, "externalAccountBinding", acct->eab_binding);
	/* ACC-05 */
	jsonw_str(w, "orders", arena_printf(rq->arena, "%s/orders", url));
	jsonw_end(w);
	reply_json(rq, status, w);
	reply_header(rq, "Location", url); /* ACC-01, ACC-02, ACC-15 */
	reply_link(rq, terms_url(rq), "terms-of-service"); /* ACC-09 */
	rq->reply.state = account_status_text(acct->status);
}

static void
tell_ident(struct jsonw *w, const char *key, const struct ident *id,
    const char *value)
{
	jsonw_object(w, key);
	jsonw_str(w, "type", ident_type_text(id->type));
	jsonw_str(w, "value", value);
	jsonw_end(w);
}

/* One that stands for several names is told once. */
static bool
told_before(const struct order *o, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (id_equal(o->authzs[k], o->authzs[i]))
			return true;
	return false;
}

static void
tell_authzs(struct rq *rq, struct jsonw *w, const struct order *o)
{
	jsonw_list(w, "authorizations");
	for (size_t i = 0; i < o->n_idents; i++)
		if (!told_before(o, i))
			jsonw_str(w, NULL,
			    rq_url(rq, "/acme/authz/%s",
			        rq_id(rq, o->authzs[i])));
	jsonw_end(w);
}

/* RFC 8555, 7.1.3. */
void
reply_order(struct rq *rq, int status, const struct order_view *v)
{
	struct jsonw *w = jsonw_new(rq->arena);
	const struct order *o = v->order;
	const char *url = rq_url(rq, "/acme/order/%s", rq_id(rq, o->id));

	jsonw_object(w, NULL);
	jsonw_str(w, "status", order_status_text(v->state));
	jsonw_time(w, "expires", o->expires);
	jsonw_list(w, "identifiers");
	for (size_t i = 0; i < o->n_idents; i++)
		tell_ident(w, NULL, &o->idents[i],
		    ident_text(&o->idents[i], rq->arena));
	jsonw_end(w);
	jsonw_str(w, "profile", o->profile); /* PRO-04 */
	if (o->asked_not_before != 0)
		jsonw_time(w, "notBefore", o->asked_not_before);
	if (o->asked_not_after != 0)
		jsonw_time(w, "notAfter", o->asked_not_after);
	jsonw_str(w, "replaces", o->replaces); /* ARI-09 */
	tell_authzs(rq, w, o);
	jsonw_str(w, "finalize", arena_printf(rq->arena, "%s/finalize", url));
	if (v->state == ORDER_VALID) /* ORD-02 */
		jsonw_str(w, "certificate",
		    rq_url(rq, "/acme/cert/%s", rq_id(rq, o->serial)));
	if (v->state == ORDER_INVALID) /* ORD-02 */
		problem_member(w, "error", &v->why);
	jsonw_end(w);
	reply_json(rq, status, w);
	reply_header(rq, "Location", url); /* FIN-03, BLD-11 */
	rq->reply.state = order_status_text(v->state);
}

/* dns-persist-01 has no token, but what the record is to say. */
static void
tell_record(struct rq *rq, struct jsonw *w, const struct authz *z)
{
	const struct acme_config *c = rq->config;

	jsonw_list(w, "issuer-domain-names"); /* DP1-01 */
	for (size_t i = 0; i < c->n_caa_identities && i < ISSUERS_MAX; i++)
		jsonw_str(w, NULL, c->caa_identities[i]);
	jsonw_end(w);
	jsonw_str(w, "accounturi",
	    rq_url(rq, "/acme/account/%s", rq_id(rq, z->account)));
}

/* RFC 8555, 7.1.5 and 8; flat while there is no error. */
static void
tell_challenge(struct rq *rq, struct jsonw *w, const struct authz *z,
    const struct challenge *c)
{
	jsonw_object(w, NULL);
	jsonw_str(w, "type", c->type);
	jsonw_str(w, "url",
	    rq_url(rq, "/acme/challenge/%s/%s", rq_id(rq, z->id), c->type));
	jsonw_str(w, "status", challenge_status_text(c->status));
	if (*c->token != '\0') /* DP1-01 */
		jsonw_str(w, "token", c->token);
	else
		tell_record(rq, w, z);
	if (c->status == CHALLENGE_VALID) /* CHA-01 */
		jsonw_time(w, "validated", c->validated);
	if (c->status == CHALLENGE_INVALID) /* CHA-01 */
		problem_member(w, "error", &c->error);
	jsonw_end(w);
}

/* Once something is decided, only what decided it is of interest (7.1.4). */
static bool
worth_telling(enum authz_status state, const struct challenge *c)
{
	if (state == AUTHZ_VALID) /* AUT-03 */
		return c->status == CHALLENGE_VALID;
	if (state == AUTHZ_INVALID) /* AUT-03 */
		return c->status == CHALLENGE_INVALID;
	return true;
}

/* RFC 8555, 7.1.4. */
void
reply_authz(struct rq *rq, int status, const struct authz *z)
{
	struct jsonw *w = jsonw_new(rq->arena);
	enum authz_status state = authz_state(z, rq_now(rq));

	jsonw_object(w, NULL);
	jsonw_str(w, "status", authz_status_text(state));
	jsonw_time(w, "expires", z->expires);
	tell_ident(w, "identifier", &z->ident, z->ident.value);
	if (z->ident.wildcard) /* AUT-01 */
		jsonw_bool(w, "wildcard", true);
	if (z->subdomains) /* SUB-01, SUB-02 */
		jsonw_bool(w, "subdomainAuthAllowed", true);
	jsonw_list(w, "challenges");
	for (size_t i = 0; i < z->n_challenges; i++)
		if (worth_telling(state, &z->challenges[i]))
			tell_challenge(rq, w, z, &z->challenges[i]);
	jsonw_end(w);
	jsonw_end(w);
	reply_json(rq, status, w);
	rq->reply.state = authz_status_text(state);
}

void
reply_challenge(struct rq *rq, const struct authz *z, const struct challenge *c)
{
	struct jsonw *w = jsonw_new(rq->arena);

	tell_challenge(rq, w, z, c);
	reply_json(rq, 200, w);
	/* CHA-03: certbot insists */
	reply_link(rq, rq_url(rq, "/acme/authz/%s", rq_id(rq, z->id)), "up");
	/* CHA-04 */
	reply_header(rq, "Location",
	    rq_url(rq, "/acme/challenge/%s/%s", rq_id(rq, z->id), c->type));
	rq->reply.state = challenge_status_text(c->status);
}
