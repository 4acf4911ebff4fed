/*
 * Run an endpoint, make what it wants durable, wait if it pays, answer once.
 *
 *	run ──► commit ──► settle ──► finish
 *	 ▲  stale  │          │ unsettled
 *	 └─────────┘          ▼
 *	 ▲── wake, bound ── parked ── hang-up ──► drop
 */
#include "acme/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme/acme_int.h"
#include "acme/charge.h"
#include "acme/headers.h"
#include "acme/metrics.h"
#include "acme/problem.h"
#include "acme/state.h"
#include "base/log.h"
#include "crypto/jwk.h"

enum {
	TRIES_MAX = 5,   /* lost races before the client is told to retry */
	DEPTH_MAX = 16,  /* runs on one stack: an object that never rests */
	AGENT_MAX = 100, /* bytes of what a client calls itself, in the log */
};

struct rq_after {
	struct rq_after *next;
	rq_effect *fn;
	void *arg;
};

static void rq_run(struct rq *rq);

void
rq_after(struct rq *rq, rq_effect *fn, void *arg)
{
	struct rq_after **end = &rq->after;
	struct rq_after *new = ARENA_NEW(rq->arena, struct rq_after);

	while (*end != NULL)
		end = &(*end)->next;
	new->fn = fn;
	new->arg = arg;
	*end = new;
}

enum err
rq_run_again(struct rq *rq, struct id object, unsigned bound_ms)
{
	rq->again.object = object;
	rq->again.bound_ms = bound_ms;
	return OK;
}

static struct dispatch *
dispatch_of(const struct rq *rq)
{
	return &rq->ca->dispatch;
}

bool
rq_may_linger(const struct rq *rq)
{
	const struct dispatch *d = dispatch_of(rq);

	return !rq->last && !d->draining &&
	       d->n_parked < rq->config->parked_max && rq->depth < DEPTH_MAX;
}

/* Whatever becomes of `rq` now, it has had what it is charged for. */
static bool
served(const struct rq *rq)
{
	return rq->durable || rq->begun_ms != 0;
}

/* 6.1: clients MUST say who they are; those that do not are told apart. */
static const char *
agent(const struct rq *rq)
{
	const char *name = http_header_of(rq->http, "User-Agent");

	if (name == NULL || name[0] == '\0') /* HTTP-04 */
		return "-";
	return log_text(rq->arena,
	    arena_bytes(rq->arena, name, strnlen(name, AGENT_MAX)));
}

/* One line a request, whatever became of it. */
static void
log_access(const struct rq *rq)
{
	struct arena *a = rq->arena;
	char acct[ID_TEXT] = "-", numbers[48];

	if (rq->acct != NULL)
		id_text(rq->acct->id, acct);
	(void)snprintf(numbers, sizeof(numbers), " status=%d ms=%lld",
	    rq->reply.status,
	    (long long)(loop_now(rq->ca->dispatch.loop) - rq->began_ms));
	/* Every request has one: joined, it costs half of what it does printed. */
	log_info("http.request", "%s",
	    ARENA_JOIN(a, "method=", log_text(a, rq->http->method),
	        " path=", log_text(a, rq->http->path), numbers,
	        " peer=", rq->http->peer, " account=", acct,
	        " state=", rq->reply.state != NULL ? rq->reply.state : "-",
	        " agent=", agent(rq), " error=",
	        rq->fault.code != OK ? problem_of(rq->fault.code)->type : "-",
	        " detail=", log_text(a, rq->fault.detail)));
}

/* What `rq` holds beyond its arena. */
static void
release(struct rq *rq)
{
	timer_free(rq->bound);
	jwk_free(rq->own_key);
	acme_config_unref((struct acme_config *)(uintptr_t)rq->config);
}

/* The only caller of http_reply() in acme/. */
static void
finish(struct rq *rq, enum err e)
{
	if (e != OK && !served(rq))
		charges_refund(rq); /* RL-07 BLD-21 */
	if (e != OK)
		reply_problem(rq, e);
	headers_add(rq);
	log_access(rq);
	metrics_reply(rq->ca->deps.metrics,
	    rq->row != NULL    ? rq->row->path
	    : rq->page != NULL ? rq->page
	                       : "none",
	    e, rq->reply.status); /* SEC-12 */
	release(rq);
	http_reply(rq->http, rq->reply.status, rq->reply.headers,
	    rq->reply.n_headers, rq->reply.body,
	    rq->reply.body_len); /* frees rq, too */
}

void
dispatch_refuse(struct rq *rq, enum err e)
{
	finish(rq, e);
}

void
dispatch_answer(struct rq *rq)
{
	finish(rq, OK);
}

/* The client has left; what it asked for may well have been done. */
void
dispatch_drop(struct rq *rq)
{
	if (!served(rq))
		charges_refund(rq);
	release(rq);
	http_drop(rq->http); /* frees the arena, and rq with it */
}

static void
unlist(struct rq *rq)
{
	*rq->prev_parked = rq->next_parked;
	if (rq->next_parked != NULL)
		rq->next_parked->prev_parked = rq->prev_parked;
	rq->prev_parked = NULL;
	dispatch_of(rq)->n_parked--;
}

