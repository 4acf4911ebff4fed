/*
 * The reader: jansson parses what is not plain (base/json_flat.h), the schema's
 * rows say where a value goes.  The tree lives for one call; what is bound is
 * copied to the arena, once.
 */
#include "base/json.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_flat.h"
#include "base/random.h"

/* Where we are in the document, for messages; on the stack. */
struct place {
	const struct place *up;
	const char *name;
	size_t index; /* of a list's item, from 1; 0 for a member */
};

struct binder {
	struct arena *a;
	struct fault *f;
};

static enum err bind_object(struct binder *b, const struct place *up,
    const json_t *object, const struct json_field *fields, char *out);

void
json_start(void)
{
	size_t seed;

	do
		random_bytes(&seed, sizeof(seed));
	while ((uint32_t)seed == 0); /* 0 asks jansson to find its own */
	json_object_seed(seed);
}

/* "identifiers[2].value"; schemas are JSON_DEPTH_MAX deep at most. */
static void
path_write(const struct place *p, char *out, size_t size)
{
	const struct place *way[2 * JSON_DEPTH_MAX] = { NULL };
	size_t n = 0, at = 0;

	for (; p != NULL && n < sizeof(way) / sizeof(way[0]); p = p->up)
		way[n++] = p;
	out[0] = '\0';
	while (n-- > 0 && at < size) {
		int len = way[n]->index != 0
		              ? snprintf(out + at, size - at, "[%zu]",
		                    way[n]->index - 1)
		              : snprintf(out + at, size - at, "%s%s",
		                    at ? "." : "", way[n]->name);

		if (len < 0)
			abort();
		at += (size_t)len;
	}
}

static enum err unfit(const struct binder *b, const struct place *p,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static enum err
unfit(const struct binder *b, const struct place *p, const char *fmt, ...)
{
	char path[160], why[160];
	va_list ap;

	path_write(p, path, sizeof(path));
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return fault(b->f, ERR_MALFORMED, "\"%s\": %s", path, why);
}

/* `min` and `max` of a row; a max of 0 is none. */
static enum err
sized(const struct binder *b, const struct place *p,
    const struct json_field *fd, size_t n, const char *what)
{
	if (fd->max != 0 && n > fd->max)
		return unfit(b, p, "expected at most %zu %s, got %zu", fd->max,
		    what, n);
	if (n < fd->min)
		return unfit(b, p, "expected at least %zu %s, got %zu", fd->min,
		    what, n);
	return OK;
}

static const char *
string_copy(const struct binder *b, const json_t *v)
{
	return arena_bytes(b->a, json_string_value(v), json_string_length(v));
}

static enum err
bind_string(struct binder *b, const struct place *p, const json_t *v,
    const struct json_field *fd, char *out)
{
	if (!json_is_string(v))
		return unfit(b, p, "expected a string");
	TRY(sized(b, p, fd, json_string_length(v), "bytes"));
	*(const char **)(void *)(out + fd->at) = string_copy(b, v);
	return OK;
}

static enum err
bind_boolean(struct binder *b, const struct place *p, const json_t *v,
    const struct json_field *fd, char *out)
{
	if (!json_is_boolean(v))
		return unfit(b, p, "expected true or false");
	*(enum json_flag *)(void *)(out + fd->at) =
	    json_is_true(v) ? JSON_YES : JSON_NO;
	return OK;
}

static enum err
bind_integer(struct binder *b, const struct place *p, const json_t *v,
    const struct json_field *fd, char *out)
{
	if (!json_is_integer(v))
		return unfit(b, p, "expected an integer");
	*(int64_t *)(void *)(out + fd->at) = json_integer_value(v);
	*(bool *)(void *)(out + fd->count_at) = true;
	return OK;
}

static enum err
bind_strings(struct binder *b, const struct place *p, const json_t *v,
    const struct json_field *fd, char *out)
{
	size_t n = json_array_size(v);
	const char **strings;

	if (!json_is_array(v))
		return unfit(b, p, "expected a list of strings");
	TRY(sized(b, p, fd, n, "items"));
	strings = ARENA_ARRAY(b->a, const char *, n);
	for (size_t i = 0; i < n; i++) {
		const struct place item = { .up = p, .index = i + 1 };
		const json_t *s = json_array_get(v, i);

		if (!json_is_string(s))
			return unfit(b, &item, "expected a string");
		strings[i] = string_copy(b, s);
	}
	*(const char *const **)(void *)(out + fd->at) = strings;
	*(size_t *)(void *)(out + fd->count_at) = n;
	return OK;
}

static enum err
bind_list(struct binder *b, const struct place *p, const json_t *v,
    const struct json_field *fd, char *out)
{
	size_t n = json_array_size(v);
	char *structs;

	if (!json_is_array(v))
		return unfit(b, p, "expected a list of objects");
	TRY(sized(b, p, fd, n, "items"));
	structs = arena_alloc(b->a, n, fd->item_size);
	for (size_t i = 0; i < n; i++) {
		const struct place item = { .up = p, .index = i + 1 };

		TRY(bind_object(b, &item, json_array_get(v, i), fd->item,
		    structs + i * fd->item_size));
	}
	*(void **)(void *)(out + fd->at) = structs;
	*(size_t *)(void *)(out + fd->count_at) = n;
	return OK;
}

static enum err
bind_sub(struct binder *b, const struct place *p, const json_t *v,
    const struct json_field *fd, char *out)
{
	void *sub = arena_alloc(b->a, 1, fd->item_size);

	TRY(bind_object(b, p, v, fd->item, sub));
	*(void **)(void *)(out + fd->at) = sub;
	return OK;
}

static enum err
bind_text(struct binder *b, const struct place *p, const json_t *v,
    const struct json_field *fd, char *out)
{
	size_t len;
	char *text;

	if (!json_is_object(v))
		return unfit(b, p, "expected an object");
	len = json_dumpb(v, NULL, 0, JSON_COMPACT);
	TRY(sized(b, p, fd, len, "bytes"));
	text = arena_alloc(b->a, len + 1, 1);
	if (len == 0 || json_dumpb(v, text, len, JSON_COMPACT) != len)
		abort(); /* what was just parsed can be written */
	*(const char **)(void *)(out + fd->at) = text;
	*(size_t *)(void *)(out + fd->count_at) = len;
	return OK;
}

static enum err
bind_refused(struct binder *b, const struct place *p, const json_t *v,
    const struct json_field *fd, char *out)
{
	(void)v;
	(void)fd;
	(void)out;
	return unfit(b, p, "not supported here; leave it out");
}

typedef enum err bind_fn(struct binder *b, const struct place *p,
    const json_t *v, const struct json_field *fd, char *out);

static bind_fn *const binders[] = {
	[JSON_KIND_STRING] = bind_string,
	[JSON_KIND_BOOLEAN] = bind_boolean,
	[JSON_KIND_INTEGER] = bind_integer,
	[JSON_KIND_STRINGS] = bind_strings,
	[JSON_KIND_LIST] = bind_list,
	[JSON_KIND_OBJECT] = bind_sub,
	[JSON_KIND_TEXT] = bind_text,
	[JSON_KIND_REFUSED] = bind_refused,
};

/* A name that no row has is a stranger's, and is not quoted. */
static enum err
nothing_else(const struct binder *b, const struct place *up,
    const json_t *object, size_t found)
{
	static const char why[] = "has a member that does not belong here";

	if (json_object_size(object) == found)
		return OK;
	return up != NULL ? unfit(b, up, "%s", why)
	                  : fault(b->f, ERR_MALFORMED, "the object %s", why);
}

static enum err
bind_object(struct binder *b, const struct place *up, const json_t *object,
    const struct json_field *fields, char *out)
{
	const struct json_field *fd;
	size_t found = 0;

	if (!json_is_object(object))
		return unfit(b, up, "expected an object");
	for (fd = fields; fd->name != NULL; fd++) {
		const struct place p = { .up = up, .name = fd->name };
		const json_t *v = json_object_get(object, fd->name);

		found += v != NULL;
		if (v != NULL &&
		    (fd->kind == JSON_KIND_REFUSED || !json_is_null(v)))
			TRY(binders[fd->kind](b, &p, v, fd, out));
		else if (fd->required)
			return unfit(b, &p, "required, and missing");
	}
	return fd->kind == JSON_KIND_REFUSED
	           ? nothing_else(b, up, object, found)
	           : OK;
}

/*
 * Before jansson sees it, which would recurse.  Up to its first error a text
 * has the same strings for both of us, and after that jansson reads no more.
 */
static bool
too_deep(const char *text, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_MAX) /* SEC-02, JWS-23 */
				return true;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return false;
}

