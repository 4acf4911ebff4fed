/* crypto/check.h: is a certificate the one that was to be signed? */
#ifndef CRYPTO_CHECK_H
#define CRYPTO_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* One issuer's key, ready to check what it signed; one thread at a time. */
struct check;

/* Of the issuer whose certificate comes first in `pem`; NULL, with a reason. */
struct check *check_new(const char *pem, struct fault *f);
void check_free(struct check *c);

/*
 * OK if `der` is these to-be-signed bytes, to the octet, and the issuer's
 * signature over them.  ERR_INTERNAL otherwise.
 */
enum err check_certificate(struct check *c, const uint8_t *tbs, size_t tbs_len,
    const uint8_t *der, size_t len, struct fault *f) MUST_USE;

#endif
