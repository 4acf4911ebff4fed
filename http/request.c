/* A request as its handler sees it; it may live longer than its connection. */
#include <string.h>
#include <strings.h>

#include "http/server_int.h"

struct request {
	struct http_req pub; /* first: the handler has a pointer to it */
	struct conn *conn;   /* NULL once it is lost */
	loop_fn *hangup;     /* NULL: not asked for, or called already */
	void *arg;
	struct timer *soon;
};

/* All that was kept is one piece: copy it, then point into the copy. */
static void
fill(struct http_req *req, const struct parse *p, struct arena *a)
{
	const char *text = arena_bytes(a, p->buf, p->len);
	const char *at = text + p->headers;
	struct http_header *h =
	    ARENA_ARRAY(a, struct http_header, p->n_headers);

	req->method = text;
	req->path = p->path != 0 ? text + p->path : "/";
	req->query = p->query != 0 ? text + p->query : "";
	req->host = text + p->host;
	req->body = text + p->body;
	req->body_len = p->body_len;
	req->headers = h;
	req->n_headers = p->n_headers;
	for (size_t i = 0; i < p->n_headers; i++) {
		h[i].name = at;
		at += strlen(at) + 1;
		h[i].value = at;
		at += strlen(at) + 1;
	}
}

void
request_begin(struct conn *c)
{
	const struct http_lane *is = &c->lane->is;
	struct arena *a = arena_new();
	struct request *r = ARENA_NEW(a, struct request);

	fill(&r->pub, &c->parse, a);
	r->pub.arena = a;
	r->pub.loop = is->loop;
	r->pub.peer = arena_text(a, c->peer);
	r->conn = c;
	c->req = r;
	c->head_only = strcmp(r->pub.method, "HEAD") == 0;
	is->handle(&r->pub, is->arg);
}

static void
tell(void *arg)
{
	struct request *r = arg;
	loop_fn *fn = r->hangup;

	timer_free(r->soon);
	r->soon = NULL;
	r->hangup = NULL;
	if (fn != NULL)
		fn(r->arg); /* may free r */
}

void
request_lost(struct request *r)
{
	r->conn = NULL;
	tell(r);
}

void
http_on_hangup(struct http_req *req, loop_fn *fn, void *arg)
{
	struct request *r = (struct request *)req;

	r->hangup = fn;
	r->arg = arg;
	/* Too late to be told in passing, and the caller is not ready now. */
	if (r->conn == NULL && r->soon == NULL)
		r->soon = loop_after(req->loop, 0, tell, r);
}

static struct conn *
end(struct request *r)
{
	timer_free(r->soon);
	return r->conn;
}

void
http_reply(struct http_req *req, int status, const struct http_header *headers,
    size_t n_headers, const char *body, size_t body_len)
{
	struct conn *c = end((struct request *)req);
	struct reply r = {
		.status = status,
		.headers = headers,
		.n_headers = n_headers,
		.body = body,
		.body_len = body_len,
	};

	if (c != NULL)
		conn_answer(c, &r);
	arena_free(req->arena);
}

void
http_drop(struct http_req *req)
{
	struct conn *c = end((struct request *)req);

	arena_free(req->arena);
	if (c != NULL)
		conn_dropped(c);
}

const char *
http_header_of(const struct http_req *req, const char *name)
{
	for (size_t i = 0; i < req->n_headers; i++)
		if (strcasecmp(req->headers[i].name, name) == 0)
			return req->headers[i].value;
	return NULL;
}
