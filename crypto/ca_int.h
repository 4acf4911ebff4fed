/* What the files about the hierarchy share: OpenSSL's certificates and keys. */
#ifndef CRYPTO_CA_INT_H
#define CRYPTO_CA_INT_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/ca.h"

/* "D/ca/issuer-7.key", in `a`. */
const char *ca_path(const char *ca, const char *kind, size_t number,
    const char *what, struct arena *a);

/*
 * The certificates of a PEM text, 1 to `most`, in its order; the caller frees
 * them with sk_X509_pop_free().  `path` is for the reason.
 */
enum err ca_certs_read(const char *path, const char *text, int most,
    STACK_OF(X509) * *out, struct fault *f) MUST_USE;

/* Is it one certificate, of a root that is valid today? */
enum err ca_root_check(const char *path, const char *text,
    struct fault *f) MUST_USE;

/*
 * A private key in a file that only its owner may read.  ERR_NOT_FOUND if
 * there is none.
 */
enum err ca_key_load(const char *path, const char *passphrase, EVP_PKEY **out,
    struct fault *f) MUST_USE;

/* PKCS#8 in PEM, malloc'd, to be wiped; encrypted if there is a passphrase. */
char *ca_key_text(EVP_PKEY *key, const char *passphrase);

/* PEM of a certificate, in `a`. */
const char *ca_cert_text(X509 *x, struct arena *a);

/* What a certificate of the hierarchy is to be. */
struct ca_level {
	const char *cn;
	int room; /* CA certificates that may lie below it; -1: any number */
	int64_t begin, end; /* Unix time, both inclusive */
	EVP_PKEY *key;      /* borrowed; the public half is enough */
};

/* NULL, with OpenSSL's reason left in its queue.  For a root, `by` is NULL. */
X509 *ca_certify(const struct ca_level *l, X509 *by, EVP_PKEY *by_key,
    int64_t now);

#endif
