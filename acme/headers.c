/* One place for what all replies have in common, errors and refusals too. */
#include "acme/headers.h"

#include <string.h>

#include "acme/acme_int.h"
#include "acme/nonce.h"

enum { TRIES = 100 }; /* at a nonce that is not to be refused */

/* HTTP-06: clients in a browser; nothing here goes by cookies. */
static const char exposed[] = "Link, Location, Replay-Nonce, Retry-After";

/* 6.5: with every answer to a POST, and where nonces are to be had. */
static bool
carries_nonce(const struct rq *rq)
{
	bool posted = strcmp(rq->http->method, "POST") == 0 &&
	              (!rq->page || rq->reply.status >= 400);

	return posted || (rq->row != NULL && rq->row->directory != NULL &&
	                     strcmp(rq->row->directory, "newNonce") == 0);
}

/* Has whoever made the reply said so already? */
static bool
has(const struct rq *rq, const char *name)
{
	for (size_t i = 0; i < rq->reply.n_headers; i++)
		if (strcmp(rq->reply.headers[i].name, name) == 0)
			return true;
	return false;
}

/* 7.1: on all but the directory itself, and what is no part of ACME. */
static void
add_index(struct rq *rq)
{
	static const char directory[] = "/directory";
	size_t len = strlen(rq->http->path), tail = sizeof(directory) - 1;

	if (rq->page != NULL ||
	    (rq->reply.status == 200 && len >= tail &&
	        strcmp(rq->http->path + len - tail, directory) == 0))
		return;
	reply_link(rq,
	    rq->authority != NULL ? rq_url(rq, "/acme/directory")
	                          : rq->config->directory_url,
	    "index"); /* HTTP-08 HTTP-15 */
}

/*
 * Only what comes with a success may be refused for nothing: some clients try
 * once more, and take for that the nonce of the refusal, or ask for one.
 */
static const char *
fresh_nonce(struct rq *rq)
{
	bool usual =
	    rq->fault.code == OK && strcmp(rq->http->method, "POST") == 0;
	unsigned percent = usual ? 0 : rq->config->trial.nonce_reject;
	char *text = arena_alloc(rq->arena, NONCE_TEXT, 1);

	nonce_issue(rq->ca->deps.nonces, text);
	for (unsigned i = 0; i < TRIES && trial_refuses(text, percent); i++)
		nonce_issue(rq->ca->deps.nonces, text);
	return text;
}

void
headers_add(struct rq *rq)
{
	bool nonce = carries_nonce(rq);

	if (rq->reply.content_type != NULL)
		reply_header(rq, "Content-Type", rq->reply.content_type);
	if (nonce) /* NON-04, NON-05, NON-06, NON-07 */
		reply_header(rq, "Replay-Nonce", fresh_nonce(rq));
	if (!has(rq, "Cache-Control")) /* NON-01, NON-02, BLD-05 */
		reply_header(rq, "Cache-Control",
		    nonce ? "no-store"
		          : "public, max-age=0, no-cache");   /* HTTP-20 */
	reply_header(rq, "Access-Control-Allow-Origin", "*"); /* HTTP-06 */
	if (strcmp(rq->http->method, "OPTIONS") != 0)
		reply_header(rq, "Access-Control-Expose-Headers",
		    exposed); /* HTTP-06 */
	add_index(rq);
}

static void
put(struct http_refusal *r, const char *name, const char *value)
{
	r->headers[r->n_headers++] = (struct http_header){ name, value };
}

void
headers_refuse(struct http_refusal *r, struct acme *ca)
{
	put(r, "Content-Type", "application/problem+json");
	put(r, "Content-Language", "en"); /* HTTP-05 */
	put(r, "Cache-Control", "no-store");
	put(r, "Access-Control-Allow-Origin", "*");
	put(r, "Access-Control-Expose-Headers", exposed);
	put(r, "Link",
	    arena_printf(r->arena, "<%s>;rel=\"index\"",
	        ca->deps.config->directory_url)); /* HTTP-08 */
	/* NON-05 */
	if (strcmp(r->method, "POST") == 0) { /* 6.5: on errors, too */
		char *nonce = arena_alloc(r->arena, NONCE_TEXT, 1);

		nonce_issue(ca->deps.nonces, nonce);
		put(r, "Replay-Nonce", nonce);
	}
	if (r->status == 503) /* HTTP-23 */
		put(r, "Retry-After", "1");
}
