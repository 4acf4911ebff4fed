/* crypto/known_keys.h: for crypto/blocked.c. */
#ifndef CRYPTO_KNOWN_KEYS_H
#define CRYPTO_KNOWN_KEYS_H

#include <stddef.h>

/* In hexadecimal, as in a file of blocked keys. */
extern const char *const known_keys[];
extern const size_t n_known_keys;

#endif
