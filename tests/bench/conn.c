/*
 * TCP, TLS and as much of HTTP/1.1 as a client needs that knows its server:
 * one request at a time, bodies with a length or in chunks.
 */
#include "tests/bench/conn.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>

enum { IN_ROOM = 4096, IN_MAX = 1 << 20 };

void
die(const char *fmt, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fputs("load: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

int64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* --- target --- */

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct target *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!t->resume)
		return 0;
	SSL_SESSION_free(t->session);
	t->session = session;
	return 1;
}

static void
make_context(struct target *t, const char *ca)
{
	static const unsigned char http11[] = "\x08http/1.1";

	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL)
		die("no TLS");
	SSL_CTX_set_app_data(t->ctx, t);
	(void)SSL_CTX_set_alpn_protos(t->ctx, http11, sizeof(http11) - 1);
	(void)SSL_CTX_set_session_cache_mode(t->ctx,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(t->ctx, keep_session);
	(void)SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
	if (ca == NULL)
		return;
	if (SSL_CTX_load_verify_locations(t->ctx, ca, NULL) != 1)
		die("%s: no certificate to trust in it", ca);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
}

void
target_make(struct target *t, struct loop *l, const char *url, const char *ca)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	size_t n;

	*t = (struct target){ .loop = l };
	if (strncmp(url, "https://", 8) != 0)
		die("%s: https://HOST:PORT/ is needed", url);
	n = strcspn(url + 8, "/");
	if (n >= sizeof(t->authority))
		die("%s: too long", url);
	memcpy(t->authority, url + 8, n);
	if (sscanf(t->authority, "%255[^:]:%7[0-9]", t->host, t->port) != 2)
		die("%s: https://HOST:PORT/ is needed", url);
	if (getaddrinfo(t->host, t->port, &hints, &found) != 0)
		die("%s: no such host", t->host);
	memcpy(&t->addr, found->ai_addr, found->ai_addrlen);
	t->addr_len = found->ai_addrlen;
	freeaddrinfo(found);
	make_context(t, ca);
}

void
target_free(struct target *t)
{
	SSL_SESSION_free(t->session);
	SSL_CTX_free(t->ctx);
}

const char *
target_path(const struct target *t, const char *url)
{
	size_t n = strlen(t->authority);

	if (strncmp(url, "https://", 8) == 0 &&
	    strncmp(url + 8, t->authority, n) == 0 && url[8 + n] == '/')
		return url + 8 + n;
	die("a URL of somebody else's: %s", url);
}

/* --- replies --- */

static const char *
field(const char *head, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = strstr(head, "\r\n"); at != NULL;
	     at = strstr(at + 2, "\r\n"))
		if (strncasecmp(at + 2, name, n) == 0 && at[2 + n] == ':')
			return at + 3 + n + strspn(at + 3 + n, " ");
	return NULL;
}

bool
answer_header(const struct answer *a, const char *name, char *out, size_t room)
{
	const char *value = field(a->head, name);
	size_t n;

	if (value == NULL || (n = strcspn(value, "\r")) >= room)
		return false;
	memcpy(out, value, n);
	out[n] = '\0';
	return true;
}

/* Put chunks together, in place; false if more is to come. */
static bool
unchunk(char *from, const char *end, size_t *len)
{
	char *to = from, *start = from, *data;
	size_t n;

	/* first see whether all is there */
	for (const char *at = from;; at = data + n + 2) {
		n = strtoul(at, NULL, 16);
		data = strstr(at, "\r\n");
		if (data == NULL || (size_t)(end - data) < n + 4)
			return false;
		data += 2;
		if (n == 0)
			break;
	}
	while ((n = strtoul(from, NULL, 16)) > 0) {
		data = strstr(from, "\r\n") + 2;
		memmove(to, data, n);
		to += n;
		from = data + n + 2;
	}
	*to = '\0';
	*len = (size_t)(to - start);
	return true;
}

/* Is what was read a whole reply?  Then say it. */
static bool
whole(struct conn *c, struct answer *a)
{
	char *end;
	const char *length;

	c->in[c->in_len] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	if (end == NULL)
		return false;
	a->head = c->in;
	a->body = end + 4;
	a->body_len = 0;
	if (sscanf(c->in, "HTTP/1.1 %d", &a->status) != 1)
		die("not HTTP: %.40s", c->in);
	end[2] = '\0'; /* for field(), which sees the head alone */
	if (!c->head_only && (length = field(c->in, "Content-Length")) != NULL)
		a->body_len = strtoul(length, NULL, 10);
	else if (!c->head_only && field(c->in, "Transfer-Encoding") != NULL &&
	         !unchunk(a->body, c->in + c->in_len, &a->body_len)) {
		end[2] = '\r';
		return false;
	}
	if (c->in_len < (size_t)(a->body - c->in) + a->body_len) {
		end[2] = '\r';
		return false;
	}
	a->body[a->body_len] = '\0';
	return true;
}

