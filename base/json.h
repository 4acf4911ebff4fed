/* base/json.h: strict reader, schema binder, writer that cannot be unbalanced. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum json_kind {
	JSON_KIND_STRING,  /* const char * */
	JSON_KIND_BOOLEAN, /* enum json_flag */
	JSON_KIND_INTEGER, /* int64_t; with count_at: a bool that says "present" */
	JSON_KIND_STRINGS, /* const char *const *, and a size_t count */
	JSON_KIND_LIST,    /* array of structs, and a size_t count */
	JSON_KIND_OBJECT,  /* pointer to a struct, bound by `item` */
	JSON_KIND_TEXT, /* an object, kept as compact JSON text, and its length */
	JSON_KIND_REFUSED, /* its presence is an error */
};

enum json_flag { JSON_ABSENT, JSON_NO, JSON_YES };

/* One member of a JSON object and where its value goes in a C struct. */
struct json_field {
	const char *name;
	enum json_kind kind;
	bool required;
	size_t at, count_at;           /* offsets into the target */
	size_t min, max;               /* bytes, or list items; max 0: any */
	const struct json_field *item; /* fields of a list's items, an object */
	size_t item_size;
};

/*
 * Rows of a schema.  Members no row names are ignored, as RFC 8555, 7.3 asks;
 * a member that is null counts as absent, but not if it is refused.  Strings hold no NUL.
 */
#define JSON_STR(n, T, m, most)                                              \
	{                                                                    \
		.name = (n), .kind = JSON_KIND_STRING, .at = offsetof(T, m), \
		.max = (most)                                                \
	}
#define JSON_STR_REQUIRED(n, T, m, least, most)                          \
	{                                                                \
		.name = (n), .kind = JSON_KIND_STRING, .required = true, \
		.at = offsetof(T, m), .min = (least), .max = (most)      \
	}
#define JSON_FLAG(n, T, m)                                                   \
	{                                                                    \
		.name = (n), .kind = JSON_KIND_BOOLEAN, .at = offsetof(T, m) \
	}
#define JSON_INT(n, T, m, present)                                            \
	{                                                                     \
		.name = (n), .kind = JSON_KIND_INTEGER, .at = offsetof(T, m), \
		.count_at = offsetof(T, present)                              \
	}
#define JSON_STRS(n, T, m, count, most)                                       \
	{                                                                     \
		.name = (n), .kind = JSON_KIND_STRINGS, .at = offsetof(T, m), \
		.count_at = offsetof(T, count), .max = (most)                 \
	}
#define JSON_ITEMS(n, T, m, count, schema, T2, least, most)                \
	{                                                                  \
		.name = (n), .kind = JSON_KIND_LIST, .required = true,     \
		.at = offsetof(T, m), .count_at = offsetof(T, count),      \
		.item = (schema), .item_size = sizeof(T2), .min = (least), \
		.max = (most)                                              \
	}
#define JSON_SUB(n, T, m, schema, T2)                                        \
	{                                                                    \
		.name = (n), .kind = JSON_KIND_OBJECT, .at = offsetof(T, m), \
		.item = (schema), .item_size = sizeof(T2)                    \
	}
#define JSON_RAW(n, T, m, len)                                             \
	{                                                                  \
		.name = (n), .kind = JSON_KIND_TEXT, .at = offsetof(T, m), \
		.count_at = offsetof(T, len)                               \
	}
#define JSON_REFUSE(n)                                 \
	{                                              \
		.name = (n), .kind = JSON_KIND_REFUSED \
	}
#define JSON_END             \
	{                    \
		.name = NULL \
	}
/* The end of an object in which nothing else may be. */
#define JSON_END_CLOSED                                 \
	{                                               \
		.name = NULL, .kind = JSON_KIND_REFUSED \
	}

enum { JSON_DEPTH_MAX = 8 };

/*
 * Once in a process, before its threads and its sandbox: seeds jansson's hash
 * from our source of chance.  Without it jansson opens one of its own.
 */
void json_start(void);

/*
 * Fill `out`, zeroed by the caller, from the object in `text`; strings and
 * lists are in `a`.  ERR_MALFORMED, naming the member and what was expected
 * of it, for anything but one JSON object in UTF-8 (RFC 8259) without
 * duplicate members, at most JSON_DEPTH_MAX deep, that fits the schema.
 */
enum err json_bind(const char *text, size_t len,
    const struct json_field *fields, void *out, struct arena *a,
    struct fault *f) MUST_USE;

struct jsonw;

/* A writer of compact JSON.  Errors stick: check once, in jsonw_text(). */
struct jsonw *jsonw_new(struct arena *a);
void jsonw_object(struct jsonw *w, const char *key); /* NULL key in lists */
void jsonw_list(struct jsonw *w, const char *key);   /* and at the top */
/* A NULL value writes nothing, not even the key. */
void jsonw_str(struct jsonw *w, const char *key, const char *value);
void jsonw_int(struct jsonw *w, const char *key, int64_t value);
void jsonw_bool(struct jsonw *w, const char *key, bool value);
/* RFC 3339, in UTC, whole seconds, `Z`: "2026-11-21T04:37:00Z". */
void jsonw_time(struct jsonw *w, const char *key, int64_t unixtime);
/*
 * `json` is a value that jsonw_text() made, or json_bind() kept as text.  NULL,
 * as jsonw_text() returns on failure, fails here too.
 */
void jsonw_raw(struct jsonw *w, const char *key, const char *json);
void jsonw_end(struct jsonw *w);

/*
 * The document, in the writer's arena, NUL-terminated.  NULL if anything above
 * went wrong: invalid UTF-8, a key where none belongs or none where one does,
 * more than 16 open at once, something left open.  `len` may be NULL.
 */
const char *jsonw_text(struct jsonw *w, size_t *len);

#endif
