/*
 * A challenge: fetch, respond (RFC 8555, 7.5.1).
 *
 * reads   the authorization; of its order, how many names are still to prove
 * writes  the authorization, a row of due work; nothing while the client
 *         waits, for the verdict tells of the response, too
 * fails   malformed
 */
#include <stddef.h>
#include <string.h>

#include "acme/acme_int.h"
#include "acme/charge.h"
#include "acme/due.h"
#include "acme/endpoints.h"
#include "acme/objects.h"
#include "acme/state.h"
#include "acme/tally.h"
#include "acme/validate.h"

struct response {
	const char *none; /* {}: nothing we know has anything to say */
};

const struct json_field challenge_schema[] = { JSON_END };
const size_t challenge_size = sizeof(struct response);

struct start {
	struct acme *ca;
	const struct authz *authz;
	struct due due;
};

static void
start(void *arg)
{
	struct start *s = arg;

	validate(s->ca, s->authz, &s->due);
}

/*
 * 8.2: the key authorization is that of the key the account has now.  While
 * the client waits nothing is acknowledged, and nothing written: either the
 * verdict comes in time, and brings all of this with it, or the last run writes
 * it before it is told.
 */
static void
accept(struct rq *rq, struct authz *z, struct challenge *c, bool waits)
{
	struct start *s = ARENA_NEW(rq->arena, struct start);
	int64_t at_ms = rq->begun_ms != 0 ? rq->begun_ms : rq->now_ms;

	challenge_move(c, CHALLENGE_PROCESSING);
	if (*c->token != '\0') /* CHA-06 */
		c->key_authz = arena_printf(rq->arena, "%s.%s", c->token,
		    rq->acct->thumbprint);
	/* DA1-01 */
	c->account_url =
	    rq_url(rq, "/acme/account/%s", rq_id(rq, rq->acct->id));
	c->accepted_ms = at_ms;
	s->ca = rq->ca;
	s->authz = z;
	s->due = (struct due){ .kind = DUE_VALIDATION,
		.at_ms = at_ms + VALIDATION_LEASE_MS,
		.object = z->id,
		.index = (uint32_t)(c - z->challenges) };
	if (waits && rq->begun_ms != 0)
		return; /* it goes on */
	batch_expect_account(rq->batch, rq->acct);
	rq_after(rq, start, s);
	if (waits) {
		batch_expect_authz(rq->batch, z);
		return;
	}
	batch_put_authz(rq->batch, z);
	batch_touch(rq->batch, z->order);
	batch_due(rq->batch, &s->due);
}

/*
 * A client that posts fifty in a row should not wait for each; and one that
 * serves its answer from the thread that posts must get it back.
 */
static bool
last_of_order(struct rq *rq, const struct authz *z)
{
	struct order *o = snap_order(rq->snap, rq->arena, z->order);

	if (o == NULL)
		return false;
	for (size_t i = 0; i < o->n_idents; i++) {
		struct authz *other;

		if (id_equal(o->authzs[i], z->id))
			continue;
		other = snap_authz(rq->snap, rq->arena, o->authzs[i]);
		if (other != NULL && other->status == AUTHZ_PENDING)
			return false;
	}
	return true;
}

/* One account must not take all the places there are. */
static enum err
too_many(struct rq *rq)
{
	reply_header(rq, "Retry-After", "2");
	charge_help(rq, "validations");
	return fault(&rq->fault, ERR_RATE_LIMITED,
	    "%u validations of this account are under way (setting "
	    "`validation.per_account`); come back in 2 s",
	    rq->config->validations_per_account);
}

/* For how long a reply that says `processing` is withheld. */
static unsigned
patience(struct rq *rq, const struct authz *z, const struct challenge *c)
{
	if (rq->in == NULL)
		return rq->config->linger_ms;
	if (c->status != CHALLENGE_PENDING && c->status != CHALLENGE_PROCESSING)
		return 0;
	return last_of_order(rq, z) ? rq->config->linger_challenge_ms : 0;
}

static enum err
respond(struct rq *rq, struct authz *z, struct challenge *c, unsigned bound_ms)
{
	enum authz_status state = authz_state(z, rq_now(rq));
	bool waits = bound_ms > 0 && rq_may_linger(rq);

	if (rq->begun_ms != 0) { /* let in before */
		if (state == AUTHZ_PENDING && c->status == CHALLENGE_PENDING)
			accept(rq, z, c, waits);
		return OK;
	}
	TRY(charge_response(rq, z,
	    state == AUTHZ_PENDING && c->status == CHALLENGE_PENDING));
	/* CHA-07: said again, no harm done */
	if (state == AUTHZ_VALID || c->status == CHALLENGE_PROCESSING)
		return OK;
	if (state != AUTHZ_PENDING) /* CHA-07 CHA-08 */
		return fault(&rq->fault, ERR_MALFORMED,
		    "this authorization is %s; a new order makes a new one",
		    authz_status_text(state));
	if (rq->ca->n_validations >= rq->config->validations_max) /* SEC-02 */
		return fault(&rq->fault, ERR_BUSY,
		    "too many validations are under way (setting "
		    "`validation.pending`); come back in a few seconds");
	if (tally_of(rq->ca->tally, z->account) >=
	    rq->config->validations_per_account) /* SEC-02 */
		return too_many(rq);
	accept(rq, z, c, waits);
	return OK;
}

enum err
ep_challenge(struct rq *rq)
{
	struct authz *z;
	struct challenge *c = NULL;
	unsigned bound_ms;

	TRY(find_authz(rq, &z));
	for (size_t i = 0; i < z->n_challenges; i++)
		if (strcmp(z->challenges[i].type, rq->word) == 0)
			c = &z->challenges[i];
	if (c == NULL)
		return fault(&rq->fault, ERR_NOT_FOUND, "no such challenge");
	bound_ms = patience(rq, z, c);
	if (rq->in != NULL && !rq->durable)
		TRY(respond(rq, z, c, bound_ms));
	reply_challenge(rq, z, c);
	if (c->status != CHALLENGE_PROCESSING)
		return OK;
	reply_soon(rq); /* CHA-05 */
	return RUN_AGAIN(z->id, bound_ms);
}
