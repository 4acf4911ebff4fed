/*
 * http/ as acme sees it.  What RFC 8555 asks of every reply is checked here,
 * for every reply of every test.
 */
#include "tests/fake/http.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "acme/acme_int.h"
#include "acme/directory.h"
#include "tests/fake/parts.h"

struct fake_req {
	struct http_req req; /* first */
	struct fake_ca *w;
	struct fake_reply *reply;
	struct fake_req *next, **prev;
	loop_fn *hangup;
	void *hangup_arg;
	int64_t began_ms;
	bool plain;
};

void
fake_must(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "# the double cannot go on: %s\n", what);
	abort();
}

const char *
http_header_of(const struct http_req *req, const char *name)
{
	for (size_t i = 0; i < req->n_headers; i++)
		if (strcasecmp(req->headers[i].name, name) == 0)
			return req->headers[i].value;
	return NULL;
}

static void
end(struct fake_req *q)
{
	*q->prev = q->next;
	if (q->next != NULL)
		q->next->prev = q->prev;
	q->reply->req = NULL;
	arena_free(q->req.arena);
}

static bool
is_problem(const struct fake_reply *r)
{
	const char *type = fake_header(r, "Content-Type");

	return type != NULL && strcmp(type, "application/problem+json") == 0;
}

/* 6.5: one nonce with every answer to a POST; 7.1: the way to the directory. */
static void
check(const struct fake_req *q, const struct fake_reply *r)
{
	bool post = strcmp(q->req.method, "POST") == 0;
	size_t nonces = fake_headers(r, "Replay-Nonce");
	bool acme = strncmp(q->req.path, "/acme/", 6) == 0 && !q->plain;
	const char *cache = fake_header(r, "Cache-Control");

	fake_must(!post || nonces == 1 || (!acme && r->status == 200),
	    "not one nonce in a reply to a POST");
	fake_must(cache != NULL, "a reply without Cache-Control");
	fake_must(nonces == 0 || strcmp(cache, "no-store") == 0,
	    "a nonce that may be cached");
	fake_must(!acme || r->status == 421 ||
	              (strstr(q->req.path, "/directory") != NULL &&
	                  r->status == 200) !=
	                  (fake_link(q->w, r, "index") != NULL),
	    "a reply without a link to the directory");
	fake_must(r->status < 500 || fake_header(r, "Retry-After") != NULL,
	    "trouble of ours, and no word on when to come back");
	fake_must(!acme || (r->status >= 400) == is_problem(r),
	    "an error that is no problem document, or the reverse");
	fake_must(r->status != 500 || q->w->may_break, "an internal error");
}

void
http_reply(struct http_req *req, int status, const struct http_header *h,
    size_t n, const char *body, size_t len)
{
	struct fake_req *q = (struct fake_req *)req;
	struct fake_reply *r = q->reply;
	struct arena *keep = q->w->arena;

	fake_must(r->status == 0 && !r->dropped, "answered twice");
	fake_must(n <= FAKE_HEADERS_MAX, "too many headers");
	for (size_t i = 0; i < n; i++)
		r->headers[i] =
		    (struct http_header){ arena_text(keep, h[i].name),
			    arena_text(keep, h[i].value) };
	r->n_headers = n;
	r->body = arena_bytes(keep, body, len);
	r->body_len = len;
	r->status = status;
	r->took_ms = loop_now(q->w->loop) - q->began_ms;
	check(q, r);
	end(q);
}

void
http_drop(struct http_req *req)
{
	((struct fake_req *)req)->reply->dropped = true;
	end((struct fake_req *)req);
}

void
http_on_hangup(struct http_req *req, loop_fn *fn, void *arg)
{
	((struct fake_req *)req)->hangup = fn;
	((struct fake_req *)req)->hangup_arg = arg;
}

void
fake_hang_up(struct fake_reply *r)
{
	loop_fn *fn;

	fake_must(r->req != NULL && r->req->hangup != NULL, "nobody waits");
	fn = r->req->hangup;
	r->req->hangup = NULL; /* once */
	fn(r->req->hangup_arg);
}

