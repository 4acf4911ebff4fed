/*
 * Any bytes in any pieces: the outcome is that of the bytes in one piece, and
 * what was found lies inside the buffer.  The first byte sets limits, the
 * second and its followers (up to a zero) the lengths of the pieces.
 */
#include "http/parse_int.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* SEC-11. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static void
begin(struct parse *p, uint8_t limits)
{
	*p = (struct parse){
		.line_max = limits & 1 ? 16 : 2048,
		.head_max = limits & 2 ? 32 : 8192,
		.body_max = limits & 4 ? 8 : 4096,
	};
	p->cap = limits & 8 ? 2 : 512;
	must((p->buf = malloc(p->cap)) != NULL);
	parse_start(p);
}

static enum parse_next
feed(struct parse *p, const char *text, size_t len, size_t *at, bool *head)
{
	enum parse_next next;
	size_t used;

	do {
		/* A copy of exactly its size: reading past it is seen. */
		size_t n = len - *at;
		char *piece = malloc(n + 1);

		must(piece != NULL);
		memcpy(piece, text + *at, n);
		next = parse_feed(p, piece, n, &used);
		free(piece);
		must(used <= n && p->len <= p->cap);
		must(next != PARSE_MORE || used == n);
		must(next != PARSE_HEAD || !*head);
		*head |= next == PARSE_HEAD;
		*at += used;
		if (next == PARSE_ROOM) {
			p->cap += p->cap / 2 + 1;
			must((p->buf = realloc(p->buf, p->cap)) != NULL);
		}
	} while (next == PARSE_ROOM || next == PARSE_HEAD);
	return next;
}

static void
check(const struct parse *p, enum parse_next next)
{
	const char *at = p->buf + p->headers;

	if (next == PARSE_BAD)
		must(p->status >= 400 && p->status <= 505 && p->why != NULL);
	if (next != PARSE_DONE)
		return;
	must(p->body + p->body_len == p->len && p->len < p->cap);
	must(p->buf[p->len] == '\0' && p->body_len <= p->body_max);
	for (size_t i = 0; i < 2 * p->n_headers; i++)
		at += strlen(at) + 1;
	must(at == p->buf + p->body);
	must(p->path < p->headers && p->query < p->headers);
	must(p->host != 0 && p->host < p->body && p->buf[p->host] != '\0');
	must(strpbrk(p->buf + p->host, " /@\r\n") == NULL);
}

static void
same(const struct parse *a, const struct parse *b)
{
	must(a->status == b->status && a->why == b->why);
	must(a->len == b->len && memcmp(a->buf, b->buf, a->len) == 0);
	must(a->path == b->path && a->query == b->query && a->host == b->host);
	must(a->body == b->body && a->body_len == b->body_len);
	must(a->keep == b->keep && a->expects == b->expects);
	must(a->begun == b->begun && a->method_read == b->method_read);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum parse_next one, many = PARSE_MORE;
	struct parse p, q;
	size_t sizes, at = 0, end = 0, used = 0;
	bool head = false, heads = false;
	const char *text;

	if (len < 2)
		return 0;
	for (sizes = 1; sizes < len - 1 && data[sizes] != 0;)
		sizes++;
	text = (const char *)data + sizes + 1;
	len -= sizes + 1;
	begin(&p, data[0]);
	begin(&q, data[0] ^ 8);

	one = feed(&p, text, len, &at, &head);
	check(&p, one);
	for (size_t i = 1; many == PARSE_MORE && end < len; i++) {
		end += i < sizes ? data[i] : 1;
		many = feed(&q, text, end < len ? end : len, &used, &heads);
	}
	check(&q, many);
	must(one == many && at == used && head == heads);
	same(&p, &q);
	free(p.buf);
	free(q.buf);
	return 0;
}
