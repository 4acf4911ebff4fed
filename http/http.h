/*
 * http/http.h: HTTP/1.1, strict, over TLS or plain, with no opinion about ACME.
 *
 * One listening socket, several loops: the first accepts, the one with the
 * fewest connections serves.  A connection, its requests and their callbacks
 * stay on one loop.  Neither libevent nor OpenSSL shows here.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"

struct http_server;

struct http_header {
	const char *name, *value;
};

/*
 * A request, parsed in full (RFC 9112).  It owns its arena, in which all it
 * points to lives, and it outlives its connection.  It ends in exactly one
 * http_reply() or http_drop().
 */
struct http_req {
	struct arena *arena;
	struct loop *loop; /* the connection's; use the request there only */
	const char *method, *path, *query; /* query: "" when there is none */
	const char *host;                  /* as sent: name, or name:port */
	const struct http_header *headers; /* in the order sent */
	size_t n_headers;
	const char *peer; /* "192.0.2.1" or "2001:db8::1", without a port */
	const char *body; /* NUL-terminated; body_len does not count it */
	size_t body_len;
};

/* Thu, 01 Jan 1970 00:00:00 GMT (RFC 9110, 5.6.7), and a NUL; and back. */
enum { HTTP_DATE = 30 };
void http_date(int64_t unixtime, char out[HTTP_DATE]);
bool http_date_read(const char *text, int64_t *out);

/* The value of the first header of that name, any case; NULL if none. */
const char *http_header_of(const struct http_req *req, const char *name);

struct http_limits {
	size_t line_bytes, header_bytes, body_bytes;
	unsigned handshake_ms, head_ms, body_ms; /* each from its first byte */
	unsigned idle_ms;                        /* between requests */
	unsigned request_ms;  /* from first byte to last, and the reply taken */
	unsigned connections; /* over all loops; beyond, the idlest goes; if
	                         none is idle, newcomers stay queued */
};

typedef void http_handler(struct http_req *req, void *arg);

/*
 * What to say to a request that never became one: 400, 408, 413, 414, 431;
 * or to one that was not answered within request_ms: 503, and
 * for its handler that is a hang-up.  `status`, `detail` and `method` ("" if
 * it was not read) are given, the rest is to be set, in `arena`; runs on the
 * connection's loop.  Without such a function the replies are empty.
 */
struct http_refusal {
	int status;
	const char *detail, *method;
	struct arena *arena;
	struct http_header headers[10];
	size_t n_headers;
	const char *body;
	size_t body_len;
};
typedef void http_refuse(struct http_refusal *r, void *arg);

/* One loop's share: both run on `loop`, with the `arg` of that loop. */
struct http_lane {
	struct loop *loop;
	http_handler *handle;
	http_refuse *refuse;
	void *arg;
};

struct http_config {
	int listen_fd; /* stays the caller's; we use a duplicate */
	bool plain;    /* without TLS */
	const struct http_lane *lanes; /* copied */
	size_t n_lanes;
	struct http_limits limits;
};

/*
 * Serve; lane 0 accepts.  To be called on its loop, or before that runs.  With
 * TLS, who comes before http_tls_set() has succeeded stays in the socket's
 * queue.  Makes the process ignore SIGPIPE.  Never NULL.
 */
struct http_server *http_server_new(const struct http_config *config);

/*
 * Use this chain and key for handshakes from now on; connections that stand
 * keep theirs.  Any thread, at any time.  On failure, with the reason in `f`,
 * the former pair stays.  Both are PEM, and the caller's to wipe.
 */
enum err http_tls_set(struct http_server *s, const char *chain, const char *key,
    struct fault *f) MUST_USE;

/* New limits for what begins from now on; any thread. */
void http_limits_set(struct http_server *s, const struct http_limits *lim);

struct http_stat {
	unsigned connections;
	unsigned long long accepted, refused, requests;
};
void http_stat(struct http_server *s, struct http_stat *out); /* any thread */

/*
 * Accept what is queued, then stop accepting; answer what is in flight, and
 * what has begun, with Connection: close.  Our duplicate of listen_fd is closed
 * as soon as the queue is empty: close all others before, and whoever comes
 * later is refused at once instead of reset in the end.  `done` runs on lane
 * 0's loop when the last connection has gone.  Once; lane 0's loop only.
 */
void http_drain(struct http_server *s, loop_fn *done, void *arg);

/* After `done`, or when no lane's loop runs any more. */
void http_server_free(struct http_server *s);

/*
 * Call `fn` on the request's loop, once, should the client hang up before the
 * reply; never from in here.  The request stays valid; end it then, or later.
 * Without TLS the end of what the client sends is no hang-up: it may wait for
 * the reply; a reset is one.  Over TLS both are.
 */
void http_on_hangup(struct http_req *req, loop_fn *fn, void *arg);

/*
 * Answer `req` and free it with its arena.  Content-Length, Date and
 * Connection are ours to add; header values with CR or LF abort.  A HEAD
 * request gets the headers only; 204 has neither body nor length.
 */
void http_reply(struct http_req *req, int status,
    const struct http_header *headers, size_t n_headers, const char *body,
    size_t body_len);

/* Free `req` with its arena, unanswered; closes the connection if it stands. */
void http_drop(struct http_req *req);

#endif
