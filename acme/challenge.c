/*
 * A challenge: fetch, respond (RFC 8555, 7.5.1).
 *
 * reads   the authorization; of its order, how many names are still to prove
 * writes  the authorization, a row of due work
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

/* 8.2: the key authorization is that of the key the account has now. */
static void
accept(struct rq *rq, struct authz *z, struct challenge *c)
{
	struct start *s = ARENA_NEW(rq->arena, struct start);

	challenge_move(c, CHALLENGE_PROCESSING);
	if (*c->token != '\0') /* CHA-06 */
		c->key_authz = arena_printf(rq->arena, "%s.%s", c->token,
		    rq->acct->thumbprint);
	/* DA1-01 */
	c->account_url =
	    rq_url(rq, "/acme/account/%s", rq_id(rq, rq->acct->id));
	c->accepted_ms = rq->now_ms;
	s->ca = rq->ca;
	s->authz = z;
	s->due = (struct due){ .kind = DUE_VALIDATION,
		.at_ms = rq->now_ms + VALIDATION_LEASE_MS,
		.object = z->id,
		.index = (uint32_t)(c - z->challenges) };
	batch_expect_account(rq->batch, rq->acct);
	batch_put_authz(rq->batch, z);
	batch_touch(rq->batch, z->order);
	batch_due(rq->batch, &s->due);
	rq_after(rq, start, s);
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

static enum err
respond(struct rq *rq, struct authz *z, struct challenge *c)
{
	enum authz_status state = authz_state(z, rq_now(rq));

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
	accept(rq, z, c);
	return OK;
}

enum err
ep_challenge(struct rq *rq)
{
	struct authz *z;
	struct challenge *c = NULL;

	TRY(find_authz(rq, &z));
	for (size_t i = 0; i < z->n_challenges; i++)
		if (strcmp(z->challenges[i].type, rq->word) == 0)
			c = &z->challenges[i];
	if (c == NULL)
		return fault(&rq->fault, ERR_NOT_FOUND, "no such challenge");
	if (rq->in != NULL && !rq->durable)
		TRY(respond(rq, z, c));
	reply_challenge(rq, z, c);
	if (c->status != CHALLENGE_PROCESSING)
		return OK;
	reply_soon(rq); /* CHA-05 */
	if (rq->in == NULL)
		return RUN_AGAIN(z->id, rq->config->linger_ms);
	return RUN_AGAIN(z->id,
	    last_of_order(rq, z) ? rq->config->linger_challenge_ms : 0);
}