/* Our words for jansson's: its own quote the text. */
static enum err
unreadable(const json_error_t *e, struct fault *f)
{
	const char *why = "is not JSON";

	switch (json_error_code(e)) {
	case json_error_out_of_memory:
		abort();
	case json_error_invalid_utf8:
		why = "is not UTF-8";
		break;
	case json_error_premature_end_of_input:
		why = "ends too early";
		break;
	case json_error_end_of_input_expected:
		why = "goes on after its end";
		break;
	case json_error_null_character:
	case json_error_null_byte_in_key:
		why = "has a NUL in a string";
		break;
	case json_error_duplicate_key:
		why = "has a member twice";
		break;
	case json_error_numeric_overflow:
		why = "has a number that is too big";
		break;
	default:
		break;
	}
	return fault(f, ERR_MALFORMED, "the JSON text %s (at byte %d)", why,
	    e->position);
}

enum err
json_bind(const char *text, size_t len, const struct json_field *fields,
    void *out, struct arena *a, struct fault *f)
{
	struct binder b = { .a = a, .f = f };
	json_error_t error;
	json_t *root;
	enum err e;

	if (len == 0)
		return fault(f, ERR_MALFORMED,
		    "expected a JSON object, got nothing");
	if (json_flat_bind(text, len, fields, out, a))
		return OK;
	if (too_deep(text, len))
		return fault(f, ERR_MALFORMED,
		    "the JSON text nests deeper than %d", JSON_DEPTH_MAX);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return unreadable(&error, f);
	if (json_is_object(root))
		e = bind_object(&b, NULL, root, fields, out);
	else
		e = fault(f, ERR_MALFORMED, "expected a JSON object");
	json_decref(root);
	return e;
}
