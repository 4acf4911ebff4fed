/* acme/rq.h: one request, as an endpoint sees it. */
#ifndef ACME_RQ_H
#define ACME_RQ_H

#include "acme/acme.h"
#include "base/json.h"

struct endpoint;
struct jwk;

enum {
	REPLY_HEADERS_MAX = 20,
};

typedef void rq_effect(void *arg);

struct rq {
	/* Given: read-only to endpoints. */
	struct arena *arena;
	struct acme *ca;
	struct http_req *http;
	const struct acme_config *config;
	struct snap *snap;          /* one consistent view of the store */
	const struct account *acct; /* NULL on AUTH_JWK and AUTH_NONE rows */
	const struct jwk *key; /* the key that signed; AUTH_JWK rows only */
	const void
	    *in; /* payload, bound by the row's schema; NULL when empty */
	const struct acme_profile
	    *profile;     /* of /acme/p/NAME/, or the default */
	struct id object; /* of :id */
	const char *word; /* of any other segment, as :type */
	int64_t now_ms;
	bool durable;     /* this request's own batch is on disk: only read */
	int64_t begun_ms; /* not 0: it is not, but what follows has begun */

	/* Produced: what the endpoint wants to happen. */
	struct batch *batch;
	struct fault fault;
	struct {
		int status;
		struct http_header headers[REPLY_HEADERS_MAX];
		size_t n_headers;
		const char *content_type; /* NULL: no body */
		const char *body;
		size_t body_len;
		const char *state;    /* of the object told of; for the log */
		const char *instance; /* of a problem: where to act (7.3.3) */
	} reply;
	struct {
		struct id object;
		unsigned bound_ms; /* 0: the reply is final */
	} again;

	/* The dispatcher's. */
	const struct endpoint *row;
	struct jwk *own_key; /* freed with the request; NULL if the cache's */
	const char *authority;
	int64_t began_ms;
	struct rq_after *after;
	struct charged *charged; /* of limits; given back if it fails */
	uint64_t seen;
	struct timer *bound;
	struct waiter waiter;
	struct rq *next_parked, **prev_parked;
	unsigned tries, depth;
	bool last, gone, run_before;
	bool plain;       /* it came by --listen-http */
	const char *page; /* the path of one that is no part of ACME */
};

/*
 * An endpoint: from (request, snapshot) to (reply, batch).  It never sends,
 * waits or frees, and may be run again, so it changes nothing but its arena
 * and batch.  Returns OK with a reply set, a failure with rq->fault set, or
 *
 *	return RUN_AGAIN(o->id, LINGER_MS);
 *
 * with a reply set that tells the present state.  Then the reply is withheld,
 * the batch, if any, committed, and the endpoint run again when a commit
 * touches the object or, for the last time, at the bound.  A request commits
 * once: runs that see rq->durable stage nothing.
 */
typedef enum err ep_fn(struct rq *rq);

/* `rq` is every endpoint's one parameter. */
#define RUN_AGAIN(object, bound_ms) rq_run_again(rq, (object), (bound_ms))
enum err rq_run_again(struct rq *rq, struct id object, unsigned bound_ms);

/*
 * Would RUN_AGAIN withhold this run's reply?  What a withheld reply tells need
 * not be durable: then an endpoint may stage expectations alone, and what is
 * to follow (`begun_ms` says so to later runs, and when).  A run that sees
 * false stages the rest.
 */
bool rq_may_linger(const struct rq *rq);

/*
 * Run `fn` once the batch is durable, never if it is refused.  `arg` lives in
 * the request's arena and is valid during the call only.
 */
void rq_after(struct rq *rq, rq_effect *fn, void *arg);

/* AUTH_HOLDER: an account, or whoever has a certificate's key, of any strength. */
enum auth { AUTH_NONE, AUTH_JWK, AUTH_KID, AUTH_EITHER, AUTH_HOLDER };
enum body { BODY_NONE, BODY_EMPTY, BODY_JSON, BODY_EITHER };

struct endpoint {
	const char *method, *path;
	enum auth auth;
	enum body body;
	const struct json_field *schema;
	const size_t *in_size;
	ep_fn *run;
	const char *directory; /* key in the directory, or NULL */
};

/* Set the reply; the dispatcher sends it once, after the batch is durable. */
void reply_json(struct rq *rq, int status, struct jsonw *w);
void reply_body(struct rq *rq, int status, const char *json, size_t len);
void reply_text(struct rq *rq, int status, const char *type, const char *body);
void reply_empty(struct rq *rq, int status);
/* `name` is a literal; `value` lives as long as the request. */
void reply_header(struct rq *rq, const char *name, const char *value);
/* Retry-After: 1, for a state that will not last (a plain number: QRK-12). */
void reply_soon(struct rq *rq);
/* Link: <url>;rel="rel" (RFC 8288), a line of its own. */
void reply_link(struct rq *rq, const char *url, const char *rel);

/* "https://authority" and what the format says, in the request's arena. */
const char *rq_url(struct rq *rq, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *rq_id(struct rq *rq, struct id id); /* as URLs carry it */
/* The URL of this very request, query and all: what its signature must name. */
const char *rq_self(struct rq *rq);

/* A journal entry about `object`, staged with the batch. */
void rq_event(struct rq *rq, const char *kind, struct id object,
    const char *detail);

static inline unixtime
rq_now(const struct rq *rq)
{
	return rq->now_ms / 1000;
}

#endif
