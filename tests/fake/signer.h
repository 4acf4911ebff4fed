/* tests/fake/signer.h: an account's side of RFC 8555, 6.2, over OpenSSL alone. */
#ifndef TESTS_FAKE_SIGNER_H
#define TESTS_FAKE_SIGNER_H

#include "base/arena.h"

struct fake_signer; /* a P-256 key */

struct fake_signer *fake_signer_new(void);
void fake_signer_free(struct fake_signer *s);

/* The public key as JWK text, in canonical order; lives with the signer. */
const char *fake_signer_jwk(const struct fake_signer *s);

/*
 * A flattened JWS over `payload`, ES256.  `member` is `"kid":"…"` or
 * `"jwk":{…}`, as it stands in the protected header.
 */
char *fake_signer_frame(struct fake_signer *s, const char *member,
    const char *nonce, const char *url, const char *payload, struct arena *a);

/* The same with any protected header at all. */
char *fake_signer_raw(struct fake_signer *s, const char *protected_header,
    const char *payload, struct arena *a);

/* The same by HMAC; `alg` says with which digest: "HS256" … */
char *fake_mac_frame(const char *alg, const void *key, size_t len,
    const char *protected_header, const char *payload, struct arena *a);

/*
 * base64url DER of a CSR for `names` ("a.example,10.0.0.1"; `must-staple` is
 * no name, but asked for), signed with a fresh key, or with the signer's own.
 */
char *fake_signer_csr(struct fake_signer *s, const char *names, int own_key,
    struct arena *a);

#endif
