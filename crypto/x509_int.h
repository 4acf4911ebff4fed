/* OpenSSL's certificates, off the request path: start, hierarchy, renewal. */
#ifndef CRYPTO_X509_INT_H
#define CRYPTO_X509_INT_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/bio.h>
#include <openssl/x509.h>

#include "base/arena.h"

/* As Unix time; false for dates that are none. */
bool x509_times(const X509 *x, int64_t *begin, int64_t *end);

/* A CA certificate that says it may sign certificates. */
bool x509_may_issue(X509 *x);

/* What was written to a memory BIO, as text in `a`. */
char *bio_text(BIO *bio, struct arena *a);

#endif
