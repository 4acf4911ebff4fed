/* cli/token_key.h: D/token.key, with which bearer tokens are made. */
#ifndef CLI_TOKEN_KEY_H
#define CLI_TOKEN_KEY_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/token.h"

/*
 * Read it; make it if there is none.  Wipe `key` after use.  A reason that
 * names the path in `f` if it can be neither, or if others can read it.
 */
enum err token_key_get(const char *dir, uint8_t key[TOKEN_KEY_SIZE],
    struct fault *f) MUST_USE;

#endif
