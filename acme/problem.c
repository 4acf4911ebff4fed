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
	if (code <= OK || code >= ERR__COUNT) /* ERR-02 */
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
	/* ERR-07 */
	if (e == ERR_INTERNAL || e == ERR_LINT || e == OK ||
	    f->detail[0] == '\0')
		return problem_of(e)->fallback;
	return f->detail;
}

static void
members(struct jsonw *w, const char *detail, enum err e, int status)
{
	char urn[sizeof(URN) + 64];

	(void)snprintf(urn, sizeof(urn), URN "%s", problem_of(e)->type);
	jsonw_str(w, "type", urn);      /* ERR-01 */
	jsonw_str(w, "detail", detail); /* ERR-01 */
	jsonw_int(w, "status", status); /* ERR-01, ERR-06 */
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
		members(w, detail_of(sub, sub->code), sub->code,
		    problem_of(sub->code)->http);
		if (sub->ident != NULL) { /* ERR-03 */
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
	struct problem_extra extra;
};

static const char *
document_text(const struct document *d, struct arena *a, size_t *len)
{
	struct jsonw *w = jsonw_new(a);
	const char *detail = detail_of(d->fault, d->code);

	if (d->extra.reference != NULL) /* ERR-08 */
		detail = arena_printf(a,
		    "%s; the log of this server says more "
		    "under %s",
		    detail, d->extra.reference);
	jsonw_object(w, NULL);
	members(w, detail, d->code, d->status);
	jsonw_str(w, "instance", d->extra.instance);
	if (d->code == ERR_BAD_SIGNATURE_ALGORITHM) /* ERR-04, JWS-08 */
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
	struct document plain = *d;

	plain.fault = &bare;
	return text != NULL ? text : document_text(&plain, a, len);
}

const char *
problem_refusal(const struct fault *f, enum err e, int status, struct arena *a,
    size_t *len)
{
	struct document d = { .fault = f, .code = e, .status = status };

	return tell(&d, a, len);
}

const char *
problem_text(const struct fault *f, enum err e, struct problem_extra extra,
    struct arena *a, size_t *len)
{
	struct document d = { f, e, problem_of(e)->http, extra };

	return tell(&d, a, len);
}

void
problem_member(struct jsonw *w, const char *key, const struct reason *why)
{
	char urn[sizeof(URN) + 64];

	if (why->type == NULL)
		return;
	(void)snprintf(urn, sizeof(urn), URN "%s", why->type); /* ERR-05 */
	jsonw_object(w, key);
	jsonw_str(w, "type", urn);
	jsonw_str(w, "detail", why->detail != NULL ? why->detail : "");
	jsonw_int(w, "status", problem_named(why->type)->http); /* ERR-05 */
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
	struct problem_extra extra = { rq->reply.instance, NULL };

	rq->fault.code = e;
	rq->reply.status = problem_of(e)->http;
	rq->reply.content_type = "application/problem+json"; /* ERR-01 */
	reply_header(rq, "Content-Language", "en");          /* HTTP-05 */
	if (rq->reply.status == 500) {
		extra.reference = rq_id(rq, id_new(rq->now_ms));
		log_error("request.failed", "path=%s reference=%s reason=%s",
		    log_text(rq->arena, rq->http->path), extra.reference,
		    log_text(rq->arena, rq->fault.detail));
		reply_header(rq, "Retry-After", "60"); /* ERR-08 */
	} else if (rq->reply.status > 500) {
		reply_header(rq, "Retry-After", "5"); /* HTTP-23 */
	}
	rq->reply.body =
	    problem_text(&rq->fault, e, extra, rq->arena, &rq->reply.body_len);
}
