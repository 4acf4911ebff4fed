/* crypto/cert.h: certificates as bytes: PEM (RFC 7468), serial, key pairs. */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"

/* One CERTIFICATE block, 64 columns, ending in a newline (RFC 8555, 9.1). */
const char *cert_pem(const uint8_t *der, size_t len, struct arena *a);

/*
 * The serial of a certificate that a client sent for revocation.
 * ERR_MALFORMED if it is no certificate; ERR_NOT_FOUND if its serial is none
 * that we would have given.
 */
enum err cert_serial(const uint8_t *der, size_t len, struct id *out,
    struct fault *f) MUST_USE;

/* Does a private key follow in the PEM, and is it the first certificate's? */
bool cert_has_key(const char *pem);

/* When the first certificate of a PEM chain begins and ends. */
enum err cert_validity(const char *pem, int64_t *not_before, int64_t *not_after,
    struct fault *f) MUST_USE;

/* A fresh P-256 pair for the serving certificate; in `a`, `key` to be wiped. */
struct keypair {
	char *key; /* PEM, PKCS#8 */
	const uint8_t *spki;
	size_t spki_len;
	uint8_t spki_sha256[32];
};
void keypair_new(struct arena *a, struct keypair *out);

#endif
