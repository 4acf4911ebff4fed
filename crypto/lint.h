/* crypto/lint.h: a last look at what is to be signed, by another's eyes. */
#ifndef CRYPTO_LINT_H
#define CRYPTO_LINT_H

#include "crypto/profile.h"

/*
 * Read to-be-signed bytes with OpenSSL's parser, which shares nothing with
 * what wrote them, and hold them against the order that is in `leaf`: names,
 * key, serial, times, and the extensions that profile asks for, all of them
 * and no more.  ERR_LINT, with what is wrong; then they must not be recorded.
 */
enum err tbs_lint(const struct profile *p, const struct leaf *leaf,
    const uint8_t *tbs, size_t len, struct fault *f) MUST_USE;

#endif
