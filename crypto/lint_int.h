/* crypto/lint_int.h: what crypto/lint.c and lint_ext.c share. */
#ifndef CRYPTO_LINT_INT_H
#define CRYPTO_LINT_INT_H

#include <openssl/x509v3.h>

#include "crypto/lint.h"
#include "crypto/profile_int.h"

/* TBSCertificate (RFC 5280, 4.1), as OpenSSL's template parser reads it. */
struct lint_key {
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *bits;
};
struct lint_tbs {
	ASN1_INTEGER *version, *serial;
	X509_ALGOR *algorithm;
	X509_NAME *issuer;
	X509_VAL *validity;
	X509_NAME *subject;
	struct lint_key *key;
	ASN1_BIT_STRING *issuer_uid, *subject_uid;
	STACK_OF(X509_EXTENSION) * extensions;
};

struct lint {
	const struct profile *p;
	const struct leaf *leaf;
	const struct lint_tbs *tbs;
	struct fault *f;
};

enum err lint_failed(const struct lint *l, const char *why) MUST_USE;

/* What OpenSSL writes of `value`, is it these octets? */
bool lint_written_is(const void *value, const ASN1_ITEM *item,
    const uint8_t *der, size_t len);

/* Every extension that is due, each once, and none besides. */
enum err lint_extensions(const struct lint *l) MUST_USE;

#endif
