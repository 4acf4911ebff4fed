/* The dispatcher's promise: one reply, after durability, whatever happens. */
#include "acme/dispatch.h"

#include "acme/acme_int.h"
#include "acme/nonce.h"
#include "acme/problem.h"
#include "tests/cmocka.h"

enum { LINGER_MS = 3000 };

struct timer {
	loop_fn *fn;
	void *arg;
	unsigned ms;
	bool freed;
};

static struct {
	/* What the endpoint does. */
	enum err ep;
	bool writes, lingers, settled, seen_durable;
	int effects;

	/* The store: a counter, one object, one batch, one waiter. */
	uint64_t txnid, object_txnid;
	bool commit_after_snapshot;
	store_done *done;
	struct waiter *waiter;

	loop_fn *hangup;
	void *arg; /* the request, as store_commit() and hang-up know it */
	struct timer timer;
	int runs, commits, parks, replies, drops, timers, retry_after;
	int nonces, links;
	enum err problem;
	struct acme ca;
	struct acme_config config;
	struct http_req http;
	struct rq rq;
	struct account acct, acct_now;
	bool acct_gone;
} w;

struct batch *
batch_new(struct arena *a)
{
	(void)a;
	return NULL;
}

bool
batch_empty(const struct batch *b)
{
	(void)b;
	return !w.writes || w.seen_durable;
}

bool
batch_writes(const struct batch *b)
{
	(void)b;
	return true;
}

struct snap *
snap_open(struct store *st)
{
	(void)st;
	return NULL;
}

uint64_t
snap_txnid(const struct snap *s)
{
	(void)s;
	return w.txnid;
}

void
snap_close(struct snap *s)
{
	(void)s;
}

void
store_commit(struct store *st, struct loop *l, struct batch *b,
    store_done *done, void *arg)
{
	(void)st, (void)l, (void)b, (void)arg;
	assert_int_equal(w.replies, 0); /* never before durability */
	w.commits++;
	w.done = done;
}

bool
store_park(struct store *st, struct loop *l, struct waiter *waiter)
{
	(void)st, (void)l;
	assert_null(w.waiter);
	w.parks++;
	if (w.object_txnid > waiter->seen)
		return false;
	w.waiter = waiter;
	return true;
}

void
store_unpark(struct store *st, struct waiter *waiter)
{
	(void)st;
	assert_ptr_equal(w.waiter, waiter);
	w.waiter = NULL;
}

struct timer *
loop_after(struct loop *l, unsigned ms, loop_fn *fn, void *arg)
{
	(void)l;
	w.timers++;
	w.timer = (struct timer){ .fn = fn, .arg = arg, .ms = ms };
	return &w.timer;
}

void
timer_free(struct timer *t)
{
	if (t != NULL)
		t->freed = true;
}

int64_t
loop_now(const struct loop *l)
{
	(void)l;
	return 1000;
}

const char *
http_header_of(const struct http_req *req, const char *name)
{
	(void)req;
	(void)name;
	return NULL;
}

void
http_on_hangup(struct http_req *req, loop_fn *fn, void *arg)
{
	(void)req;
	w.hangup = fn;
	w.arg = arg;
}

void
http_reply(struct http_req *req, int status, const struct http_header *h,
    size_t n, const char *body, size_t len)
{
	(void)req, (void)status, (void)body, (void)len;
	for (size_t i = 0; i < n; i++) {
		w.retry_after += strcmp(h[i].name, "Retry-After") == 0;
		w.nonces += strcmp(h[i].name, "Replay-Nonce") == 0;
		w.links += strcmp(h[i].name, "Link") == 0;
	}
	w.problem = w.rq.fault.code;
	w.replies++;
}

void
http_drop(struct http_req *req)
{
	(void)req;
	w.drops++;
}

void
nonce_issue(struct nonces *n, char out[NONCE_TEXT])
{
	(void)n;
	memset(out, 'n', NONCE_TEXT - 1);
	out[NONCE_TEXT - 1] = '\0';
}

struct account *
snap_account(struct snap *s, struct arena *a, struct id id)
{
	(void)s, (void)a, (void)id;
	return w.acct_gone ? NULL : &w.acct_now;
}

static void
effect(void *arg)
{
	(void)arg;
	w.effects++;
}

static enum err
endpoint(struct rq *rq)
{
	static const struct id order = { { 7 } };

	w.runs++;
	w.seen_durable = rq->durable;
	if (w.writes && !rq->durable)
		rq_after(rq, effect, NULL);
	if (w.commit_after_snapshot) {
		w.commit_after_snapshot = false;
		w.object_txnid = ++w.txnid; /* by another loop, just now */
		w.settled = true;
		rq->reply.status = 200;
		return RUN_AGAIN(order, LINGER_MS);
	}
	rq->reply.status = 200;
	if (w.ep == OK && w.lingers && !w.settled) {
		reply_soon(rq);
		return RUN_AGAIN(order, LINGER_MS);
	}
	return w.ep;
}

