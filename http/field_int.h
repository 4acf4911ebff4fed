/* http/field_int.h: the grammar of names and values (RFC 9110, 5; RFC 3986). */
#ifndef HTTP_FIELD_INT_H
#define HTTP_FIELD_INT_H

#include <stdbool.h>
#include <stddef.h>

bool field_is_digit(char c);
bool field_is_token(unsigned char c); /* tchar */
bool field_is_text(unsigned char c);  /* field-vchar, SP, HTAB */
/* How many of these there are, from the first on. */
size_t field_tokens(const char *bytes, size_t len);
size_t field_texts(const char *bytes, size_t len);
int field_hex(unsigned char c); /* -1 if it is none */

/* host [ ":" port ], not empty; userinfo is not taken. */
bool field_is_host(const char *text);

/* Is `word`, any case, an item of the comma-separated list? */
bool field_lists(const char *list, const char *word);

/* A list of other tokens that ends in "chunked", any case. */
bool field_ends_chunked(const char *list);

#endif