/* --- connection --- */

static void
ended(struct conn *c)
{
	bool asked = c->asked || c->state != CONN_OPEN;

	conn_close(c);
	if (asked)
		c->answered(c->arg, NULL);
}

static void
read_some(struct conn *c)
{
	struct answer a = { 0 };
	int n;

	for (;;) {
		if (c->in_room - c->in_len < 1024 && c->in_room < IN_MAX) {
			c->in_room = c->in_room == 0 ? IN_ROOM : c->in_room * 2;
			c->in = realloc(c->in, c->in_room);
			if (c->in == NULL)
				die("no memory");
		}
		ERR_clear_error();
		n = SSL_read(c->ssl, c->in + c->in_len,
		    (int)(c->in_room - c->in_len - 1));
		if (n <= 0)
			break;
		c->in_len += (size_t)n;
		if (!c->asked || !whole(c, &a))
			continue;
		c->in_len = 0;
		c->asked = false;
		c->answered(c->arg, &a);
		return;
	}
	if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ)
		ended(c);
}

static void ready(void *arg, unsigned what);

static void
want(struct conn *c, unsigned what)
{
	watch_free(c->watch);
	c->watch = loop_watch(c->to->loop, c->fd, what, ready, c);
}

static void
shake(struct conn *c)
{
	int n;

	ERR_clear_error();
	n = SSL_connect(c->ssl);
	if (n == 1) {
		c->state = CONN_OPEN;
		c->opened(c->arg);
		return;
	}
	n = SSL_get_error(c->ssl, n);
	if (n == SSL_ERROR_WANT_READ)
		return;
	if (SSL_get_verify_result(c->ssl) != X509_V_OK)
		die("the server's certificate: %s",
		    X509_verify_cert_error_string(
		        SSL_get_verify_result(c->ssl)));
	ended(c);
}

static void
ready(void *arg, unsigned what)
{
	struct conn *c = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)what;
	if (c->state == CONN_DIALS) {
		(void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error != 0) {
			ended(c);
			return;
		}
		c->state = CONN_SHAKES;
		want(c, LOOP_READ);
	}
	if (c->state == CONN_SHAKES)
		shake(c);
	else if (c->state == CONN_OPEN)
		read_some(c);
}

static void
begin_tls(struct conn *c)
{
	struct target *t = c->to;
	struct in_addr literal;

	c->ssl = SSL_new(t->ctx);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
		die("no TLS");
	if (inet_pton(AF_INET, t->host, &literal) == 1)
		(void)X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl),
		    t->host);
	else if (SSL_set_tlsext_host_name(c->ssl, t->host) != 1 ||
	         SSL_set1_host(c->ssl, t->host) != 1)
		die("%s: no name for TLS", t->host);
	if (t->resume && t->session != NULL)
		(void)SSL_set_session(c->ssl, t->session);
}

void
conn_open(struct conn *c, struct target *to, conn_opened *opened,
    conn_answered *answered, void *arg)
{
	int on = 1;

	c->to = to;
	c->opened = opened;
	c->answered = answered;
	c->arg = arg;
	c->in_len = 0;
	c->asked = false;
	c->state = CONN_DIALS;
	c->fd = socket(to->addr.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("socket: %s", strerrordesc_np(errno));
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(c->fd, (struct sockaddr *)&to->addr, to->addr_len) != 0 &&
	    errno != EINPROGRESS)
		die("connect: %s", strerrordesc_np(errno));
	begin_tls(c);
	c->watch = NULL;
	want(c, LOOP_WRITE);
}

void
conn_ask(struct conn *c, const char *text, size_t len)
{
	int n;

	c->asked = true;
	c->in_len = 0;
	c->head_only = strncmp(text, "HEAD ", 5) == 0;
	ERR_clear_error();
	n = SSL_write(c->ssl, text, (int)len);
	if (n != (int)len && SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_WRITE)
		die("a request that its socket has no room for");
	/* an end is told when it is read, so never from in here */
}

void
conn_close(struct conn *c)
{
	if (c->state == CONN_CLOSED)
		return;
	c->state = CONN_CLOSED;
	c->asked = false;
	watch_free(c->watch);
	c->watch = NULL;
	if (SSL_is_init_finished(c->ssl))
		(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
	SSL_free(c->ssl);
	c->ssl = NULL;
	(void)close(c->fd);
	free(c->in);
	c->in = NULL;
	c->in_room = 0;
}