/* False if `rq` is not parked: it is being committed. */
static bool
unpark(struct rq *rq)
{
	if (rq->prev_parked == NULL)
		return false;
	store_unpark(dispatch_of(rq)->store, &rq->waiter);
	unlist(rq);
	return true;
}

static void
touched(void *arg)
{
	struct rq *rq = arg;

	unlist(rq);
	rq->depth = 0;
	rq_run(rq);
}

static void
bound_reached(void *arg)
{
	struct rq *rq = arg;

	rq->last = true;
	if (unpark(rq))
		rq_run(rq);
}

static void
hung_up(void *arg)
{
	struct rq *rq = arg;

	rq->gone = true; /* a commit under way still needs the arena */
	if (unpark(rq))
		dispatch_drop(rq);
}

/* False if the object has changed since the snapshot: look again. */
static bool
park(struct dispatch *d, struct rq *rq)
{
	if (rq->bound == NULL) /* wakes do not extend it */
		rq->bound =
		    loop_after(d->loop, rq->again.bound_ms, bound_reached, rq);
	rq->waiter = (struct waiter){ .object = rq->again.object,
		.seen = rq->seen,
		.wake = touched,
		.arg = rq };
	if (!store_park(d->store, d->loop, &rq->waiter))
		return false;
	rq->next_parked = d->parked;
	rq->prev_parked = &d->parked;
	if (d->parked != NULL)
		d->parked->prev_parked = &rq->next_parked;
	d->parked = rq;
	d->n_parked++;
	return true;
}

/* Tell the present state; what has begun is made durable first. */
static void
answer(struct rq *rq)
{
	bool told = rq->last || rq->again.bound_ms == 0;

	rq->last = true;
	if (told || rq->begun_ms == 0 || rq->durable)
		finish(rq, OK);
	else
		rq_run(rq);
}

/* Nothing is left to commit: answer, or wait for something better to say. */
static void
settle(struct rq *rq)
{
	struct dispatch *d = dispatch_of(rq);

	if (rq->again.bound_ms == 0 || !rq_may_linger(rq))
		answer(rq);
	else if (!park(d, rq))
		rq_run(rq);
}

/* What the reply was to tell has not come about, its Location neither. */
static void
refuse(struct rq *rq, enum err e)
{
	rq->reply.n_headers = 0;
	finish(rq, fault_plain(&rq->fault, e));
}

static void
committed(void *arg, enum err e)
{
	struct rq *rq = arg;

	if (e == OK) {
		if (batch_writes(rq->batch))
			rq->durable = true;
		else if (rq->begun_ms == 0)
			rq->begun_ms = rq->now_ms;
		for (struct rq_after *a = rq->after; a != NULL; a = a->next)
			a->fn(a->arg);
	}
	if (rq->gone)
		dispatch_drop(rq);
	else if (e == ERR_STALE && ++rq->tries < TRIES_MAX)
		rq_run(rq); /* somebody was faster: look again */
	else if (e != OK)
		refuse(rq, e);
	else
		settle(rq);
}

/* A later run sees the account as it is by then. */
static enum err
look_at_account(struct rq *rq)
{
	struct account *now;

	if (rq->acct == NULL || !rq->run_before)
		return OK;
	now = snap_account(rq->snap, rq->arena, rq->acct->id);
	if (now == NULL)
		return fault_plain(&rq->fault, ERR_ACCOUNT_DOES_NOT_EXIST);
	if (!rq->durable &&
	    strcmp(now->thumbprint, rq->acct->thumbprint) != 0) /* KCH-05 */
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "the key of this account has just been changed");
	rq->acct = now;
	return rq->durable ? OK : account_check(now, &rq->fault);
}

static void
reset(struct rq *rq)
{
	rq->depth++;
	if (!served(rq))
		charges_refund(rq); /* it will be charged again */
	rq->after = NULL;
	rq->again.bound_ms = 0;
	rq->fault = (struct fault){ 0 };
	memset(&rq->reply, 0, sizeof(rq->reply));
	rq->now_ms = loop_now(dispatch_of(rq)->loop);
	rq->batch = batch_new(rq->arena);
}

static void
rq_run(struct rq *rq)
{
	struct dispatch *d = dispatch_of(rq);
	enum err e;

	reset(rq);
	rq->snap = snap_open(d->store);
	rq->seen = snap_txnid(rq->snap);
	if ((e = look_at_account(rq)) == OK)
		e = rq->row->run(rq);
	snap_close(rq->snap);
	rq->snap = NULL;
	rq->run_before = true;

	if (e != OK)
		finish(rq, e);
	else if (batch_empty(rq->batch))
		settle(rq);
	else if (rq->durable)
		abort(); /* a request commits once */
	else
		store_commit(d->store, d->loop, rq->batch, committed, rq);
}

void
dispatch_run(struct rq *rq)
{
	http_on_hangup(rq->http, hung_up, rq);
	rq_run(rq);
}

void
dispatch_drain(struct dispatch *d)
{
	d->draining = true;
	while (d->parked != NULL) {
		struct rq *rq = d->parked;

		(void)unpark(rq);
		answer(rq);
	}
}
