/*
 * newOrder (RFC 8555, 7.4; RFC 9773, 5; RFC 9444, 4.3).
 *
 * reads   the account's proofs, its open order, the certificate replaced
 * writes  one order, an authorization for each name that lacks one, the
 *         certificate replaced, an event
 * fails   rejectedIdentifier, unsupportedIdentifier, invalidProfile,
 *         alreadyReplaced, rateLimited, unauthorized, malformed
 */
#include <stddef.h>
#include <string.h>

#include "acme/certid.h"
#include "acme/charge.h"
#include "acme/due.h"
#include "acme/endpoints.h"
#include "acme/names.h"
#include "acme/objects.h"
#include "acme/permit.h"
#include "acme/proof.h"
#include "acme/standing.h"
#include "acme/state.h"
#include "acme/subdomains.h"
#include "base/log.h"
#include "base/rfc3339.h"

struct new_order {
	const struct name_in *names;
	size_t n_names;
	const char *profile; /* NULL: the directory's */
	const char *not_before, *not_after, *replaces;
};

/* clang-format off */
const struct json_field new_order_schema[] = {
	JSON_ITEMS("identifiers", struct new_order, names, n_names,
	           name_in_schema, struct name_in, 1, NAMES_IN_MAX),
	JSON_STR("profile",   struct new_order, profile, 64),
	JSON_STR("notBefore", struct new_order, not_before, 64),
	JSON_STR("notAfter",  struct new_order, not_after, 64),
	JSON_STR("replaces",  struct new_order, replaces, CERTID_MAX),
	JSON_END
};
/* clang-format on */
const size_t new_order_size = sizeof(struct new_order);

/* What is being made. */
struct making {
	struct order *order;
	const struct acme_profile *profile;
	const char *const *above; /* by name: what proves it instead, or NULL */
	struct authz **authzs;
	unixtime last;                /* later there is no such certificate */
	struct certificate *replaced; /* NULL: none */
};

static enum err
choose_profile(struct rq *rq, const char *name, const struct acme_profile **out)
{
	const struct acme_config *c = rq->config;
	size_t i = 0;

	*out = rq->profile;
	if (name == NULL)
		return OK;
	while (i < c->n_profiles && strcmp(c->profiles[i].name, name) != 0)
		i++;
	if (i == c->n_profiles) /* PRO-02 */
		return fault(&rq->fault, ERR_INVALID_PROFILE,
		    "there is no profile of that name; the directory lists "
		    "them in meta.profiles");
	*out = &c->profiles[i];
	return OK;
}

/* RFC 9444: what is to be proved instead of a name must be permitted, too. */
static enum err
choose_above(struct rq *rq, const struct new_order *in, struct making *m)
{
	const struct order *o = m->order;
	struct ident *above = ARENA_ARRAY(rq->arena, struct ident, o->n_idents);
	size_t n = 0;

	TRY(ancestors_accept(in->names, in->n_names, o->idents, o->n_idents,
	    &rq->config->rules, rq->arena, &m->above, &rq->fault));
	for (size_t i = 0; i < o->n_idents; i++)
		if (m->above[i] != NULL)
			above[n++] =
			    (struct ident){ IDENT_DNS, m->above[i], false };
	return permit_names(rq, m->profile, above, n); /* SUB-01 */
}

/* 6.7.1: what is wrong with the others is told together with it. */
static enum err
refuse_names(struct rq *rq, const struct new_order *in, struct making *m)
{
	const struct fault form = rq->fault;
	struct fault *bad;
	size_t n;

	if (form.n_subproblems == 0 ||
	    permit_names(rq, m->profile, m->order->idents,
	        m->order->n_idents) == OK)
		return form.code;
	n = form.n_subproblems + rq->fault.n_subproblems;
	bad = ARENA_ARRAY(rq->arena, struct fault, n);
	memcpy(bad, form.subproblems, form.n_subproblems * sizeof(bad[0]));
	memcpy(bad + form.n_subproblems, rq->fault.subproblems,
	    rq->fault.n_subproblems * sizeof(bad[0]));
	return names_refuse(&rq->fault, bad, n, in->n_names); /* ORD-08 */
}

