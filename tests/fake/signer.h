/* tests/fake/signer.h: an account's side of RFC 8555, 6.2, over OpenSSL alone. */
#ifndef TESTS_FAKE_SIGNER_H
#define TESTS_FAKE_SIGNER_H

#include "base/arena.h"

struct signer; /* a P-256 key */

struct signer *signer_new(void);
void signer_free(struct signer *s);

/* The public key as JWK text, in canonical order; lives with the signer. */
const char *signer_jwk(const struct signer *s);

/*
 * A flattened JWS over `payload`, ES256.  `member` is `"kid":"…"` or
 * `"jwk":{…}`, as it stands in the protected header.
 */
char *signer_frame(struct signer *s, const char *member, const char *nonce,
    const char *url, const char *payload, struct arena *a);

/* The same with any protected header at all. */
char *signer_raw(struct signer *s, const char *protected_header,
    const char *payload, struct arena *a);

/*
 * base64url DER of a CSR for `names` ("a.example,10.0.0.1"), signed with a
 * fresh key, or with the signer's own.
 */
char *signer_csr(struct signer *s, const char *names, int own_key,
    struct arena *a);

#endif
