#include "acme/cacheable.h"

#include <string.h>

static const char *
date(struct rq *rq, unixtime t)
{
	char *text = arena_alloc(rq->arena, HTTP_DATE, 1);

	http_date(t, text);
	return text;
}

/* RFC 9110, 13.1.2: a list, compared weakly. */
static bool
lists(const char *list, const char *etag)
{
	size_t len = strlen(etag), n;

	if (strcmp(list, "*") == 0)
		return true;
	for (; *list != '\0'; list += n) {
		list += strspn(list, ", \t");
		if (strncmp(list, "W/", 2) == 0)
			list += 2;
		n = strcspn(list, ", \t");
		if (n == len && memcmp(list, etag, len) == 0)
			return true;
	}
	return false;
}

/* 13.2.2: with If-None-Match the date does not count. */
static bool
has_it(struct rq *rq, const struct cacheable *c)
{
	const char *none_match = http_header_of(rq->http, "If-None-Match");
	const char *since = http_header_of(rq->http, "If-Modified-Since");
	int64_t t = 0;

	if (strcmp(rq->http->method, "POST") == 0)
		return false;
	if (none_match != NULL)
		return lists(none_match, c->etag);
	return since != NULL && http_date_read(since, &t) && c->modified <= t;
}

void
reply_cacheable(struct rq *rq, const char *type, const void *body, size_t len,
    const struct cacheable *c)
{
	unixtime left = c->expires - rq_now(rq);
	unsigned max_age = left <= 0                       ? 0
	                   : (unixtime)c->max_age_s < left ? c->max_age_s
	                                                   : (unsigned)left - 1;

	reply_empty(rq, 304);
	reply_header(rq, "ETag", c->etag);
	reply_header(rq, "Last-Modified", date(rq, c->modified));
	reply_header(rq, "Expires", date(rq, c->expires));
	reply_header(rq, "Cache-Control",
	    arena_printf(rq->arena, "public, max-age=%u", max_age));
	if (has_it(rq, c)) /* CRL-08 */
		return;
	rq->reply.status = 200;
	rq->reply.content_type = type;
	rq->reply.body = body;
	rq->reply.body_len = len;
}
