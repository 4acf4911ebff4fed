/* The writer: appends to one buffer in the arena, and counts what is open. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/rfc3339.h"
#include "base/utf8.h"

enum { FIRST_SIZE = 512, NESTING = 16 };

struct jsonw {
	struct arena *a;
	char *buf;
	size_t len, size;
	char close[NESTING]; /* what ends each open object or list */
	unsigned open;
	bool comma; /* something stands before the next value, at its level */
	bool bad;
};

struct jsonw *
jsonw_new(struct arena *a)
{
	struct jsonw *w = ARENA_NEW(a, struct jsonw);

	w->a = a;
	w->size = FIRST_SIZE;
	w->buf = arena_alloc(a, w->size, 1);
	return w;
}

static void
put(struct jsonw *w, const char *bytes, size_t len)
{
	if (w->size - w->len <= len) { /* one stays for the NUL */
		size_t size = 2 * (w->len + len) + 1;
		char *buf = arena_alloc(w->a, size, 1);

		memcpy(buf, w->buf, w->len);
		w->buf = buf;
		w->size = size;
	}
	memcpy(w->buf + w->len, bytes, len);
	w->len += len;
}

static void
put_quoted(struct jsonw *w, const char *text)
{
	size_t len = strlen(text), from = 0, at = 0, n;
	char escape[8];

	put(w, "\"", 1);
	for (; at < len; at += n) {
		unsigned char c = (unsigned char)text[at];

		n = 1;
		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\')
			continue;
		if ((n = utf8_char(text + at, len - at)) == 0) {
			w->bad = true;
			return;
		}
		if (c >= 0x7f)
			continue;
		put(w, text + from, at - from);
		from = at + 1;
		if (c < ' ')
			(void)snprintf(escape, sizeof(escape), "\\u%04x", c);
		else
			(void)snprintf(escape, sizeof(escape), "\\%c", c);
		put(w, escape, strlen(escape));
	}
	put(w, text + from, at - from);
	put(w, "\"", 1);
}

/* Comma and key.  False if no value, or none of this kind, may stand here. */
static bool
begin(struct jsonw *w, const char *key)
{
	bool in_object = w->open > 0 && w->close[w->open - 1] == '}';

	if (in_object != (key != NULL) || (w->open == 0 && w->comma))
		w->bad = true;
	if (w->bad)
		return false;
	if (w->comma)
		put(w, ",", 1);
	w->comma = true;
	if (key != NULL) {
		put_quoted(w, key);
		put(w, ":", 1);
	}
	return !w->bad;
}

static void
open_with(struct jsonw *w, const char *key, const char *first, char last)
{
	if (w->open == NESTING)
		w->bad = true;
	if (!begin(w, key))
		return;
	put(w, first, 1);
	w->close[w->open++] = last;
	w->comma = false;
}

void
jsonw_object(struct jsonw *w, const char *key)
{
	open_with(w, key, "{", '}');
}

void
jsonw_list(struct jsonw *w, const char *key)
{
	open_with(w, key, "[", ']');
}

void
jsonw_end(struct jsonw *w)
{
	if (w->open == 0)
		w->bad = true;
	if (w->bad)
		return;
	put(w, &w->close[--w->open], 1);
	w->comma = true;
}

void
jsonw_str(struct jsonw *w, const char *key, const char *value)
{
	if (value != NULL && begin(w, key))
		put_quoted(w, value);
}

void
jsonw_int(struct jsonw *w, const char *key, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	jsonw_raw(w, key, text);
}

void
jsonw_bool(struct jsonw *w, const char *key, bool value)
{
	jsonw_raw(w, key, value ? "true" : "false");
}

void
jsonw_time(struct jsonw *w, const char *key, int64_t unixtime)
{
	char text[RFC3339_TEXT];

	if (!rfc3339_write(unixtime, text)) {
		w->bad = true;
		return;
	}
	jsonw_str(w, key, text);
}

void
jsonw_raw(struct jsonw *w, const char *key, const char *json)
{
	if (json == NULL)
		w->bad = true;
	else if (begin(w, key))
		put(w, json, strlen(json));
}

const char *
jsonw_text(struct jsonw *w, size_t *len)
{
	if (w->bad || w->open > 0 || !w->comma)
		return NULL;
	w->buf[w->len] = '\0';
	if (len != NULL)
		*len = w->len;
	return w->buf;
}
