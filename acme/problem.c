/* The only place where an error meets its type, its status and its text. */
#include "acme/problem.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "crypto/jws.h"

#define URN "urn:ietf:params:acme:error:"

static const struct problem problems[] = {
	[OK] = { "serverInternal", 500, "internal error" },
#define X(code, type, http, text) [ERR_##code] = { type, http, text },
	ERR_TABLE(X)
#undef X
};

_Static_assert(sizeof(problems) / sizeof(problems[0]) == ERR__COUNT,
    "one row per error");

const struct problem *
problem_of(enum err code)
{
	if (code <= OK || code >= ERR__COUNT)
		code = ERR_INTERNAL;
	return &problems[code];
}

const struct problem *
problem_named(const char *type)
{
	for (size_t i = OK + 1; i < ERR__COUNT; i++)
		if (strcmp(problems[i].type, type) == 0)
			return &problems[i];
	return &problems[ERR_INTERNAL];
}

/* What broke inside is for the log, not for strangers. */
static const char *
detail_of(const struct fault *f, enum err e)
{
	if (e == ERR_INTERNAL || e == OK || f->detail[0] == '\0')
		return problem_of(e)->fallback;
	return f->detail;
}

static void
members(struct jsonw *w, const struct fault *f, enum err e, int status)
{
	char urn[sizeof(URN) + 64];

	(void)snprintf(urn, sizeof(urn), URN "%s", problem_of(e)->type);
	jsonw_str(w, "type", urn);
	jsonw_str(w, "detail", detail_of(f, e));
	jsonw_int(w, "status", status);
}

/* RFC 8555, 6.7.1. */
static void
subproblems(struct jsonw *w, const struct fault *f, struct arena *a)
{
	if (f->n_subproblems == 0)
		return;
	jsonw_list(w, "subproblems");
	for (size_t i = 0; i < f->n_subproblems; i++) {
		const struct fault *sub = &f->subproblems[i];

		jsonw_object(w, NULL);
		members(w, sub, sub->code, problem_of(sub->code)->http);
		if (sub->ident != NULL) {
			jsonw_object(w, "identifier");
			jsonw_str(w, "type", ident_type_text(sub->ident->type));
			jsonw_str(w, "value", ident_text(sub->ident, a));
			jsonw_end(w);
		}
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
algorithms(struct jsonw *w) /* 6.2: MUST list ours */
{
	const char *alg;

	jsonw_list(w, "algorithms");
	for (unsigned i = 0; (alg = jws_algorithm_at(i)) != NULL; i++)
		jsonw_str(w, NULL, alg);
	jsonw_end(w);
}

struct document {
	const struct fault *fault;
	enum err code;
	int status;
	const char *instance; /* or NULL */
};

static const char *
document_text(const struct document *d, struct arena *a, size_t *len)
{
	struct jsonw *w = jsonw_new(a);

	jsonw_object(w, NULL);
	members(w, d->fault, d->code, d->status);
	jsonw_str(w, "instance", d->instance);
	if (d->code == ERR_BAD_SIGNATURE_ALGORITHM)
		algorithms(w);
	subproblems(w, d->fault, a);
	jsonw_end(w);
	return jsonw_text(w, len);
}

/* Without what it quotes, should that be no UTF-8. */
static const char *
tell(const struct document *d, struct arena *a, size_t *len)
{
	const char *text = document_text(d, a, len);
	struct fault bare = { .code = d->code };
	struct document plain = { &bare, d->code, d->status, d->instance };

	return text != NULL ? text : document_text(&plain, a, len);
}

const char *
problem_refusal(const struct fault *f, enum err e, int status, struct arena *a,
    size_t *len)
{
	return tell(&(struct document){ f, e, status, NULL }, a, len);
}

const char *
problem_text(const struct fault *f, enum err e, const char *instance,
    struct arena *a, size_t *len)
{
	int status = problem_of(e)->http;

	return tell(&(struct document){ f, e, status, instance }, a, len);
}

void
problem_member(struct jsonw *w, const char *key, const struct reason *why)
{
	char urn[sizeof(URN) + 64];

	if (why->type == NULL)
		return;
	(void)snprintf(urn, sizeof(urn), URN "%s", why->type);
	jsonw_object(w, key);
	jsonw_str(w, "type", urn);
	jsonw_str(w, "detail", why->detail != NULL ? why->detail : "");
	jsonw_int(w, "status", problem_named(why->type)->http);
	jsonw_end(w);
}

struct reason
problem_reason(const struct fault *f, struct arena *a)
{
	return (struct reason){ problem_of(f->code)->type,
		arena_text(a, detail_of(f, f->code)) };
}

void
reply_problem(struct rq *rq, enum err e)
{
	size_t len;

	rq->fault.code = e;
	if (e == ERR_INTERNAL || e == OK)
		log_error("request.failed", "path=%s reason=%s",
		    log_text(rq->arena, rq->http->path),
		    log_text(rq->arena, rq->fault.detail));
	rq->reply.body =
	    problem_text(&rq->fault, e, rq->reply.instance, rq->arena, &len);
	rq->reply.body_len = len;
	rq->reply.status = problem_of(e)->http;
	rq->reply.content_type = "application/problem+json";
	if (rq->reply.status >= 500)
		reply_header(rq, "Retry-After", "5");
}
