/*
 * One issuance: the keeper signs what is recorded, the certificate and the
 * order's last state become durable together.  A crash between any two of
 * these leads back here with the same bytes: one certificate, one serial.
 */
#include "acme/issue.h"

#include <string.h>

#include "acme/acme_int.h"
#include "acme/compromise.h"
#include "acme/copy.h"
#include "acme/due.h"
#include "acme/metrics.h"
#include "acme/names.h"
#include "acme/problem.h"
#include "acme/recheck.h"
#include "acme/returned.h"
#include "acme/state.h"
#include "base/flow.h"
#include "base/log.h"
#include "crypto/cert.h"
#include "crypto/lint.h"

enum { ASKS_MAX = 5 };

struct issuance {
	struct flow flow; /* first, so a step's flow is its issuance */
	struct acme *ca;
	struct issuance *next, **prev;
	struct arena *arena;      /* it lives in it */
	struct arena *attempt;    /* of one commit */
	struct order *order;      /* as it was recorded */
	struct certificate *cert; /* once signed */
	struct due due;
	struct recheck *recheck;
	struct timer *pause;
	issue_told *done;
	void *done_arg;
	struct fault fault;
	enum err result; /* of the last answer */
	unsigned asks;
	bool stored;
};

enum err
issue_prepare(struct order *o, const struct acme_profile *profile,
    unsigned issuer, const struct issue_key *key, int64_t now_ms,
    struct arena *a, struct fault *f)
{
	struct leaf leaf = { .serial = id_new(now_ms),
		.now = now_ms / 1000,
		.asked = { o->asked_not_before, o->asked_not_after },
		.spki = key->spki,
		.spki_len = key->spki_len,
		.must_staple = key->must_staple,
		.names = o->idents,
		.n_names = o->n_idents };
	const uint8_t *tbs;
	size_t len;

	TRY(tbs_build(profile->shape, &leaf, a, &tbs, &len, f));
	/* CPR-14 */
	TRY(tbs_lint(profile->shape, &leaf, tbs, len, f));
	o->tbs = tbs;
	o->tbs_len = len;
	o->serial = leaf.serial;
	o->issuer = issuer;
	o->not_before = leaf.not_before;
	o->not_after = leaf.not_after;
	memcpy(o->spki_sha256, key->sha256, sizeof(o->spki_sha256));
	return OK;
}

struct ca_chains
issue_chains(const struct acme_config *config, const struct certificate *c)
{
	if (c->issuer >= 1 && c->issuer <= config->n_chains)
		return config->chains[c->issuer - 1];
	return (struct ca_chains){ 0 };
}

const char *
issue_chain(const struct acme_config *config, const struct certificate *c,
    struct arena *a)
{
	const struct ca_chains chains = issue_chains(config, c);

	return arena_printf(a, "%s%s", cert_pem(c->der, c->der_len, a),
	    chains.n > 0 ? chains.list[0].pem : "");
}

static void
woken(void *arg)
{
	struct issuance *is = arg;

	timer_free(is->pause);
	is->pause = NULL;
	flow_wake(&is->flow);
}

/* Wait a little longer each time; then run the step before this one again. */
static enum flow_next
back_off(struct issuance *is)
{
	is->pause = loop_after(is->ca->deps.loop, 250U << is->asks, woken, is);
	return FLOW_BACK;
}

static void
signed_(void *arg, enum err result, const uint8_t *der, size_t len)
{
	struct issuance *is = arg;
	const struct order *o = is->order;

	is->result = result;
	if (result == OK) {
		/* CPR-14 */
		is->result = returned_check(is->ca, o, der, len, &is->fault);
	}
	if (is->result == OK) {
		struct certificate *c =
		    ARENA_NEW(is->arena, struct certificate);

		c->serial = o->serial;
		c->account = o->account;
		c->order = o->id;
		c->issuer = o->issuer;
		c->profile = o->profile;
		c->der = (const uint8_t *)arena_bytes(is->arena, der, len);
		c->der_len = len;
		c->not_before = o->not_before;
		c->not_after = o->not_after;
		memcpy(c->spki_sha256, o->spki_sha256, sizeof(c->spki_sha256));
		c->idents = o->idents;
		c->n_idents = o->n_idents;
		is->cert = c;
	}
	flow_wake(&is->flow);
}

