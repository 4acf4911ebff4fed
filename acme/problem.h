/* acme/problem.h: struct fault -> application/problem+json (RFC 7807). */
#ifndef ACME_PROBLEM_H
#define ACME_PROBLEM_H

#include "acme/rq.h"
#include "base/err.h"

/* How one error looks to a client. */
struct problem {
	const char *type; /* without the urn: prefix */
	int http;
	const char *fallback; /* used when the fault carries no detail */
};

/* Never NULL; unknown codes are ERR_INTERNAL. */
const struct problem *problem_of(enum err code);

/* By the type that rests in a record; ERR_INTERNAL's if there is none such. */
const struct problem *problem_named(const char *type);

/*
 * A problem document, as text in `a`.  Each may be NULL: a URL where to act;
 * under what our log says more of what broke inside.
 */
struct problem_extra {
	const char *instance, *reference;
};
const char *problem_text(const struct fault *f, enum err e,
    struct problem_extra extra, struct arena *a, size_t *len);

/* The same with a status of HTTP's own: 400, 408, 431 …; for acme_refuse(). */
const char *problem_refusal(const struct fault *f, enum err e, int status,
    struct arena *a, size_t *len);

/* The same as a member of another object: a challenge's or order's `error`. */
void problem_member(struct jsonw *w, const char *key, const struct reason *why);

/* What the fault will say once it rests in a record. */
struct reason problem_reason(const struct fault *f, struct arena *a);

/* Turn rq->fault into the reply. */
void reply_problem(struct rq *rq, enum err e);

#endif
