/* base/json_flat.h: the simplest of objects, read without a tree. */
#ifndef BASE_JSON_FLAT_H
#define BASE_JSON_FLAT_H

#include "base/json.h"

/*
 * Bind an object that holds nothing but strings of printable ASCII without
 * escapes, each name once, as json_bind() does.  False for any other text, and
 * for one that does not fit the schema; nothing is written then, and what is
 * to be said of it is json_bind()'s.
 */
bool json_flat_bind(const char *text, size_t len,
    const struct json_field *fields, void *out, struct arena *a);

#endif
