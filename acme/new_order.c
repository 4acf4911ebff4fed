/*
 * newOrder (RFC 8555, 7.4).
 *
 * reads   the account's reusable authorizations
 * writes  one order, an authorization for each name that lacks one, an event
 * fails   rejectedIdentifier, unsupportedIdentifier, invalidProfile, malformed
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "acme/due.h"
#include "acme/endpoints.h"
#include "acme/names.h"
#include "acme/objects.h"
#include "acme/offer.h"
#include "acme/permit.h"
#include "acme/state.h"
#include "base/log.h"

struct new_order {
	const struct name_in *names;
	size_t n_names;
	const char *profile; /* NULL: the directory's */
};

/* clang-format off */
const struct json_field new_order_schema[] = {
	JSON_ITEMS("identifiers", struct new_order, names, n_names,
	           name_in_schema, struct name_in, 1, NAMES_IN_MAX),
	JSON_STR("profile", struct new_order, profile, 64),
	JSON_REFUSE("notBefore"),       /* 7.4: what we cannot honour, */
	JSON_REFUSE("notAfter"),        /* we refuse rather than ignore */
	JSON_END
};
/* clang-format on */
const size_t new_order_size = sizeof(struct new_order);

static enum err
choose_profile(struct rq *rq, const char *name, const struct acme_profile **out)
{
	*out = rq->profile;
	if (name == NULL)
		return OK;
	for (size_t i = 0; i < rq->config->n_profiles; i++)
		if (strcmp(rq->config->profiles[i].name, name) == 0) {
			*out = &rq->config->profiles[i];
			return OK;
		}
	return fault(&rq->fault, ERR_INVALID_PROFILE,
	    "there is no profile of that name; the directory lists them in "
	    "meta.profiles");
}

static struct authz *
authz_new(struct rq *rq, const struct order *o, const struct ident *ident)
{
	struct authz *z = ARENA_NEW(rq->arena, struct authz);

	z->id = id_new(rq->now_ms);
	z->account = o->account;
	z->order = o->id;
	z->ident = *ident;
	z->status = AUTHZ_PENDING;
	z->expires = o->expires;
	offer_challenges(rq->config, z, rq->arena);
	return z;
}

/* When the proof was given; it counts for `authz_s` from then. */
static unixtime
proven_at(const struct authz *z)
{
	for (size_t i = 0; i < z->n_challenges; i++)
		if (z->challenges[i].status == CHALLENGE_VALID)
			return z->challenges[i].validated;
	return 0;
}

/*
 * Reuse the account's proof of `ident` if it lasts as long as a whole order
 * may, or half a proof's own life if that is less; or stage a new one.
 */
static struct authz *
authz_for(struct rq *rq, const struct order *o, const struct ident *ident)
{
	const struct acme_config *c = rq->config;
	unsigned left =
	    c->order_s < c->authz_s / 2 ? c->order_s : c->authz_s / 2;
	struct authz *z = snap_reusable_authz(rq->snap, rq->arena, o->account,
	    ident, rq_now(rq) + left);

	if (z != NULL && proven_at(z) + c->authz_s > rq_now(rq) + left)
		return z;
	z = authz_new(rq, o, ident);
	batch_put_authz(rq->batch, z);
	due_prune_authz(rq->batch, rq->arena, c, z);
	return z;
}

static void
tell_log(void *arg)
{
	const struct order *o = arg;
	char id[ID_TEXT], acct[ID_TEXT];

	id_text(o->id, id);
	id_text(o->account, acct);
	log_info("order.created",
	    "order=%s account=%s profile=%s names=%zu first=\"%s%s\"", id, acct,
	    o->profile, o->n_idents, o->idents[0].wildcard ? "*." : "",
	    o->idents[0].value);
}

enum err
ep_new_order(struct rq *rq)
{
	const struct new_order *in = rq->in;
	struct order *o = ARENA_NEW(rq->arena, struct order);
	const struct acme_profile *profile;
	struct order_view v = { .order = o };

	TRY(choose_profile(rq, in->profile, &profile));
	TRY(names_accept(in->names, in->n_names, rq->config->names_max,
	    rq->arena, &o->idents, &o->n_idents, &rq->fault));
	TRY(permit_names(rq, profile, o->idents, o->n_idents)); /* IDN-06 */

	o->id = id_new(rq->now_ms);
	o->account = rq->acct->id;
	o->status = ORDER_PENDING;
	o->created = rq_now(rq);
	o->expires = o->created + rq->config->order_s;
	o->profile = profile->name;
	o->authzs = ARENA_ARRAY(rq->arena, struct id, o->n_idents);
	v.authzs = ARENA_ARRAY(rq->arena, struct authz *, o->n_idents);
	for (size_t i = 0; i < o->n_idents; i++) {
		struct authz *z = authz_for(rq, o, &o->idents[i]);

		v.authzs[i] = z;
		o->authzs[i] = z->id;
		if (z->expires < o->expires)
			o->expires = z->expires;
	}
	batch_expect_account(rq->batch, rq->acct);
	batch_put_order(rq->batch, o);
	due_prune_order(rq->batch, rq->arena, rq->config, o);
	rq_event(rq, "order.created", o->id,
	    names_json(o->idents, o->n_idents, rq->arena));
	rq_after(rq, tell_log, o);
	v.state = order_state(o, v.authzs, rq_now(rq), rq->arena, &v.why);
	reply_order(rq, 201, &v);
	return OK;
}
