/*
 * tests/web.h: an HTTP server on loopback with one or two lanes in threads of
 * their own, a handler for tests, and clients, plain or TLS, that block.
 */
#ifndef TESTS_WEB_H
#define TESTS_WEB_H

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/http.h"
#include "tests/cmocka.h"

enum { WEB_LANES = 2, PARKED_MAX = 512, TEXT_MAX = 1 << 20 };

static struct {
	struct http_server *server;
	struct http_lane lanes[WEB_LANES];
	pthread_t threads[WEB_LANES];
	size_t n;
	int listen_fd, port;
	bool draining;
	atomic_int hangups, handled, parked, drained;
	pthread_mutex_t lock; /* of `held`; each is its loop's own */
	struct http_req *held[PARKED_MAX];
} web;

static const struct http_limits web_limits = {
	.line_bytes = 1024,
	.header_bytes = 4096,
	.body_bytes = 65536,
	.handshake_ms = 5000,
	.head_ms = 5000,
	.body_ms = 5000,
	.idle_ms = 5000,
	.request_ms = 20000,
	.connections = 1000,
};

static void __attribute__((unused)) pause_ms(unsigned ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&ts, NULL);
}

static int64_t __attribute__((unused)) now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Wait for it, at most 5 s. */
#define UNTIL(claim)                                      \
	do {                                              \
		for (int ms_ = 0; ms_ < 5000; ms_ += 2) { \
			if (claim)                        \
				break;                    \
			pause_ms(2);                      \
		}                                         \
		assert_true(claim);                       \
	} while (0)

/* The handler. */

static const struct http_header web_type = { "Content-Type", "text/plain" };

static void
web_text(struct http_req *req, int status, const char *text, size_t len)
{
	http_reply(req, status, &web_type, 1, text, len);
}

static void
web_take(struct http_req *req)
{
	(void)pthread_mutex_lock(&web.lock);
	for (size_t i = 0; i < PARKED_MAX; i++)
		if (web.held[i] == req) {
			web.held[i] = NULL;
			(void)atomic_fetch_sub(&web.parked, 1);
		}
	(void)pthread_mutex_unlock(&web.lock);
}

static void
web_hangup(void *arg)
{
	struct http_req *req = arg;

	(void)atomic_fetch_add(&web.hangups, 1);
	if (strcmp(req->path, "/park") == 0) {
		web_take(req);
		http_drop(req);
	}
}

/*
 * Until web_answer(); "/keep" also survives a hang-up, "/tardy" does not ask
 * about one before web_ask_hangup().
 */
static void
web_park(struct http_req *req)
{
	size_t i = 0;

	(void)pthread_mutex_lock(&web.lock);
	while (i < PARKED_MAX - 1 && web.held[i] != NULL)
		i++;
	web.held[i] = req;
	(void)atomic_fetch_add(&web.parked, 1);
	(void)pthread_mutex_unlock(&web.lock);
	if (strcmp(req->path, "/tardy") != 0)
		http_on_hangup(req, web_hangup, req);
}

static void
web_ask_now(void *arg)
{
	http_on_hangup(arg, web_hangup, arg);
}

static void
web_ask_and_drop(void *arg)
{
	web_ask_now(arg);
	web_take(arg);
	http_drop(arg);
}

/* All of one loop, on it: whoever hung up meanwhile is not among them. */
static void
web_answer_lane(void *arg)
{
	for (size_t i = 0; i < PARKED_MAX; i++) {
		struct http_req *req;

		(void)pthread_mutex_lock(&web.lock);
		req = web.held[i];
		if (req != NULL && req->loop != arg)
			req = NULL;
		(void)pthread_mutex_unlock(&web.lock);
		if (req != NULL) {
			web_take(req);
			web_text(req, 200, "parked", 6);
		}
	}
}

static void __attribute__((unused)) web_answer(void)
{
	for (size_t i = 0; i < web.n; i++)
		loop_post(web.lanes[i].loop, web_answer_lane,
		    web.lanes[i].loop);
}

static void __attribute__((unused)) web_ask_hangup(bool stay)
{
	loop_post(web.held[0]->loop, stay ? web_ask_now : web_ask_and_drop,
	    web.held[0]);
}

