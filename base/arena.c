#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most requests need no more than the first. */
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
	struct chunk *c = malloc(sizeof(*c) + room);

	if (c == NULL)
		abort();
	c->next = a->chunks;
	a->chunks = c;
	return (char *)(c + 1);
}

static size_t
rounded(size_t size)
{
	size_t need = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);

	return need != 0 ? need : ALIGN; /* nothing has an address, too */
}

/* Room for as much, with whatever is in it. */
static char *
take(struct arena *a, size_t size)
{
	size_t need = rounded(size), fresh = a->chunks == NULL ? FIRST : CHUNK;
	char *p;

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

void *
arena_alloc(struct arena *a, size_t count, size_t size)
{
	if (size != 0 && count > (SIZE_MAX / 2) / size)
		abort();
	return memset(take(a, count * size), 0, rounded(count * size));
}

char *
arena_bytes(struct arena *a, const void *data, size_t len)
{
	char *p;

	if (len > SIZE_MAX / 2)
		abort();
	p = take(a, len + 1);
	if (len != 0)
		memcpy(p, data, len);
	p[len] = '\0';
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
	size_t room = (size_t)(a->end - a->at);
	va_list ap, again;
	int n;
	char *p = a->at;

	va_start(ap, fmt);
	va_copy(again, ap);
	if ((n = vsnprintf(p, room, fmt, ap)) < 0)
		abort();
	if ((size_t)n < room) { /* it mostly fits where it is to be */
		a->at += rounded((size_t)n + 1);
	} else {
		p = take(a, (size_t)n + 1);
		(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	va_end(ap);
	return p;
}

char *
arena_join(struct arena *a, const char *const *parts)
{
	size_t len = 0;
	char *out, *at;

	for (const char *const *p = parts; *p != NULL; p++)
		len += strlen(*p);
	out = at = take(a, len + 1);
	for (const char *const *p = parts; *p != NULL; p++) {
		size_t n = strlen(*p);

		memcpy(at, *p, n);
		at += n;
	}
	*at = '\0';
	return out;
}