/* Events, as the loop would deliver them. */
static void
durable(enum err e)
{
	store_done *done = w.done;

	assert_non_null(done);
	w.done = NULL;
	if (e == OK)
		w.object_txnid = ++w.txnid;
	done(&w.rq, e);
}

static void
touch(bool settles)
{
	struct waiter *waiter = w.waiter;

	assert_non_null(waiter);
	w.waiter = NULL;
	w.settled = settles;
	w.object_txnid = ++w.txnid;
	waiter->wake(waiter->arg);
}

static int
ended(void)
{
	return w.replies + w.drops;
}

static int
setup(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.config.parked_max = 8;
	w.config.refs = 2; /* ours, and the request's */
	w.http.method = "POST";
	w.http.path = "/acme/order/x";
	w.http.peer = "192.0.2.1";
	w.acct.thumbprint = w.acct_now.thumbprint = "its-key";
	w.rq.http = &w.http;
	w.rq.ca = &w.ca;
	w.rq.config = &w.config;
	w.rq.authority = "ca.test";
	w.rq.arena = arena_new();
	return 0;
}

/* However it went: one end, nothing left behind. */
static int
teardown(void **state)
{
	(void)state;
	arena_free(w.rq.arena);
	assert_int_equal(ended(), 1);
	assert_int_equal(w.nonces, w.replies); /* 6.5: on every reply */
	assert_int_equal(w.links, w.replies);  /* 7.1: index */
	assert_int_equal(w.config.refs, 1);
	assert_null(w.waiter);
	assert_int_equal(w.ca.dispatch.n_parked, 0);
	assert_true(w.timers == 0 || w.timer.freed);
	return 0;
}

static void
run(void)
{
	static const struct endpoint row = { .run = endpoint };

	w.rq.row = &row;
	dispatch_run(&w.rq);
}

TEST(a_refusal_commits_nothing)
{
	w.ep = ERR_MALFORMED;
	w.writes = true;
	run();
	assert_int_equal(w.commits, 0);
	assert_int_equal(w.problem, ERR_MALFORMED);
	assert_int_equal(w.effects, 0);
}

TEST(a_read_commits_nothing)
{
	run();
	assert_int_equal(w.commits, 0);
	assert_int_equal(w.problem, OK);
}

TEST(the_reply_and_effects_follow_durability)
{
	w.writes = true;
	run();
	assert_int_equal(ended() + w.effects, 0);
	durable(OK);
	assert_int_equal(w.effects, 1);
	assert_int_equal(w.replies, 1);
}

TEST(a_lost_race_is_run_again)
{
	w.writes = true;
	run();
	durable(ERR_STALE);
	assert_int_equal(w.runs, 2);
	durable(OK);
	assert_int_equal(w.effects, 1); /* those of the lost run are gone */
	assert_int_equal(w.problem, OK);
}

TEST(losing_for_ever_is_reported)
{
	w.writes = true;
	run();
	for (int i = 0; i < 5; i++)
		durable(ERR_STALE);
	assert_int_equal(w.runs, 5);
	assert_int_equal(w.problem, ERR_STALE);
}

TEST(a_failed_commit_is_reported)
{
	w.writes = true;
	run();
	durable(ERR_FULL);
	assert_int_equal(w.problem, ERR_FULL);
}

TEST(of_what_could_not_be_committed_nothing_is_told)
{
	w.writes = w.lingers = true; /* it sets Retry-After: 1 */
	run();
	durable(ERR_FULL);
	assert_int_equal(w.retry_after, 1); /* the problem's own */
}

TEST(a_touch_wakes_the_parked)
{
	w.lingers = true;
	run();
	assert_int_equal(ended(), 0);
	assert_int_equal(w.ca.dispatch.n_parked, 1);
	touch(true);
	assert_int_equal(w.replies, 1);
	assert_int_equal(w.retry_after, 0);
}

TEST(a_touch_that_settles_nothing_parks_again_within_the_same_bound)
{
	w.lingers = true;
	run();
	touch(false);
	touch(false);
	assert_int_equal(w.timers, 1);
	assert_int_equal(w.timer.ms, LINGER_MS);
	touch(true);
}

TEST(the_bound_answers_with_the_present_state)
{
	w.lingers = true;
	run();
	w.timer.fn(w.timer.arg);
	assert_int_equal(w.runs, 2);
	assert_int_equal(w.replies, 1);
	assert_int_equal(w.retry_after, 1);
}

