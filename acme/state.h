/* acme/state.h: RFC 8555, 7.1.6: what is so now, and what may become of it. */
#ifndef ACME_STATE_H
#define ACME_STATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/model.h"

/* As RFC 8555 spells them. */
const char *account_status_text(enum account_status s);
const char *order_status_text(enum order_status s);
const char *authz_status_text(enum authz_status s);
const char *challenge_status_text(enum challenge_status s);

/* May its key do anything?  7.3.6 says how not; ERR_UNAUTHORIZED if revoked. */
enum err account_check(const struct account *acct, struct fault *f) MUST_USE;

/* An authorization as it is at `now`: its time may have run out. */
enum authz_status authz_state(const struct authz *z, unixtime now);

/*
 * An order as it is at `now`, given its authorizations (NULL: pruned) in the
 * order's own order.  The one place that says `ready`; with ORDER_INVALID, why
 * in `why`.  Every view and finalize ask here, so they cannot contradict.
 */
enum order_status order_state(const struct order *o, struct authz *const *zs,
    unixtime now, struct arena *a, struct reason *why);

/* The legal moves, as a table; a test walks it. */
enum state_object { STATE_ACCOUNT, STATE_ORDER, STATE_AUTHZ, STATE_CHALLENGE };
bool state_may(enum state_object what, int from, int to);

/* Make a move; an illegal one is a broken invariant and aborts. */
void account_move(struct account *acct, enum account_status to);
void order_move(struct order *o, enum order_status from, enum order_status to);
void authz_move(struct authz *z, enum authz_status to);
void challenge_move(struct challenge *c, enum challenge_status to);

#endif
