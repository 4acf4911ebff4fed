/*
 * challenges/alpn_cert_int.h: the one door for the certificate that answers
 * tls-alpn-01 (RFC 8737, 3; RFC 8738, 6).
 */
#ifndef CHALLENGES_ALPN_CERT_INT_H
#define CHALLENGES_ALPN_CERT_INT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ident.h"

enum { ALPN_DIGEST = 32 };

struct alpn_seen {
	const uint8_t *digest; /* ALPN_DIGEST bytes of it, or NULL */
};

/*
 * Is it in DER, self-issued, with exactly one name, `ident`, and one critical
 * acmeIdentifier with `digest`?  ERR_UNAUTHORIZED says what is wrong.  Whether
 * it is signed by its own key is not asked here, and its dates nowhere.
 */
enum err alpn_cert_judge(const uint8_t *der, size_t len,
    const struct ident *ident, const uint8_t digest[ALPN_DIGEST],
    struct alpn_seen *seen, struct arena *a, struct fault *f) MUST_USE;

#endif
