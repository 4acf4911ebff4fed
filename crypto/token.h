/* crypto/token.h: bearer tokens (RFC 6750): compact JWTs with HS256. */
#ifndef CRYPTO_TOKEN_H
#define CRYPTO_TOKEN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum { TOKEN_KEY_SIZE = 32, TOKEN_MAX = 1024 };

/* For that scope ("metrics"), until `expires` (Unix time); in `a`. */
const char *token_make(const uint8_t key[TOKEN_KEY_SIZE], const char *scope,
    int64_t now, int64_t expires, struct arena *a);

/*
 * OK if `text` is a token made with this key, has not expired and is for this
 * scope.  ERR_TOKEN, with what is wrong in words that may be told to whoever
 * sent it.
 */
enum err token_check(const uint8_t key[TOKEN_KEY_SIZE], const char *text,
    const char *scope, int64_t now, struct fault *f) MUST_USE;

#endif
