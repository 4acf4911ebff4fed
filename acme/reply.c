/* The reply under construction: plain data until the dispatcher sends it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme/rq.h"

void
reply_header(struct rq *rq, const char *name, const char *value)
{
	if (rq->reply.n_headers == REPLY_HEADERS_MAX)
		abort();
	rq->reply.headers[rq->reply.n_headers++] =
	    (struct http_header){ name, value };
}

void
reply_link(struct rq *rq, const char *url, const char *rel)
{
	reply_header(rq, "Link",
	    ARENA_JOIN(rq->arena, "<", url, ">;rel=\"", rel, "\""));
}

void
reply_soon(struct rq *rq)
{
	reply_header(rq, "Retry-After", "1");
}

void
reply_body(struct rq *rq, int status, const char *json, size_t len)
{
	rq->reply.status = status;
	rq->reply.content_type = "application/json";
	rq->reply.body = json;
	rq->reply.body_len = len;
}

void
reply_json(struct rq *rq, int status, struct jsonw *w)
{
	size_t len;
	const char *text = jsonw_text(w, &len);

	if (text == NULL)
		abort(); /* all that goes in has been checked on its way */
	reply_body(rq, status, text, len);
}

void
reply_text(struct rq *rq, int status, const char *type, const char *body)
{
	rq->reply.status = status;
	rq->reply.content_type = type;
	rq->reply.body = body;
	rq->reply.body_len = strlen(body);
}

void
reply_empty(struct rq *rq, int status)
{
	rq->reply.status = status;
	rq->reply.content_type = NULL;
	rq->reply.body = "";
	rq->reply.body_len = 0;
}

const char *
rq_url(struct rq *rq, const char *fmt, ...)
{
	char path[1024];
	va_list ap;
	int n;

	if (strchr(fmt, '%') == NULL)
		return ARENA_JOIN(rq->arena, "https://", rq->authority, fmt);
	va_start(ap, fmt);
	n = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(path))
		abort(); /* paths are literals and ids */
	return ARENA_JOIN(rq->arena, "https://", rq->authority, path);
}

const char *
rq_self(struct rq *rq)
{
	const char *query = rq->http->query;

	return ARENA_JOIN(rq->arena, "https://", rq->authority, rq->http->path,
	    query[0] != '\0' ? "?" : "", query);
}

const char *
rq_id(struct rq *rq, struct id id)
{
	char *text = arena_alloc(rq->arena, ID_TEXT, 1);

	id_text(id, text);
	return text;
}
