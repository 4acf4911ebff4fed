/*
 * finalize (RFC 8555, 7.4): from a ready order and a CSR to recorded bytes.
 * Lingers until they are signed and stored.
 *
 * reads   the order, its authorizations, any account with the CSR's key
 * writes  the order, with serial and to-be-signed bytes, or invalid if these
 *         are not what was ordered; due work; an event
 * fails   orderNotReady, caa, badCSR, invalidProfile, malformed
 */
#include <stddef.h>
#include <string.h>

#include "acme/acme_int.h"
#include "acme/charge.h"
#include "acme/compromise.h"
#include "acme/due.h"
#include "acme/endpoints.h"
#include "acme/issue.h"
#include "acme/names.h"
#include "acme/objects.h"
#include "acme/permit.h"
#include "acme/problem.h"
#include "acme/standing.h"
#include "acme/state.h"
#include "base/b64url.h"
#include "base/log.h"
#include "crypto/csr.h"

enum { CSR_TEXT_MAX = 48 * 1024 };

struct finalize {
	const char *csr;
};

/* clang-format off */
const struct json_field finalize_schema[] = {
	JSON_STR_REQUIRED("csr", struct finalize, csr, 1, CSR_TEXT_MAX),
	JSON_END
};
/* clang-format on */
const size_t finalize_size = sizeof(struct finalize);

struct start {
	struct acme *ca;
	const struct order *order;
	struct due due;
};

static void
start(void *arg)
{
	struct start *s = arg;

	issue(s->ca, s->order, &s->due, NULL, NULL);
}

static enum err
read_csr(struct rq *rq, const struct finalize *in, struct csr *csr)
{
	const uint8_t *der;
	size_t len;

	/* FIN-04 */
	if (!b64url_read(in->csr, strlen(in->csr), rq->arena, &der, &len))
		return fault(&rq->fault, ERR_MALFORMED,
		    strstr(in->csr, "-----BEGIN") != NULL
		        ? "csr must be DER in base64url, not PEM"
		        : "csr must be base64url without padding");
	return csr_parse(der, len, rq->arena, csr, &rq->fault);
}

/* 7.4 and 11.1: the order's names, all and only; and nobody's account key. */
static enum err
check_csr(struct rq *rq, const struct order *o, const struct csr *csr)
{
	/* FIN-07 */
	if (!names_equal(csr->names, csr->n_names, o->idents, o->n_idents))
		return fault(&rq->fault, ERR_BAD_CSR,
		    "the names in the CSR are not those of the order, which "
		    "are %.300s",
		    names_text(o->idents, o->n_idents, rq->arena));
	/* SEC-07 */
	/* FIN-09 PKY-09 */
	if (snap_account_by_key(rq->snap, rq->arena, csr->thumbprint) != NULL)
		return fault(&rq->fault, ERR_BAD_CSR,
		    "the key in the CSR is an account's key; make another "
		    "(RFC 8555, 11.1)");
	TRY(key_unblocked(rq, csr->spki_sha256, ERR_BAD_CSR)); /* PKY-08 */
	return OK;
}

static const struct acme_profile *
profile_of(const struct acme_config *c, const struct order *o)
{
	for (size_t i = 0; i < c->n_profiles; i++)
		if (strcmp(c->profiles[i].name, o->profile) == 0)
			return &c->profiles[i];
	return NULL;
}

/* The bytes are not what was ordered: nothing of them is kept, or signed. */
static void
lint_failed(struct rq *rq, struct order_view *v)
{
	struct order *o = v->order;
	char id[ID_TEXT];

	id_text(o->id, id);
	log_error("lint.failed", "order=%s profile=%s reason=\"%s\"", id,
	    o->profile, rq->fault.detail);
	order_move(o, v->state, ORDER_PROCESSING);
	order_move(o, ORDER_PROCESSING, ORDER_INVALID);
	o->error = problem_reason(&rq->fault, rq->arena);
	batch_put_order(rq->batch, o);
	rq_event(rq, "lint.failed", o->id, NULL);
	v->state = ORDER_INVALID;
	v->why = o->error;
}

