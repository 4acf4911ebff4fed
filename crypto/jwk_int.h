/* What crypto/jws.c and crypto/csr.c need of a key besides crypto/jwk.h. */
#ifndef CRYPTO_JWK_INT_H
#define CRYPTO_JWK_INT_H

#include "crypto/crypto_int.h"
#include "crypto/jwk.h"

enum key_kind jwk_kind(const struct jwk *key);
size_t jwk_size(const struct jwk *key); /* octets of modulus or coordinate */
const char *jwk_alg(const struct jwk *key); /* the JWK's own; NULL: none */
struct verifier *jwk_verifier(const struct jwk *key);

/* Of the text that pubkey_jwk() makes. */
void canonical_thumbprint(const char *canonical, char out[JWK_THUMBPRINT]);

#endif
