/*
 * crypto/issuing.h: what CRLs and OCSP answers say of the issuer they come
 * from, read from its certificate once.  Plain data: shared by all threads.
 */
#ifndef CRYPTO_ISSUING_H
#define CRYPTO_ISSUING_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct issuing {
	const uint8_t *der; /* the certificate */
	size_t der_len;
	const uint8_t *name, *spki, *algorithm,
	    *key_id; /* the first three DER */
	size_t name_len, spki_len, algorithm_len, key_id_len;
	int64_t not_before, not_after;
	/* RFC 6960, 4.1.1: digests of the name and of the key's bits. */
	uint8_t name_sha1[20], key_sha1[20];
	uint8_t name_sha256[32], key_sha256[32];
};

/* Into `a`; ERR_INTERNAL, with why, if it is no certificate to issue with. */
enum err issuing_read(const uint8_t *der, size_t len, struct arena *a,
    struct issuing *out, struct fault *f) MUST_USE;

#endif
