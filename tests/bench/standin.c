/* UDP for names, HTTP for tokens, on the loop of the clients. */
#include "tests/bench/standin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/conn.h"

enum { TYPE_A = 1, QUESTION_MAX = 512, REQUEST_MAX = 2048 };

static int
listen_at(int type, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 1024) != 0))
		die("port %d: %s", port, strerrordesc_np(errno));
	return fd;
}

/* --- names --- */

/* Turn a question into its answer; its new length, or 0. */
static size_t
answer_question(uint8_t *m, size_t len)
{
	static const uint8_t loopback[] = { 0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0,
		60, 0, 4, 127, 0, 0, 1 };
	size_t at = 12;
	bool found;

	while (at < len && m[at] != 0)
		at += m[at] + 1U;
	if (at + 5 > len)
		return 0;
	found = m[at + 1] == 0 && m[at + 2] == TYPE_A;
	at += 5;
	m[2] = 0x85; /* an answer, authoritative, RD as asked */
	m[3] = 0x80;
	memset(m + 6, 0, 6);
	if (found) {
		m[7] = 1;
		memcpy(m + at, loopback, sizeof(loopback));
		at += sizeof(loopback);
	}
	return at;
}

static void
question_came(void *arg, unsigned what)
{
	struct standin *s = arg;
	struct sockaddr_in from;
	uint8_t m[QUESTION_MAX + 64];
	socklen_t len;
	ssize_t n;
	size_t out;

	(void)what;
	for (;;) {
		len = sizeof(from);
		n = recvfrom(s->dns, m, QUESTION_MAX, 0,
		    (struct sockaddr *)&from, &len);
		if (n <= 12)
			return;
		s->asked++;
		out = answer_question(m, (size_t)n);
		if (out > 0)
			(void)sendto(s->dns, m, out, 0,
			    (struct sockaddr *)&from, len);
	}
}

/* --- tokens --- */

struct visitor {
	struct visitor *next, **prev;
	struct standin *standin;
	struct watch *watch;
	int fd;
	size_t len;
	char request[REQUEST_MAX];
};

static void
visitor_free(struct visitor *v)
{
	*v->prev = v->next;
	if (v->next != NULL)
		v->next->prev = v->prev;
	watch_free(v->watch);
	(void)close(v->fd);
	free(v);
}

static void
serve(struct visitor *v)
{
	char token[128] = "", host[256] = "", body[256], out[512];
	const char *at = strstr(v->request, "\r\nHost: "), *thumb;
	int n;

	(void)sscanf(v->request, "GET /.well-known/acme-challenge/%127[^ ]",
	    token);
	if (at != NULL)
		(void)sscanf(at + 8, "%255[^:\r]", host);
	thumb = v->standin->thumb(v->standin->arg, host);
	v->standin->fetched++;
	(void)snprintf(body, sizeof(body), "%s.%s", token,
	    thumb != NULL ? thumb : "nobody");
	n = snprintf(out, sizeof(out),
	    "HTTP/1.1 %s\r\nServer: standin\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    thumb != NULL && token[0] != '\0' ? "200 OK" : "404 Not Found",
	    strlen(body), body);
	(void)send(v->fd, out, (size_t)n, MSG_NOSIGNAL);
}

static void
visitor_says(void *arg, unsigned what)
{
	struct visitor *v = arg;
	ssize_t n = recv(v->fd, v->request + v->len,
	    sizeof(v->request) - 1 - v->len, 0);

	(void)what;
	if (n <= 0) {
		visitor_free(v);
		return;
	}
	v->len += (size_t)n;
	v->request[v->len] = '\0';
	if (strstr(v->request, "\r\n\r\n") == NULL)
		return;
	serve(v);
	v->len = 0;
}

static void
visitor_came(void *arg, unsigned what)
{
	struct standin *s = arg;
	struct visitor *v;
	int fd;

	(void)what;
	while ((fd = accept4(s->web, NULL, NULL,
	            SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		v = calloc(1, sizeof(*v));
		if (v == NULL)
			die("no memory");
		v->standin = s;
		v->next = s->visitors;
		v->prev = &s->visitors;
		if (v->next != NULL)
			v->next->prev = &v->next;
		s->visitors = v;
		v->fd = fd;
		v->watch = loop_watch(s->loop, fd, LOOP_READ, visitor_says, v);
	}
}

void
standin_start(struct standin *s, struct loop *l, uint16_t dns_port,
    uint16_t web_port, standin_thumb *thumb, void *arg)
{
	*s = (struct standin){ .loop = l, .thumb = thumb, .arg = arg };
	s->dns = listen_at(SOCK_DGRAM, dns_port);
	s->web = listen_at(SOCK_STREAM, web_port);
	s->dns_watch = loop_watch(l, s->dns, LOOP_READ, question_came, s);
	s->web_watch = loop_watch(l, s->web, LOOP_READ, visitor_came, s);
}

void
standin_stop(struct standin *s)
{
	while (s->visitors != NULL)
		visitor_free(s->visitors);
	watch_free(s->dns_watch);
	watch_free(s->web_watch);
	(void)close(s->dns);
	(void)close(s->web);
}