/* For the journal: from where, and for which key. */
static const char *
asked_by(struct rq *rq, const struct csr *csr)
{
	return arena_printf(rq->arena, "{\"peer\":\"%s\",\"key\":\"%s\"}",
	    rq->http->peer,
	    b64url_text(csr->spki_sha256, sizeof(csr->spki_sha256), rq->arena));
}

/* Serial and bytes are recorded before anything is signed (DESIGN 5). */
static enum err
record(struct rq *rq, struct order_view *v, const struct csr *csr)
{
	const struct acme_profile *profile = profile_of(rq->config, v->order);
	struct order *o = v->order;
	struct start *s = ARENA_NEW(rq->arena, struct start);
	const struct issue_key key = { csr->spki, csr->spki_len,
		csr->spki_sha256, csr->must_staple };
	enum err e;

	if (profile == NULL) /* PRO-05 */
		return fault(&rq->fault, ERR_INVALID_PROFILE,
		    "the profile of this order is not offered any more");
	/* What was ordered may be denied by now (IDN-06). */
	TRY(permit_names(rq, profile, o->idents, o->n_idents));
	TRY(charge_certificate(rq, o));
	e = issue_prepare(o, profile, rq->config->issuer, &key, rq->now_ms,
	    rq->arena, &rq->fault);
	if (e == ERR_LINT) { /* CPR-14 */
		lint_failed(rq, v);
		return OK;
	}
	TRY(e);
	order_move(o, v->state, ORDER_PROCESSING);
	batch_expect_account(rq->batch, rq->acct); /* FIN-14 */
	for (size_t i = 0; i < o->n_idents; i++)
		batch_expect_authz(rq->batch, v->authzs[i]); /* FIN-14 */
	batch_expect_unblocked(rq->batch, csr->spki_sha256); /* REV-09 */
	batch_put_order(rq->batch, o);
	rq_event(rq, "order.processing", o->id, asked_by(rq, csr)); /* SEC-03 */
	s->ca = rq->ca;
	s->order = o;
	s->due = (struct due){ .kind = DUE_ISSUANCE,
		.at_ms = rq->now_ms + ISSUANCE_LEASE_MS,
		.object = o->id };
	batch_due(rq->batch, &s->due);
	rq_after(rq, start, s);
	v->state = ORDER_PROCESSING;
	return OK;
}

static enum err
not_ready(struct rq *rq, const struct order_view *v)
{
	return fault(&rq->fault, ERR_ORDER_NOT_READY,
	    "this order is %s; only a ready order can be finalized%s%.200s",
	    order_status_text(v->state),
	    v->state == ORDER_INVALID && v->why.detail != NULL ? ": " : "",
	    v->state == ORDER_INVALID && v->why.detail != NULL ? v->why.detail
	                                                       : "");
}

/* What this very request came to, while its client waited. */
static bool
forbidden(const struct rq *rq, const struct order_view *v)
{
	return rq->durable && v->state == ORDER_INVALID &&
	       v->why.type != NULL &&
	       strcmp(v->why.type, problem_of(ERR_CAA)->type) == 0;
}

enum err
ep_finalize(struct rq *rq)
{
	struct order *o;
	struct order_view v;
	struct csr csr = { 0 };

	TRY(find_order(rq, &o));
	order_view(rq, o, &v);
	if (!rq->durable) {
		if (v.state != ORDER_READY) /* FIN-01 */
			return not_ready(rq, &v);
		TRY(standing_check(rq, o->profile)); /* EAB-06 */
		TRY(read_csr(rq, rq->in, &csr));
		TRY(check_csr(rq, o, &csr));
		TRY(record(rq, &v, &csr));
	}
	if (forbidden(rq, &v)) /* FIN-13 */
		return fault(&rq->fault, ERR_CAA, "%s", v.why.detail);
	reply_order(rq, 200, &v); /* FIN-02 */
	if (v.state != ORDER_PROCESSING)
		return OK;
	reply_soon(rq); /* FIN-02, BLD-12 */
	return RUN_AGAIN(o->id, rq->config->linger_ms);
}
