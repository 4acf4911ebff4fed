#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most requests need no more than the first, and all of it is to be zero. */
enum { FIRST = 4 * 1024, CHUNK = 16 * 1024, ALIGN = 16 };

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
	size_t need, fresh = a->chunks == NULL ? FIRST : CHUNK;
	void *p;

	if (size != 0 && count > (SIZE_MAX / 2) / size)
		abort();
	need = (count * size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (need == 0)
		need = ALIGN; /* nothing has an address of its own, too */
	if ((size_t)(a->end - a->at) < need) {
		if (need > fresh) /* the current chunk stays in use */
			return chunk_new(a, need);
		a->at = chunk_new(a, fresh);
		a->end = a->at + fresh;
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

/*
 * Straight to where it will lie, if it fits there; what is left of an attempt
 * that does not is wiped, for what is allocated is zero.
 */
char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	size_t room = (size_t)(a->end - a->at), len;
	va_list ap, again;
	int n;
	char *p;

	va_start(ap, fmt);
	va_copy(again, ap);
	if ((n = vsnprintf(a->at, room, fmt, ap)) < 0)
		abort();
	len = (size_t)n + 1;
	if (len > room) {
		if (room != 0)
			memset(a->at, 0, room);
		p = arena_alloc(a, len, 1);
		(void)vsnprintf(p, len, fmt, again);
	} else
		p = arena_alloc(a, len, 1);
	va_end(again);
	va_end(ap);
	return p;
}
