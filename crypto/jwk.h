/* crypto/jwk.h: account keys (RFC 7517, 7638), parsed once and kept. */
#ifndef CRYPTO_JWK_H
#define CRYPTO_JWK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum { JWK_THUMBPRINT = 44 };

/*
 * A public key we have agreed to accept.  It holds the library's parsed form,
 * which is what makes a check cost 95 us and not 296, so it is kept with the
 * account, by loop, and freed by jwk_free().  Used by one thread at a time.
 */
struct jwk;

/*
 * ERR_BAD_PUBLIC_KEY, with what is wanted in `f`, if its type, size or curve
 * is not acceptable, or it holds a private part; ERR_MALFORMED if it is no JWK.
 * The caller owns `*out`.
 */
enum err jwk_parse(const char *json, size_t len, struct jwk **out,
    struct fault *f) MUST_USE;
/* The same of a key of any strength: its certificate says that it counts. */
enum err jwk_parse_any(const char *json, size_t len, struct jwk **out,
    struct fault *f) MUST_USE;
void jwk_free(struct jwk *key);

/* The RFC 7638 text: required members only, in order; lives with the key. */
const char *jwk_canonical(const struct jwk *key);

/* SHA-256 of the SubjectPublicKeyInfo: is it a certificate's key, or a CSR's? */
void jwk_spki_sha256(const struct jwk *key, uint8_t out[32]);

/* RFC 7638 thumbprint: 43 characters of base64url, and a NUL. */
void jwk_thumbprint(const struct jwk *key, char out[JWK_THUMBPRINT]);

/* "<token>.<thumbprint>" (RFC 8555, 8.1), in `a`. */
const char *jwk_key_authorization(const struct jwk *key, const char *token,
    struct arena *a);

#endif
