/* crypto/digest.h: digests and MACs, with algorithms fetched once. */
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

/*
 * A MAC whose key is set up once, for what every request asks: BLAKE2s with a
 * key (RFC 7693), for it costs a quarter of an HMAC.  Any number of threads
 * may use one at a time.
 */
enum { MAC_KEY = 32, MAC_SIZE = 32 };
struct mac;
struct mac *mac_new(const uint8_t key[MAC_KEY]);
void mac_free(struct mac *m); /* wipes the key */
void mac_tag(const struct mac *m, const void *data, size_t len,
    uint8_t out[MAC_SIZE]);

/*
 * Where in a table something has its place, so that nobody who fills it can
 * aim: SipHash-2-4 with 64 bits, a sixth of that MAC's cost and no proof of
 * anything.  Any number of threads may use one at a time.
 */
enum { SCATTER_KEY = 16 };
struct scatter;
struct scatter *scatter_new(const uint8_t key[SCATTER_KEY]);
void scatter_free(struct scatter *s);
uint64_t scatter_of(const struct scatter *s, const void *data, size_t len);

/* In constant time. */
bool bytes_equal(const void *a, const void *b, size_t len);
void bytes_wipe(void *p, size_t len);

#endif
