/* An issuing key, ready to sign.  For crypto/keeper.c, in the keeper only. */
#ifndef CRYPTO_SIGNER_INT_H
#define CRYPTO_SIGNER_INT_H

#include "crypto/crypto_int.h"

enum { SIGNATURE_MAX = 1024 }; /* RSA of 8192 bits */

struct signer;

/* From PEM, not encrypted.  NULL, with the reason in `f`. */
struct signer *signer_new(const char *pem, struct fault *f);
void signer_free(struct signer *s); /* wipes the key */

/*
 * Sign, and check what came out: a fault of memory or arithmetic must not
 * leave this process, for it may betray the key.  0 if that failed.
 */
size_t signer_sign(struct signer *s, const void *data, size_t len,
    uint8_t out[SIGNATURE_MAX]);

struct der signer_algorithm(const struct signer *s);
struct der signer_spki(const struct signer *s);

#endif
