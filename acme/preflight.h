/* acme/preflight.h: OPTIONS, of a browser or anyone. */
#ifndef ACME_PREFLIGHT_H
#define ACME_PREFLIGHT_H

#include "acme/rq.h"

/*
 * True if `rq` is OPTIONS of something there is, which has been answered: a
 * browser that asks before it sends (HTTP-07), or anyone.  Needs no nonce,
 * and makes none.
 */
bool preflight_answered(struct rq *rq);

/* Answer OPTIONS of something that has these methods. */
void preflight_answer(struct rq *rq, const char *methods);

#endif