TEST(no_wake_is_lost_between_snapshot_and_park)
{
	w.commit_after_snapshot = true;
	w.lingers = true;
	run();
	assert_int_equal(w.runs, 2);
	assert_int_equal(w.replies, 1);
}

TEST(writes_are_durable_before_the_request_lingers)
{
	w.writes = w.lingers = true;
	run();
	assert_int_equal(w.parks, 0);
	durable(OK);
	assert_true(w.seen_durable); /* its own commit is newer: looked again */
	assert_int_equal(w.ca.dispatch.n_parked, 1);
	assert_int_equal(w.effects, 1);
	touch(true);
	assert_int_equal(w.commits, 1);
	assert_int_equal(w.effects, 1);
}

TEST(a_hang_up_drops_the_parked)
{
	w.lingers = true;
	run();
	w.hangup(w.arg);
	assert_int_equal(w.drops, 1);
}

TEST(a_hang_up_while_committing_waits_for_the_commit)
{
	w.writes = w.lingers = true;
	run();
	w.hangup(w.arg);
	assert_int_equal(ended(), 0);
	durable(OK);
	assert_int_equal(w.effects, 1); /* it was accepted: go on with it */
	assert_int_equal(w.drops, 1);
}

TEST(a_full_car_park_answers_at_once)
{
	w.lingers = true;
	w.config.parked_max = 0;
	run();
	assert_int_equal(w.parks, 0);
	assert_int_equal(w.retry_after, 1);
}

TEST(draining_answers_the_parked)
{
	w.lingers = true;
	run();
	dispatch_drain(&w.ca.dispatch);
	assert_int_equal(w.runs, 1);
	assert_int_equal(w.retry_after, 1);
}

TEST(nobody_is_parked_while_draining)
{
	w.lingers = true;
	dispatch_drain(&w.ca.dispatch);
	run();
	assert_int_equal(w.parks, 0);
	assert_int_equal(w.retry_after, 1);
}

TEST(an_account_deactivated_meanwhile_is_seen)
{
	w.writes = true;
	w.rq.acct = &w.acct;
	w.acct_now.status = ACCOUNT_DEACTIVATED;
	run();
	durable(ERR_STALE);
	assert_int_equal(w.runs, 1);
	assert_int_equal(w.problem, ERR_ACCOUNT_DEACTIVATED);
}

/* KCH-05: what the old key signed does not happen after the change. */
TEST(an_account_whose_key_was_changed_meanwhile_is_seen)
{
	w.writes = true;
	w.rq.acct = &w.acct;
	w.acct_now.thumbprint = "another-key";
	run();
	durable(ERR_STALE);
	assert_int_equal(w.runs, 1);
	assert_int_equal(w.problem, ERR_UNAUTHORIZED);
}

TEST(what_is_durable_is_told_to_an_account_deactivated_by_it)
{
	w.writes = w.lingers = true;
	w.rq.acct = &w.acct;
	w.acct_now.status = ACCOUNT_DEACTIVATED;
	run();
	durable(OK);
	assert_int_equal(w.ca.dispatch.n_parked, 1);
	touch(true);
	assert_int_equal(w.problem, OK);
}

TEST(an_object_that_never_rests_does_not_eat_the_stack)
{
	w.lingers = true;
	w.object_txnid = UINT64_MAX;
	run();
	assert_int_equal(w.runs, 16);
	assert_int_equal(w.retry_after, 1);
}

/* clang-format off */
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
/* clang-format on */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_refusal_commits_nothing),
		T(a_read_commits_nothing),
		T(the_reply_and_effects_follow_durability),
		T(a_lost_race_is_run_again),
		T(losing_for_ever_is_reported),
		T(a_failed_commit_is_reported),
		T(of_what_could_not_be_committed_nothing_is_told),
		T(a_touch_wakes_the_parked),
		T(a_touch_that_settles_nothing_parks_again_within_the_same_bound),
		T(the_bound_answers_with_the_present_state),
		T(no_wake_is_lost_between_snapshot_and_park),
		T(writes_are_durable_before_the_request_lingers),
		T(a_hang_up_drops_the_parked),
		T(a_hang_up_while_committing_waits_for_the_commit),
		T(a_full_car_park_answers_at_once),
		T(draining_answers_the_parked),
		T(nobody_is_parked_while_draining),
		T(an_account_deactivated_meanwhile_is_seen),
		T(an_account_whose_key_was_changed_meanwhile_is_seen),
		T(what_is_durable_is_told_to_an_account_deactivated_by_it),
		T(an_object_that_never_rests_does_not_eat_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