static enum err
choose_names(struct rq *rq, const struct new_order *in, struct making *m)
{
	struct order *o = m->order;

	if (names_accept(in->names, in->n_names, &rq->config->rules, rq->arena,
	        &o->idents, &o->n_idents, &rq->fault) != OK)
		return refuse_names(rq, in, m);
	TRY(permit_names(rq, m->profile, o->idents, o->n_idents)); /* IDN-06 */
	m->above = ARENA_ARRAY(rq->arena, const char *, o->n_idents);
	return rq->config->subdomains ? choose_above(rq, in, m) : OK;
}

static enum err
read_date(struct rq *rq, const char *member, const char *text, unixtime *out)
{
	if (text != NULL && !rfc3339_read(text, out)) /* ORD-11 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "%s: \"%.60s\" is no date and time of RFC 3339 in whole "
		    "seconds, as 2026-11-21T05:37:00Z is",
		    member, text);
	return OK;
}

static enum err
choose_dates(struct rq *rq, const struct new_order *in, struct making *m)
{
	struct order *o = m->order;
	struct dates asked;

	TRY(read_date(rq, "notBefore", in->not_before, &o->asked_not_before));
	TRY(read_date(rq, "notAfter", in->not_after, &o->asked_not_after));
	asked = (struct dates){ o->asked_not_before, o->asked_not_after };
	return dates_accept(m->profile->shape, &asked, rq_now(rq), &m->last,
	    &rq->fault);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The account's order for just this, as long as it can be used. */
static bool
open_order(struct rq *rq, const struct order *o, struct order_view *v)
{
	struct order *had = snap_open_order(rq->snap, rq->arena, rq->acct->id,
	    o->idents, o->n_idents);

	/* ORD-17 BLD-17 */
	if (!rq->config->orders_reuse || had == NULL ||
	    strcmp(had->profile, o->profile) != 0 ||
	    had->asked_not_before != o->asked_not_before ||
	    had->asked_not_after != o->asked_not_after ||
	    !same_text(had->replaces, o->replaces) ||
	    !names_equal(had->idents, had->n_idents, o->idents, o->n_idents))
		return false;
	order_view(rq, had, v);
	return v->state == ORDER_PENDING || v->state == ORDER_READY;
}

/* One that names it in `replaces`, and has not come to nothing. */
static bool
is_replaced(struct rq *rq, const struct certificate *c)
{
	struct order_view v;

	if (id_zero(c->replaced_by) ||
	    (v.order = snap_order(rq->snap, rq->arena, c->replaced_by)) == NULL)
		return false;
	order_view(rq, v.order, &v);
	return v.state != ORDER_INVALID; /* ARI-10 */
}

static bool
shares_a_name(const struct certificate *c, const struct order *o)
{
	for (size_t i = 0; i < c->n_idents; i++)
		for (size_t k = 0; k < o->n_idents; k++)
			if (ident_equal(&c->idents[i], &o->idents[k]))
				return true;
	return false;
}

/* RFC 9773, 5.  Every refusal says "replaces": clients look for it. */
static enum err
choose_replaced(struct rq *rq, struct making *m)
{
	const struct order *o = m->order;
	struct fault why = { 0 };
	struct certid id;
	struct certificate *c;

	if (o->replaces == NULL)
		return OK;
	if (certid_read(o->replaces, rq->arena, &id, &why) != OK)
		return fault(&rq->fault, ERR_MALFORMED, "replaces: %s",
		    why.detail);
	c = certid_find(rq->snap, rq->config, &id, rq->arena);
	if (c == NULL) /* ARI-08 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "replaces: this CA knows no such certificate");
	if (!id_equal(c->account, rq->acct->id)) /* ARI-08 */
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "replaces: that certificate is another account's");
	if (!shares_a_name(c, o)) /* ARI-08 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "replaces: that certificate has none of these names");
	if (is_replaced(rq, c)) /* ARI-08 */
		return fault(&rq->fault, ERR_ALREADY_REPLACED,
		    "replaces: another order replaces that certificate "
		    "already; leave `replaces` out");
	m->replaced = c;
	return OK;
}

