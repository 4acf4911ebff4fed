/* tests/fake/http.h: http/ without sockets: requests made up, replies kept. */
#ifndef TESTS_FAKE_HTTP_H
#define TESTS_FAKE_HTTP_H

#include "http/http.h"

struct fake_ca;
struct fake_req;

enum { FAKE_HEADERS_MAX = 20 };

struct fake_reply {
	int status;
	struct http_header headers[FAKE_HEADERS_MAX];
	size_t n_headers;
	char *body;
	size_t body_len;
	bool dropped;
	int64_t took_ms;      /* by the loop's clock */
	struct fake_req *req; /* until it is answered */
};

/* What a client sends; what is NULL is as usual, or absent. */
struct fake_ask {
	const char *method; /* POST */
	const char *path;   /* with the query */
	const char *type;   /* application/jose+json, for a POST; "": none */
	const char *body;
	size_t body_len; /* 0: it is text */
	const char *host;
	struct http_header extra, also; /* more headers, if their name is set */
	bool plain;                     /* to acme_handle_plain() */
};

/* The reply lives in w->arena.  The second waits for it. */
struct fake_reply *fake_ask_begin(struct fake_ca *w, const struct fake_ask *q);
struct fake_reply *fake_ask(struct fake_ca *w, const struct fake_ask *q);
struct fake_reply *fake_get(struct fake_ca *w, const char *path);
struct fake_reply *fake_begin(struct fake_ca *w, const char *path,
    const char *body);
struct fake_reply *fake_send(struct fake_ca *w, const char *path,
    const char *body);
void fake_wait(struct fake_ca *w, struct fake_reply *r);

/* The client that waits for it leaves. */
void fake_hang_up(struct fake_reply *r);
void fake_hang_up_all(struct fake_ca *w);

/* Header's first value, or NULL; how many there are of that name. */
const char *fake_header(const struct fake_reply *r, const char *name);
size_t fake_headers(const struct fake_reply *r, const char *name);
/* The target of the link with this relation, or NULL. */
const char *fake_link(struct fake_ca *w, const struct fake_reply *r,
    const char *rel);

/*
 * The string, number or literal at a dotted path ("challenges.0.url") of a
 * JSON body, as text; NULL if there is none.
 */
const char *fake_json(struct fake_ca *w, const struct fake_reply *r,
    const char *path);
/* How many items, or members, there are at the path; 0 if none. */
size_t fake_json_count(struct fake_ca *w, const struct fake_reply *r,
    const char *path);

/* The path, and query, of a URL of ours. */
const char *fake_path(const char *url);

/*
 * True if it is a problem document of this type, with a status to match and
 * what else RFC 8555 asks of every error.
 */
bool fake_problem(struct fake_ca *w, const struct fake_reply *r, int status,
    const char *type);

#endif
