/* crypto/csr.h: PKCS#10 (RFC 2986), as far as ACME needs it (RFC 8555, 7.4). */
#ifndef CRYPTO_CSR_H
#define CRYPTO_CSR_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ident.h"
#include "crypto/jwk.h"

/* What a request asks for.  All of it is in csr_parse()'s arena. */
struct csr {
	const uint8_t *spki; /* SubjectPublicKeyInfo, copied bytes for bytes */
	size_t spki_len;
	uint8_t spki_sha256[32];
	char thumbprint[JWK_THUMBPRINT]; /* of the key, as if it were a JWK */
	const struct ident *names;       /* SANs and CN: sorted, each once */
	size_t n_names;
	bool must_staple;
};

/*
 * Key strength, self-signature, extensions: ERR_BAD_CSR with the reason.
 * Trailing bytes are an error.  Whether the names are the order's is not
 * known here.
 */
enum err csr_parse(const uint8_t *der, size_t len, struct arena *a,
    struct csr *out, struct fault *f) MUST_USE;

#endif
