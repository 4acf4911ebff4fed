/* The state machines of RFC 8555, 7.1.6, as data. */
#include "acme/state.h"

#include <stdlib.h>

static const char *const account_texts[] = {
	[ACCOUNT_VALID] = "valid",
	[ACCOUNT_DEACTIVATED] = "deactivated",
	[ACCOUNT_REVOKED] = "revoked",
};
static const char *const order_texts[] = {
	[ORDER_PENDING] = "pending",
	[ORDER_READY] = "ready",
	[ORDER_PROCESSING] = "processing",
	[ORDER_VALID] = "valid",
	[ORDER_INVALID] = "invalid",
};
static const char *const authz_texts[] = {
	[AUTHZ_PENDING] = "pending",
	[AUTHZ_VALID] = "valid",
	[AUTHZ_INVALID] = "invalid",
	[AUTHZ_DEACTIVATED] = "deactivated",
	[AUTHZ_EXPIRED] = "expired",
	[AUTHZ_REVOKED] = "revoked",
};
static const char *const challenge_texts[] = {
	[CHALLENGE_PENDING] = "pending",
	[CHALLENGE_PROCESSING] = "processing",
	[CHALLENGE_VALID] = "valid",
	[CHALLENGE_INVALID] = "invalid",
};

static const struct {
	enum state_object what;
	int from, to;
	const char *event;
} moves[] = {
	{ STATE_CHALLENGE, CHALLENGE_PENDING, CHALLENGE_PROCESSING,
	    "client responds" },
	{ STATE_CHALLENGE, CHALLENGE_PROCESSING, CHALLENGE_VALID,
	    "validation succeeds" },
	{ STATE_CHALLENGE, CHALLENGE_PROCESSING, CHALLENGE_INVALID,
	    "validation fails for good" },
	{ STATE_AUTHZ, AUTHZ_PENDING, AUTHZ_VALID, "a challenge is valid" },
	{ STATE_AUTHZ, AUTHZ_PENDING, AUTHZ_INVALID, "a challenge is invalid" },
	{ STATE_AUTHZ, AUTHZ_PENDING, AUTHZ_DEACTIVATED, "client deactivates" },
	{ STATE_AUTHZ, AUTHZ_VALID, AUTHZ_DEACTIVATED, "client deactivates" },
	{ STATE_AUTHZ, AUTHZ_VALID, AUTHZ_REVOKED, "server revokes" },
	{ STATE_ORDER, ORDER_READY, ORDER_PROCESSING, "finalize is accepted" },
	{ STATE_ORDER, ORDER_PROCESSING, ORDER_VALID, "certificate issued" },
	{ STATE_ORDER, ORDER_PROCESSING, ORDER_INVALID, "issuance fails" },
	{ STATE_ACCOUNT, ACCOUNT_VALID, ACCOUNT_DEACTIVATED,
	    "client deactivates" },
	{ STATE_ACCOUNT, ACCOUNT_VALID, ACCOUNT_REVOKED, "server revokes" },
};

const char *
account_status_text(enum account_status s)
{
	return account_texts[s];
}

const char *
order_status_text(enum order_status s)
{
	return order_texts[s];
}

const char *
authz_status_text(enum authz_status s)
{
	return authz_texts[s];
}

const char *
challenge_status_text(enum challenge_status s)
{
	return challenge_texts[s];
}

enum err
account_check(const struct account *acct, struct fault *f)
{
	if (acct->status == ACCOUNT_VALID)
		return OK;
	/* PAG-06 */
	if (acct->status == ACCOUNT_DEACTIVATED) /* ACC-04, ACC-16; 7.3.6 */
		return fault_plain(f, ERR_ACCOUNT_DEACTIVATED);
	return fault(f, ERR_UNAUTHORIZED,
	    "this account has been revoked by the CA");
}

enum authz_status
authz_state(const struct authz *z, unixtime now)
{
	/* STM-03 */
	if ((z->status == AUTHZ_PENDING || z->status == AUTHZ_VALID) &&
	    z->expires <= now)
		return AUTHZ_EXPIRED;
	return z->status;
}

/* Why an authorization that is no good makes its order invalid. */
static struct reason
lost_name(const struct authz *z, enum authz_status state, struct arena *a)
{
	const char *name;

	if (z == NULL)
		return (struct reason){ "unauthorized",
			"an authorization of this order has expired" };
	for (size_t i = 0; i < z->n_challenges; i++)
		if (z->challenges[i].status == CHALLENGE_INVALID)
			return z->challenges[i].error;
	name = ident_text(&z->ident, a);
	return (struct reason){ "unauthorized",
		arena_printf(a, "the authorization for %s is %s", name,
		    authz_texts[state]) };
}

enum order_status
order_state(const struct order *o, struct authz *const *zs, unixtime now,
    struct arena *a, struct reason *why)
{
	size_t proven = 0;

	*why = o->error;
	if (o->status != ORDER_PENDING)
		return o->status;
	for (size_t i = 0; i < o->n_idents; i++) {
		enum authz_status state =
		    zs[i] != NULL ? authz_state(zs[i], now) : AUTHZ_EXPIRED;

		if (state == AUTHZ_VALID) {
			proven++;
		} else if (state != AUTHZ_PENDING) { /* AUT-05 */
			*why = lost_name(zs[i], state, a);
			return ORDER_INVALID;
		}
	}
	if (o->expires <= now) { /* STM-03 ORD-16 */
		*why = (struct reason){ "malformed",
			"the order expired before it was finalized" };
		return ORDER_INVALID;
	}
	return proven == o->n_idents ? ORDER_READY : ORDER_PENDING;
}

bool
state_may(enum state_object what, int from, int to)
{
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		/* STM-01, STM-02 */
		if (moves[i].what == what && moves[i].from == from &&
		    moves[i].to == to)
			return true;
	return false;
}

static void
must(enum state_object what, int from, int to)
{
	if (!state_may(what, from, to))
		abort();
}

void
account_move(struct account *acct, enum account_status to)
{
	must(STATE_ACCOUNT, (int)acct->status, (int)to);
	acct->status = to;
}

void
order_move(struct order *o, enum order_status from, enum order_status to)
{
	must(STATE_ORDER, (int)from, (int)to);
	o->status = to;
}

void
authz_move(struct authz *z, enum authz_status to)
{
	must(STATE_AUTHZ, (int)z->status, (int)to);
	z->status = to;
}

void
challenge_move(struct challenge *c, enum challenge_status to)
{
	must(STATE_CHALLENGE, (int)c->status, (int)to);
	c->status = to;
}
