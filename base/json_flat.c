/*
 * A request is a frame of three strings around a header of four: jansson turns
 * each octet of them over some ten times, and makes a tree that is taken apart
 * at once.  What is that simple is read here, in one pass, and only ever
 * accepted: whatever is in the least unusual is left to jansson.
 */
#include "base/json_flat.h"

#include <string.h>

enum { MEMBERS_MAX = 16 }; /* each is held against those before it */

struct text {
	const char *at;
	size_t len;
};

struct flat {
	struct text names[MEMBERS_MAX], values[MEMBERS_MAX];
	size_t n;
};

/* RFC 8259, 2. */
static void
skip_space(struct text *t)
{
	while (t->len > 0 && (*t->at == ' ' || *t->at == '\n' ||
	                         *t->at == '\t' || *t->at == '\r')) {
		t->at++;
		t->len--;
	}
}

/* This mark, with the space before it. */
static bool
take(struct text *t, char mark)
{
	skip_space(t);
	if (t->len == 0 || *t->at != mark)
		return false;
	t->at++;
	t->len--;
	return true;
}

static bool
take_string(struct text *t, struct text *out)
{
	size_t n = 0;

	if (!take(t, '"'))
		return false;
	while (n < t->len && t->at[n] >= ' ' && t->at[n] <= '~' &&
	       t->at[n] != '"' && t->at[n] != '\\')
		n++;
	if (n == t->len || t->at[n] != '"')
		return false;
	*out = (struct text){ t->at, n };
	t->at += n + 1;
	t->len -= n + 1;
	return true;
}

static bool
is(const struct text *t, const char *name, size_t len)
{
	return t->len == len && memcmp(t->at, name, len) == 0;
}

static const struct text *
find(const struct flat *o, const char *name, size_t len)
{
	for (size_t i = 0; i < o->n; i++)
		if (is(&o->names[i], name, len))
			return &o->values[i];
	return NULL;
}

static bool
take_member(struct text *t, struct flat *o)
{
	struct text name, value;

	if (o->n == MEMBERS_MAX || !take_string(t, &name) || !take(t, ':') ||
	    !take_string(t, &value) || find(o, name.at, name.len) != NULL)
		return false;
	o->names[o->n] = name;
	o->values[o->n++] = value;
	return true;
}

/* The whole text; JWS-23: two of a name are not taken here. */
static bool
read_object(struct text t, struct flat *o)
{
	o->n = 0;
	if (!take(&t, '{'))
		return false;
	if (!take(&t, '}')) {
		do
			if (!take_member(&t, o))
				return false;
		while (take(&t, ','));
		if (!take(&t, '}'))
			return false;
	}
	skip_space(&t);
	return t.len == 0;
}

static bool
fits(const struct json_field *fd, const struct text *v)
{
	if (v == NULL)
		return !fd->required;
	return fd->kind == JSON_KIND_STRING && v->len >= fd->min &&
	       (fd->max == 0 || v->len <= fd->max);
}

bool
json_flat_bind(const char *text, size_t len, const struct json_field *fields,
    void *out, struct arena *a)
{
	const struct json_field *fd;
	const struct text *v;
	struct flat o;
	size_t found = 0;

	if (!read_object((struct text){ text, len }, &o))
		return false;
	for (fd = fields; fd->name != NULL; fd++) {
		v = find(&o, fd->name, strlen(fd->name));
		if (!fits(fd, v))
			return false;
		found += v != NULL;
	}
	if (fd->kind == JSON_KIND_REFUSED && found != o.n)
		return false;
	for (fd = fields; fd->name != NULL; fd++) {
		v = find(&o, fd->name, strlen(fd->name));
		if (v != NULL)
			*(const char **)(void *)((char *)out + fd->at) =
			    arena_bytes(a, v->at, v->len);
	}
	return true;
}
