/* A text in an arena, doubled when it is full. */
#include "base/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
	struct arena *a;
	char *text; /* ends with a NUL */
	size_t len, room;
};

struct page *
page_new(struct arena *a)
{
	struct page *p = ARENA_NEW(a, struct page);

	p->a = a;
	p->room = 4096;
	p->text = arena_alloc(a, p->room, 1);
	return p;
}

/* Room for `more` bytes and a NUL. */
static void
make_room(struct page *p, size_t more)
{
	size_t room = (p->room + more) * 2;
	char *wider;

	if (p->room - p->len > more)
		return;
	wider = arena_alloc(p->a, room, 1);
	memcpy(wider, p->text, p->len);
	p->text = wider;
	p->room = room;
}

static void
append(struct page *p, const char *text, size_t len)
{
	make_room(p, len);
	memcpy(p->text + p->len, text, len);
	p->len += len;
	p->text[p->len] = '\0';
}

void
page_add(struct page *p, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	if ((n = vsnprintf(NULL, 0, fmt, ap)) < 0)
		abort();
	make_room(p, (size_t)n);
	(void)vsnprintf(p->text + p->len, (size_t)n + 1, fmt, again);
	p->len += (size_t)n;
	va_end(again);
	va_end(ap);
}

void
page_wrap(struct page *p, const char *indent, const char *text, size_t width)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t gap = strspn(text, " "), word;

		text += gap;
		word = strcspn(text, " ");
		if (word == 0)
			break;
		if (column != 0 && column + gap + word > width) {
			append(p, "\n", 1);
			column = 0;
		}
		if (column == 0) {
			append(p, indent, strlen(indent));
			column = strlen(indent);
		} else {
			append(p, "  ", gap > 1 ? 2 : 1);
			column += gap > 1 ? 2 : 1;
		}
		append(p, text, word);
		column += word;
		text += word;
	}
	if (column != 0)
		append(p, "\n", 1);
}

void
page_roff(struct page *p, const char *text)
{
	if (text[0] == '.' || text[0] == '\'')
		append(p, "\\&", 2);
	for (; *text != '\0'; text++)
		if (*text == '-')
			append(p, "\\-", 2);
		else if (*text == '\\')
			append(p, "\\e", 2);
		else
			append(p, text, 1);
	append(p, "\n", 1);
}

const char *
page_text(struct page *p)
{
	return p->text;
}