static void
rechecked(void *arg)
{
	flow_wake(arg);
}

/* Before anything is signed, and again after a crash: FIN-13. */
static enum flow_next
recheck(struct flow *f)
{
	struct issuance *is = (struct issuance *)f;

	is->recheck = recheck_new(is->ca, is->order);
	return recheck_await(is->recheck, rechecked, f) ? FLOW_NEXT : FLOW_WAIT;
}

static enum flow_next
ask(struct flow *f)
{
	struct issuance *is = (struct issuance *)f;
	const struct fault *why = recheck_fault(is->recheck);

	if (why != NULL) { /* FIN-13 CAA-10 */
		is->result = fault(&is->fault, ERR_CAA, "%s", why->detail);
		return FLOW_NEXT;
	}
	/* FIN-16 */
	if (loop_now(is->ca->deps.loop) / 1000 >= is->order->not_after) {
		is->result = fault(&is->fault, ERR_INTERNAL,
		    "its time was over before it could be signed");
		return FLOW_NEXT;
	}
	is->asks++;
	issuer_sign(is->ca->deps.issuer, is->order->issuer, is->order->id,
	    signed_, is);
	return FLOW_WAIT;
}

static enum flow_next
judge(struct flow *f)
{
	struct issuance *is = (struct issuance *)f;
	char id[ID_TEXT];

	id_text(is->order->id, id);
	if (is->result == ERR_BUSY) {
		log_warn("issue.waiting",
		    "order=%s asks=%u reason=\"the "
		    "keeper has not answered\"",
		    id, is->asks);
		/* The row of due work will ask again, for as long as it takes. */
		return is->asks < ASKS_MAX ? back_off(is) : FLOW_END;
	}
	if (is->result != OK) {
		if (is->fault.code == OK)
			(void)fault(&is->fault, ERR_INTERNAL,
			    "the keeper refused to sign");
		if (is->result == ERR_CAA)
			log_warn("issue.forbidden", "order=%s reason=%s", id,
			    log_text(is->arena, is->fault.detail));
		else
			log_error("issue.refused", "order=%s reason=\"%s\"", id,
			    is->fault.detail);
	}
	is->asks = 0;
	return FLOW_NEXT;
}

static void
stored(void *arg, enum err e)
{
	struct issuance *is = arg;

	is->result = e;
	is->stored = e == OK;
	flow_wake(&is->flow);
}

static const struct event *
event_of(struct issuance *is)
{
	struct event *e = ARENA_NEW(is->attempt, struct event);
	char serial[ID_HEX];

	id_hex(is->order->serial, serial);
	e->account = is->order->account;
	e->object = is->order->id;
	if (is->cert == NULL) {
		struct jsonw *w = jsonw_new(is->attempt);

		jsonw_object(w, NULL);
		jsonw_str(w, "reason",
		    problem_reason(&is->fault, is->attempt).detail);
		jsonw_end(w);
		e->kind = "order.invalid";
		e->detail = jsonw_text(w, NULL);
		return e;
	}
	e->kind = "certificate.issued";
	e->detail = arena_printf(is->attempt,
	    "{\"serial\":\"%s\",\"issuer\":%u,\"profile\":\"%s\","
	    "\"notAfter\":%lld,\"order\":%s}",
	    serial, is->order->issuer, is->order->profile,
	    (long long)is->order->not_after,
	    names_json(is->order->idents, is->order->n_idents, is->attempt));
	return e;
}

