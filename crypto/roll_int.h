/* What rotation and the offline root share. */
#ifndef CRYPTO_ROLL_INT_H
#define CRYPTO_ROLL_INT_H

#include "crypto/ca_int.h"
#include "crypto/roll.h"
#include "crypto/x509_int.h"

/* D/ca while it is changed. */
struct rolling {
	struct arena *a;
	const char *ca;
	int lock;
	struct ca_texts texts; /* as it was */
	X509 *root;            /* with root_key, if roll_root() has them */
	EVP_PKEY *root_key, *key;
};

/* Lock and read it.  roll_end() follows, whatever this returns. */
enum err roll_begin(struct rolling *r, const char *ca,
    struct fault *f) MUST_USE;
void roll_end(struct rolling *r);

/* What it would be with one more file. */
enum err roll_try(struct rolling *r, const char *name, const char *text,
    struct ca *out, struct fault *f) MUST_USE;

/* The root with its key, in whatever directory.  ERR_NOT_FOUND: no such key. */
enum err roll_root(struct rolling *r, const char *dir, const char *passphrase,
    struct fault *f) MUST_USE;

/* "mayfly TEST issuer 7" gives "mayfly TEST"; a name of another kind `usual`. */
const char *roll_name(struct rolling *r, const struct ca *ca,
    const char *usual);

/* To r->key: the one there, left without its certificate, or a new one. */
enum err roll_key(struct rolling *r, const char *path, const char *passphrase,
    struct fault *f) MUST_USE;

/* An issuer's certificate by that root, within its life. */
enum err roll_certify(struct rolling *r, const char *cn, EVP_PKEY *key,
    unsigned days, int64_t now, X509 **out, struct fault *f) MUST_USE;

#endif
