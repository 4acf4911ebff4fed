/*
 * crypto/offline.h: issuers whose root key is somewhere else: on a machine
 * without a network, or with those who run an enterprise's root.
 */
#ifndef CRYPTO_OFFLINE_H
#define CRYPTO_OFFLINE_H

#include "crypto/ca.h"

/*
 * As ca_init(), with the root's key and a copy of its certificate in the
 * directory `root`, which exists, and no key of it in `ca`.
 */
enum err ca_init_apart(const char *ca, const char *root,
    const struct ca_spec *spec, int64_t now, struct fault *f) MUST_USE;

/* A hierarchy of nothing but a root that others run; `pem` is its certificate. */
enum err ca_adopt(const char *ca, const char *pem, struct fault *f) MUST_USE;

/*
 * A PKCS#10 for the next issuer, as PEM in `a`.  Its key waits as D/ca/next.key
 * until the certificate is imported: asked again, the same.
 */
enum err ca_request(const char *ca, const struct ca_spec *spec, struct arena *a,
    const char **pem, struct fault *f) MUST_USE;

/*
 * Certify such a request by the root in the directory `root`: an issuer that
 * lives for spec->issuer_days, but not beyond the root.  Of the request, the
 * key and the common name are taken.  Certificate as PEM in `a`.
 */
enum err ca_sign(const char *root, const struct ca_spec *spec, const char *csr,
    int64_t now, struct arena *a, const char **pem, struct fault *f) MUST_USE;

struct ca_import {
	const char
	    *pem; /* the certificate, and what lies between it and root */
	const char *passphrase; /* of the keys, or NULL */
	/* Not NULL: another certificate for the root's or an issuer's key, by
	 * this root (PEM); its chain is an alternate one from now on. */
	const char *cross_root;
};

/*
 * Check and install; the number of issuer-N.pem or cross-N.pem goes to
 * `number`.  ERR_NOT_FOUND if it is for no key that waits here.
 */
enum err ca_import(const char *ca, const struct ca_import *what, int64_t now,
    size_t *number, struct fault *f) MUST_USE;

#endif
