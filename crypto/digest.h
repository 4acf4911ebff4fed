/* crypto/digest.h: SHA-256 and HMAC-SHA-256 with algorithms fetched once. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32 };

/* Once a process, before its threads: fetches what the rest of crypto/ uses. */
void crypto_start(void);

void sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE]);
void hmac_sha256(const uint8_t key[SHA256_SIZE], const void *data, size_t len,
    uint8_t out[SHA256_SIZE]);

/* In constant time. */
bool bytes_equal(const void *a, const void *b, size_t len);
void bytes_wipe(void *p, size_t len);

#endif
