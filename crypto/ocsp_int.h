/* How CertIDs name an issuer: for crypto/ocsp.c and crypto/ocsp_request.c. */
#ifndef CRYPTO_OCSP_INT_H
#define CRYPTO_OCSP_INT_H

#include "crypto/der.h"
#include "crypto/ocsp.h"

#define OCSP_OID_BASE 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01

/* AlgorithmIdentifiers, parameters NULL or left out: an answer repeats it. */
struct ocsp_naming {
	size_t digest; /* octets of it */
	uint8_t len, algorithm[15];
};
/* From 1; NULL is past the end. */
const struct ocsp_naming *ocsp_naming_at(unsigned i);
/* The digests, by that row, of an issuer's name and key. */
struct der ocsp_name_hash(const struct issuing *by, unsigned naming);
struct der ocsp_key_hash(const struct issuing *by, unsigned naming);

#endif