void
fake_hang_up_all(struct fake_ca *w)
{
	for (struct fake_req *q = w->open, *next; q != NULL; q = next) {
		next = q->next;
		if (q->hangup != NULL)
			fake_hang_up(q->reply);
	}
}

static struct fake_req *
req_new(struct fake_ca *w, const struct fake_ask *ask)
{
	struct arena *a = arena_new();
	struct fake_req *q = ARENA_NEW(a, struct fake_req);
	struct http_header *h = ARENA_ARRAY(a, struct http_header, 3);
	char *path = arena_text(a, ask->path), *query = strchr(path, '?');
	const char *method = ask->method != NULL ? ask->method : "POST";
	const char *type = ask->type;
	size_t n = 0, len = ask->body_len;

	if (len == 0 && ask->body != NULL)
		len = strlen(ask->body);
	if (query != NULL)
		*query++ = '\0';
	if (type == NULL && strcmp(method, "POST") == 0)
		type = "application/jose+json";
	if (type != NULL && type[0] != '\0')
		h[n++] =
		    (struct http_header){ "content-type", arena_text(a, type) };
	if (ask->extra.name != NULL)
		h[n++] = ask->extra;
	if (ask->also.name != NULL)
		h[n++] = ask->also;
	q->w = w;
	q->req = (struct http_req){ .arena = a,
		.loop = w->loop,
		.method = method,
		.path = path,
		.query = query != NULL ? query : "",
		.host =
		    arena_text(a, ask->host != NULL ? ask->host : fake_host),
		.headers = h,
		.n_headers = n,
		.peer = w->peer != NULL ? w->peer : "127.0.0.1",
		.body = arena_bytes(a, ask->body != NULL ? ask->body : "", len),
		.body_len = len };
	q->began_ms = loop_now(w->loop);
	q->plain = ask->plain;
	q->reply = ARENA_NEW(w->arena, struct fake_reply);
	q->reply->req = q;
	q->next = w->open;
	q->prev = &w->open;
	if (q->next != NULL)
		q->next->prev = &q->next;
	w->open = q;
	return q;
}

/* Tests change the configuration in place, which a server never does. */
static void
notice_changes(struct fake_ca *w)
{
	enum { FROM = offsetof(struct acme_config, names) };
	const char *now = (const char *)&w->config + FROM;
	char *seen = (char *)&w->seen + FROM;

	if (memcmp(seen, now, sizeof(w->config) - FROM) == 0)
		return;
	memcpy(seen, now, sizeof(w->config) - FROM);
	directories_forget(w->ca->directories);
}

struct fake_reply *
fake_ask_begin(struct fake_ca *w, const struct fake_ask *ask)
{
	struct fake_req *q = req_new(w, ask);
	struct fake_reply *r = q->reply;

	notice_changes(w);
	if (ask->plain)
		acme_handle_plain(&q->req, w->ca);
	else
		acme_handle(&q->req, w->ca);
	return r;
}

void
fake_wait(struct fake_ca *w, struct fake_reply *r)
{
	for (int i = 0; i < 10000 && r->status == 0 && !r->dropped; i++)
		fake_ca_run(w, 0, NULL);
	fake_must(r->status != 0 || r->dropped, "never answered");
}

struct fake_reply *
fake_ask(struct fake_ca *w, const struct fake_ask *ask)
{
	struct fake_reply *r = fake_ask_begin(w, ask);

	fake_wait(w, r);
	return r;
}

struct fake_reply *
fake_get(struct fake_ca *w, const char *path)
{
	return fake_ask(w, &(struct fake_ask){ .method = "GET", .path = path });
}

struct fake_reply *
fake_begin(struct fake_ca *w, const char *path, const char *body)
{
	return fake_ask_begin(w,
	    &(struct fake_ask){ .path = path, .body = body });
}

struct fake_reply *
fake_send(struct fake_ca *w, const char *path, const char *body)
{
	struct fake_reply *r = fake_begin(w, path, body);

	fake_wait(w, r);
	return r;
}
