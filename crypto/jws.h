/* crypto/jws.h: flattened JWS (RFC 7515), restricted as RFC 8555, 6.2 says. */
#ifndef CRYPTO_JWS_H
#define CRYPTO_JWS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "crypto/jwk.h"

/* A frame, checked for shape only.  Everything is in jws_parse()'s arena. */
struct jws {
	const char *alg, *nonce, *url;
	const char *kid; /* exactly one of kid and jwk is set (6.2) */
	const char *jwk; /* JSON text, for jwk_parse() */
	size_t jwk_len;
	const char *payload; /* decoded; "" for POST-as-GET (6.3) */
	size_t payload_len;
	const char *signing_input; /* the very bytes that were signed */
	size_t signing_input_len;
	const unsigned char *signature;
	size_t signature_len;
};

/*
 * Parse a request body.  Verifies no signature.  ERR_MALFORMED for duplicate
 * members, `crit`, `b64`, an unprotected header, padding, or a missing field;
 * ERR_BAD_NONCE when the nonce is missing; ERR_BAD_SIGNATURE_ALGORITHM for
 * what jws_algorithm_at() does not list.  `out->nonce` is set whenever it could
 * be read, also on failure: it is spent as soon as a frame carries it.
 */
enum err jws_parse(const char *body, size_t len, struct arena *a,
    struct jws *out, struct fault *f) MUST_USE;

/*
 * A frame inside another one's payload: of keyChange (RFC 8555, 7.3.5), or an
 * external account binding (7.3.4).  Its three members as they were sent, and
 * no other; rows for json_bind().
 */
struct jws_inner {
	const char *protected, *payload, *signature;
};
extern const struct json_field jws_inner_schema[];
extern const size_t jws_inner_size;

/*
 * The same checks of shape, but that it must not have a nonce; whether it may
 * have kid or jwk, and which algorithm, is the caller's to say.  ERR_MALFORMED.
 */
enum err jws_inner_parse(const struct jws_inner *in, struct arena *a,
    struct jws *out, struct fault *f) MUST_USE;

/*
 * OK only if `key` signed exactly this frame with an algorithm the key is
 * for.  ERR_BAD_PUBLIC_KEY if they do not match and the frame brought the key;
 * else ERR_MALFORMED.
 */
enum err jws_verify(const struct jws *j, const struct jwk *key,
    struct fault *f) MUST_USE;

/* Names of the algorithms accepted, NULL at the end: for `algorithms` (6.2). */
const char *jws_algorithm_at(unsigned i);

#endif
