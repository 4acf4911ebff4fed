/* OPTIONS: what a browser asks before it sends (CORS), or anyone. */
#include "acme/preflight.h"

#include <string.h>

#include "acme/authority.h"
#include "acme/dispatch.h"
#include "acme/route.h"

void
preflight_answer(struct rq *rq, const char *methods)
{
	bool preflight =
	    http_header_of(rq->http, "Origin") != NULL &&
	    http_header_of(rq->http, "Access-Control-Request-Method") != NULL;

	rq->fault = (struct fault){ 0 };
	reply_empty(rq, 204);
	if (preflight) { /* HTTP-07 */
		reply_header(rq, "Access-Control-Allow-Methods", methods);
		reply_header(rq, "Access-Control-Allow-Headers",
		    "Content-Type, Authorization");
		reply_header(rq, "Access-Control-Max-Age", "86400");
	} else {
		reply_header(rq, "Allow",
		    arena_printf(rq->arena, "%s, OPTIONS", methods));
	}
	dispatch_answer(rq);
}

bool
preflight_answered(struct rq *rq)
{
	const char *allow = "GET, HEAD, POST";
	const struct endpoint *row;

	if (strcmp(rq->http->method, "OPTIONS") != 0)
		return false;
	rq->authority = authority_ours(rq->config, rq->http->host, rq->arena);
	if (rq->authority == NULL ||
	    (strcmp(rq->http->path, "*") != 0 &&
	        route(rq, &row, &allow) != ERR_METHOD_NOT_ALLOWED))
		return false;        /* and is refused like any other method */
	preflight_answer(rq, allow); /* HTTP-07 */
	return true;
}