/* Told of in this order already, proven before, or made anew. */
static struct authz *
authz_for(struct rq *rq, struct making *m, size_t i)
{
	const struct order *o = m->order;
	struct claim c = { o->idents[i], false };
	struct authz *z;

	if (m->above[i] != NULL)
		c = (struct claim){ { IDENT_DNS, m->above[i], false }, true };
	for (size_t k = 0; k < i; k++)
		if (m->authzs[k]->subdomains == c.subdomains &&
		    ident_equal(&m->authzs[k]->ident, &c.ident))
			return m->authzs[k];
	z = proof_known(rq, &c);
	if (z != NULL && z->status == AUTHZ_VALID &&
	    !trial_chance(rq->config->trial.authz_reuse)) /* BLD-51 */
		z = NULL;
	if (z == NULL)
		z = proof_new(rq, &c, o->expires);
	else if (z->status == AUTHZ_VALID)
		return z;
	z->order = o->id; /* which is told what becomes of it */
	if (z->version == 0)
		proof_stage(rq, z);
	else
		batch_put_authz(rq->batch, z);
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

static void
choose_authzs(struct rq *rq, struct making *m)
{
	struct order *o = m->order;

	o->authzs = ARENA_ARRAY(rq->arena, struct id, o->n_idents);
	m->authzs = ARENA_ARRAY(rq->arena, struct authz *, o->n_idents);
	for (size_t i = 0; i < o->n_idents; i++) {
		m->authzs[i] = authz_for(rq, m, i);
		o->authzs[i] = m->authzs[i]->id;
		if (m->authzs[i]->expires < o->expires) /* ORD-19 */
			o->expires = m->authzs[i]->expires;
	}
}

static void
create(struct rq *rq, struct making *m)
{
	struct order *o = m->order;

	o->id = id_new(rq->now_ms);
	o->account = rq->acct->id;
	o->status = ORDER_PENDING;
	o->created = rq_now(rq);
	o->expires = o->created + rq->config->order_s;
	if (m->last < o->expires)
		o->expires = m->last;
	choose_authzs(rq, m);
	if (m->replaced != NULL) {
		m->replaced->replaced_by = o->id;
		batch_put_certificate(rq->batch, m->replaced);
	}
	batch_expect_account(rq->batch, rq->acct);
	batch_put_order(rq->batch, o);
	due_prune_order(rq->batch, rq->arena, rq->config, o);
	rq_event(rq, "order.created", o->id,
	    names_json(o->idents, o->n_idents, rq->arena));
	rq_after(rq, tell_log, o);
}

enum err
ep_new_order(struct rq *rq)
{
	const struct new_order *in = rq->in;
	struct order *o = ARENA_NEW(rq->arena, struct order);
	struct making m = { .order = o };
	struct order_view v = { .order = o };

	TRY(choose_profile(rq, in->profile, &m.profile));
	o->profile = m.profile->name;
	TRY(standing_check(rq, o->profile)); /* EAB-06, PRO-03, ACC-18 */
	TRY(choose_names(rq, in, &m));
	TRY(choose_dates(rq, in, &m));
	o->replaces = in->replaces;
	if (!open_order(rq, o, &v)) {
		TRY(choose_replaced(rq, &m));
		create(rq, &m);
		TRY(charge_order(rq, o, m.authzs));
		v.order = o;
		v.authzs = m.authzs;
		v.state =
		    order_state(o, v.authzs, rq_now(rq), rq->arena, &v.why);
	}
	reply_order(rq, 201, &v);
	return OK;
}
