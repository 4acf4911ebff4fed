/* base/b64url.h: base64url without padding (RFC 4648, 5; RFC 7515, 2). */
#ifndef BASE_B64URL_H
#define BASE_B64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Characters for `n` bytes, without the NUL. */
#define B64URL_LEN(n) (((n)*4 + 2) / 3)

/* B64URL_LEN(len) characters and a NUL. */
void b64url_write(const void *data, size_t len, char *out);
char *b64url_text(const void *data, size_t len, struct arena *a);

/*
 * Decode into `a`, with a NUL after the bytes that is not counted.  False for
 * padding, any other alphabet, an impossible length, or bits left over that
 * are not zero: one spelling for each value.
 */
bool b64url_read(const char *text, size_t len, struct arena *a,
    const uint8_t **out, size_t *out_len);

/* The same into `out`, which has room for len / 4 * 3 + 2 bytes. */
bool b64url_decode(const char *text, size_t len, uint8_t *out, size_t *out_len);

#endif