/* Stage the order's end; false if it has ended already. */
static bool
stage(struct issuance *is, struct batch *b)
{
	struct snap *s = snap_open(is->ca->deps.store);
	struct order *o = snap_order(s, is->attempt, is->order->id);
	struct certificate *had =
	    snap_certificate(s, is->attempt, is->order->serial);
	struct blocked_key *blocked =
	    snap_blocked_key(s, is->attempt, is->order->spki_sha256);

	if (is->cert != NULL)
		recheck_stage(is->recheck, s, b, is->attempt); /* CAA-11 */
	snap_close(s);
	if (o == NULL || o->status != ORDER_PROCESSING) /* FIN-15 */
		return false;
	if (is->cert != NULL) {
		order_move(o, ORDER_PROCESSING, ORDER_VALID);
		if (had == NULL) {
			if (blocked == NULL)
				batch_expect_unblocked(b, o->spki_sha256);
			if (blocked != NULL) /* REV-09 since it was ordered */
				revoke_for_key(b, is->attempt, is->cert,
				    loop_now(is->ca->deps.loop));
			batch_put_certificate(b, is->cert);
		}
		due_prune_certificate(b, is->attempt, is->ca->deps.config,
		    is->cert);
	} else {
		order_move(o, ORDER_PROCESSING, ORDER_INVALID); /* FIN-16 */
		o->error = problem_reason(&is->fault, is->attempt);
	}
	batch_put_order(b, o);
	batch_event(b, event_of(is)); /* SEC-03 */
	batch_due_done(b, &is->due);
	batch_essential(b); /* it was promised when the order was accepted */
	return true;
}

static enum flow_next
store(struct flow *f)
{
	struct issuance *is = (struct issuance *)f;
	struct batch *b;

	arena_free(is->attempt);
	is->attempt = arena_new();
	b = batch_new(is->attempt);
	if (!stage(is, b))
		return FLOW_END;
	is->asks++;
	store_commit(is->ca->deps.store, is->ca->deps.loop, b, stored, is);
	return FLOW_WAIT;
}

/* A serial begins with the time of its finalize. */
static void
count(const struct issuance *is)
{
	struct metrics *m = is->ca->deps.metrics;
	int64_t began = id_ms(is->order->serial);

	if (is->cert != NULL)
		metrics_issued(m, loop_now(is->ca->deps.loop) - began);
	else
		metrics_not_issued(m);
}

static enum flow_next
settle(struct flow *f)
{
	struct issuance *is = (struct issuance *)f;
	const struct order *o = is->order;
	char id[ID_TEXT], serial[ID_HEX], acct[ID_TEXT];

	id_text(o->id, id);
	id_text(o->account, acct);
	id_hex(o->serial, serial);
	if (!is->stored) {
		log_warn("issue.not_stored", "order=%s reason=\"%s\"", id,
		    problem_of(is->result)->fallback);
		return is->asks < ASKS_MAX ? back_off(is) : FLOW_END;
	}
	if (is->cert != NULL)
		log_info("certificate.issued",
		    "serial=%s order=%s account=%s profile=%s names=%zu "
		    "first=\"%s%s\"",
		    serial, id, acct, o->profile, o->n_idents,
		    o->idents[0].wildcard ? "*." : "", o->idents[0].value);
	count(is);
	return FLOW_NEXT;
}

static void
release(struct issuance *is)
{
	*is->prev = is->next;
	if (is->next != NULL)
		is->next->prev = is->prev;
	timer_free(is->pause);
	recheck_free(is->recheck);
	arena_free(is->attempt);
	arena_free(is->arena);
}

static void
ended(struct flow *f)
{
	struct issuance *is = (struct issuance *)f;

	if (is->done != NULL)
		is->done(is->done_arg, is->stored ? is->cert : NULL);
	release(is);
}

static flow_step *const steps[] = { recheck, ask, judge, store, settle, NULL };

void
issue(struct acme *ca, const struct order *o, const struct due *due,
    issue_told *done, void *arg)
{
	struct arena *a = arena_new();
	struct issuance *is = ARENA_NEW(a, struct issuance);

	is->ca = ca;
	is->arena = a;
	is->attempt = arena_new();
	is->order = order_copy(o, a);
	is->due = *due;
	is->done = done;
	is->done_arg = arg;
	is->next = ca->issuances;
	is->prev = &ca->issuances;
	if (is->next != NULL)
		is->next->prev = &is->next;
	ca->issuances = is;
	flow_start(&is->flow, steps, ended);
}

void
issuances_free(struct acme *ca)
{
	while (ca->issuances != NULL)
		release(ca->issuances);
}