static void
web_info(struct http_req *req)
{
	const char *x = http_header_of(req, "x-test");
	const char *text = arena_printf(req->arena, "%s %s ?%s %s %s %zu %s",
	    req->method, req->path, req->query, req->host, req->peer,
	    req->body_len, x != NULL ? x : "-");

	web_text(req, 200, text, strlen(text));
}

static void
web_handle(struct http_req *req, void *arg)
{
	size_t n = (size_t)strtoul(req->query, NULL, 10);

	(void)arg;
	(void)atomic_fetch_add(&web.handled, 1);
	if (strcmp(req->path, "/echo") == 0)
		web_text(req, 200, req->body, req->body_len);
	else if (strcmp(req->path, "/big") == 0)
		web_text(req, 200,
		    memset(arena_alloc(req->arena, n + 1, 1), 'x', n), n);
	else if (strcmp(req->path, "/empty") == 0)
		http_reply(req, 204, NULL, 0, NULL, 0);
	else if (strcmp(req->path, "/drop") == 0)
		http_drop(req);
	else if (strcmp(req->path, "/park") == 0 ||
	         strcmp(req->path, "/keep") == 0 ||
	         strcmp(req->path, "/tardy") == 0)
		web_park(req);
	else
		web_info(req);
}

static void
web_refuse(struct http_refusal *r, void *arg)
{
	(void)arg;
	r->headers[0] = web_type;
	r->n_headers = 1;
	r->body =
	    arena_printf(r->arena, "%s %d %s", r->method, r->status, r->detail);
	r->body_len = strlen(r->body);
}

/* The server. */

static void *
web_thread(void *arg)
{
	loop_run(arg);
	return NULL;
}

static int
web_listen(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 512), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	web.port = ntohs(a.sin_port);
	return fd;
}

static void
web_run(void)
{
	for (size_t i = 0; i < web.n; i++)
		assert_int_equal(pthread_create(&web.threads[i], NULL,
		                     web_thread, web.lanes[i].loop),
		    0);
}

/* Not running yet: see web_run(). */
static void
web_new(bool plain, size_t n, const struct http_limits *limits)
{
	struct http_config config = {
		.plain = plain,
		.lanes = web.lanes,
		.n_lanes = n,
		.limits = *limits,
	};

	memset(&web, 0, sizeof(web));
	(void)pthread_mutex_init(&web.lock, NULL);
	web.n = n;
	web.listen_fd = config.listen_fd = web_listen();
	for (size_t i = 0; i < n; i++)
		web.lanes[i] = (struct http_lane){ loop_new(), web_handle,
			web_refuse, NULL };
	web.server = http_server_new(&config);
}

static void __attribute__((unused))
web_start(bool plain, size_t n, const struct http_limits *limits)
{
	web_new(plain, n, limits);
	web_run();
}

static void
web_done(void *arg)
{
	(void)arg;
	(void)atomic_fetch_add(&web.drained, 1);
}

static void
web_begin_drain(void *arg)
{
	http_drain(web.server, web_done, arg);
}

static void __attribute__((unused)) web_drain(void)
{
	web.draining = true;
	loop_post(web.lanes[0].loop, web_begin_drain, NULL);
}

static void
web_stop_loop(void *arg)
{
	loop_stop(arg);
}

/* Drains first, unless that was done. */
static void __attribute__((unused)) web_stop(void)
{
	struct http_stat st;

	if (!web.draining)
		web_drain();
	UNTIL(web.drained == 1);
	http_stat(web.server, &st);
	assert_int_equal(st.connections, 0);
	for (size_t i = 0; i < web.n; i++)
		loop_post(web.lanes[i].loop, web_stop_loop, web.lanes[i].loop);
	for (size_t i = 0; i < web.n; i++)
		(void)pthread_join(web.threads[i], NULL);
	assert_int_equal(web.parked, 0);
	http_server_free(web.server);
	for (size_t i = 0; i < web.n; i++)
		loop_free(web.lanes[i].loop);
	(void)close(web.listen_fd);
}

