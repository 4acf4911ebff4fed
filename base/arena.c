#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16 * 1024, ALIGN = 16 };

struct chunk {
	struct chunk *next;
	size_t pad;
};

struct arena {
	struct chunk *chunks;
	char *at, *end;
};

struct arena *
arena_new(void)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a == NULL)
		abort();
	return a;
}

void
arena_free(struct arena *a)
{
	struct chunk *c, *next;

	if (a == NULL)
		return;
	for (c = a->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

static char *
chunk_new(struct arena *a, size_t room)
{
	struct chunk *c = calloc(1, sizeof(*c) + room);

	if (c == NULL)
		abort();
	c->next = a->chunks;
	a->chunks = c;
	return (char *)(c + 1);
}

void *
arena_alloc(struct arena *a, size_t count, size_t size)
{
	size_t need;
	void *p;

	if (size != 0 && count > (SIZE_MAX / 2) / size)
		abort();
	need = (count * size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (need == 0)
		need = ALIGN; /* nothing has an address of its own, too */
	if (need > CHUNK)     /* the current chunk stays in use */
		return chunk_new(a, need);
	if ((size_t)(a->end - a->at) < need) {
		a->at = chunk_new(a, CHUNK);
		a->end = a->at + CHUNK;
	}
	p = a->at;
	a->at += need;
	return p;
}

char *
arena_bytes(struct arena *a, const void *data, size_t len)
{
	char *p = arena_alloc(a, len + 1, 1);

	if (len != 0)
		memcpy(p, data, len);
	return p;
}

char *
arena_text(struct arena *a, const char *text)
{
	return arena_bytes(a, text, strlen(text));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	int n;
	char *p;

	va_start(ap, fmt);
	va_copy(again, ap);
	if ((n = vsnprintf(NULL, 0, fmt, ap)) < 0)
		abort();
	p = arena_alloc(a, (size_t)n + 1, 1);
	(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return p;
}
