/* crypto/eab.h: the JWS that binds an account to one elsewhere (RFC 8555, 7.3.4). */
#ifndef CRYPTO_EAB_H
#define CRYPTO_EAB_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/jws.h"

/* What a client claims; nothing of it is proven before eab_proves(). */
struct eab_claim {
	const char *kid;
	struct jws_inner frame;
};

/*
 * Parse the object in `json`, which binds `key` by a request to `url`.
 * ERR_MALFORMED for what is no such frame: other members, another algorithm
 * than HS256, HS384 and HS512, no kid, a jwk, a nonce, another url, another
 * key as payload.
 */
enum err eab_parse(const char *json, size_t len, const char *url,
    const struct jwk *key, struct arena *a, struct eab_claim *out,
    struct fault *f) MUST_USE;

/*
 * Was the claim made with this MAC key?  Takes as long for a wrong key as for
 * the right one.
 */
bool eab_proves(const struct eab_claim *c, const uint8_t *mac_key, size_t len);

#endif