static struct http_stat __attribute__((unused)) web_stat(void)
{
	struct http_stat st;

	http_stat(web.server, &st);
	return st;
}

/* Clients. */

struct client {
	int fd;
	SSL *ssl;
	char text[4096]; /* the last reply's first bytes */
	const char *body;
	size_t body_len; /* all of it, read or not */
	int status;
	bool closes;
};

static struct client __attribute__((unused)) client_open(SSL_CTX *ctx)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)web.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval tv = { .tv_sec = 10 };
	struct client c = { .fd = socket(AF_INET, SOCK_STREAM, 0) };

	assert_true(c.fd >= 0);
	(void)setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	assert_int_equal(connect(c.fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (ctx != NULL) {
		c.ssl = SSL_new(ctx);
		assert_non_null(c.ssl);
		assert_int_equal(SSL_set_fd(c.ssl, c.fd), 1);
	}
	return c;
}

static bool __attribute__((unused)) client_shake(struct client *c)
{
	bool ok = SSL_connect(c->ssl) == 1;

	ERR_clear_error();
	return ok;
}

/* Politely: close_notify, FIN. */
static void __attribute__((unused)) client_close(struct client *c)
{
	if (c->ssl != NULL)
		(void)SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	(void)close(c->fd);
}

/* As when its machine is reset. */
static void __attribute__((unused)) client_reset(struct client *c)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	SSL_free(c->ssl);
	(void)close(c->fd);
}

static void __attribute__((unused))
client_send(struct client *c, const char *text, size_t len)
{
	if (c->ssl != NULL)
		(void)SSL_write(c->ssl, text, (int)len);
	else
		(void)send(c->fd, text, len, MSG_NOSIGNAL);
}

static void __attribute__((unused))
client_say(struct client *c, const char *text)
{
	client_send(c, text, strlen(text));
}

/* > 0, 0 at the end, < 0 for a reset or after 10 s. */
static int
client_recv(struct client *c, void *out, size_t len)
{
	int n;

	if (c->ssl == NULL)
		return (int)recv(c->fd, out, len, 0);
	n = SSL_read(c->ssl, out, (int)len);
	return n > 0                                               ? n
	       : SSL_get_error(c->ssl, n) == SSL_ERROR_ZERO_RETURN ? 0
	                                                           : -1;
}

/* The end of the stream came, and nothing before it; TLS: announced. */
static bool __attribute__((unused)) client_ended(struct client *c)
{
	char byte;

	return client_recv(c, &byte, 1) == 0;
}

/* Read one reply; its status, or 0 when the connection ended instead. */
static int __attribute__((unused)) client_reply(struct client *c, bool head)
{
	char drop[16384];
	const char *at;
	size_t n = 0, left;

	memset(c->text, 0, sizeof(c->text));
	while (n < 4 || memcmp(c->text + n - 4, "\r\n\r\n", 4) != 0) {
		assert_true(n < sizeof(c->text) - 1);
		if (client_recv(c, c->text + n, 1) != 1)
			return c->status = 0;
		n++;
	}
	assert_int_equal(sscanf(c->text, "HTTP/1.1 %d ", &c->status), 1);
	c->closes = strstr(c->text, "\r\nConnection: close\r\n") != NULL;
	c->body = c->text + n;
	c->body_len = 0;
	if ((at = strstr(c->text, "\r\nContent-Length: ")) != NULL)
		c->body_len = (size_t)strtoul(at + 18, NULL, 10);
	for (left = head ? 0 : c->body_len; left != 0;) {
		size_t room = sizeof(c->text) - 1 - n;
		size_t want = left < sizeof(drop) ? left : sizeof(drop);
		int got = room >= left ? client_recv(c, c->text + n, left)
		                       : client_recv(c, drop, want);

		if (got <= 0)
			return c->status = 0;
		n += room >= left ? (size_t)got : 0;
		left -= (size_t)got;
	}
	return c->status;
}

static int __attribute__((unused))
client_ask(struct client *c, const char *text)
{
	client_say(c, text);
	return client_reply(c, strncmp(text, "HEAD ", 5) == 0);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: ca.test\r\n\r\n"

#endif
