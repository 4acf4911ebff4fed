/* What the files of crypto/ share and nobody else sees: OpenSSL's types. */
#ifndef CRYPTO_CRYPTO_INT_H
#define CRYPTO_CRYPTO_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/der.h"

/* Digests, fetched once (crypto/digest.c); MD_NONE has none. */
enum md { MD_NONE, MD_SHA256, MD_SHA384, MD_SHA512, MD__COUNT };
const EVP_MD *md_fetched(enum md md);
/* The digest of `data`, at most 64 bytes; its length. */
size_t md_digest(enum md md, const void *data, size_t len, uint8_t out[64]);

/* OpenSSL's last reason, for a log or an operator; empties its queue. */
const char *openssl_reason(void);

/* Public keys, whatever they came in (crypto/pubkey.c). */
enum key_kind {
	KEY_P256,
	KEY_P384,
	KEY_P521,
	KEY_ED25519,
	KEY_RSA,
	KEY__COUNT
};
struct pubkey {
	enum key_kind kind;
	const uint8_t *a, *b; /* x and y; x alone; n and e, no leading zeros */
	size_t a_len, b_len;
};
/* "EC" and "P-256", as a JWK names them; false if we know no such kind. */
bool key_kind_find(const char *kty, const char *crv, enum key_kind *out);
/* "P-256", "Ed25519", "RSA". */
const char *key_kind_name(enum key_kind kind);
/* Octets of one coordinate; 0 for RSA. */
size_t key_kind_size(enum key_kind kind);

/*
 * A key with the curve's parameters and no point yet, copied from one that is
 * made once (crypto/digest.c): OpenSSL sets a curve up anew for every key it
 * is asked to make from nothing.  NULL if that failed.
 */
EVP_PKEY *curve_copy(enum key_kind kind);
/*
 * Size and sanity of a key, `code` with what is wanted if it has neither;
 * then the library's form of it.  A point off its curve fails here too.
 */
enum err pubkey_import(const struct pubkey *k, enum err code, EVP_PKEY **out,
    struct fault *f) MUST_USE;
/* The same of a key of any strength, within bounds. */
enum err pubkey_load(const struct pubkey *k, enum err code, EVP_PKEY **out,
    struct fault *f) MUST_USE;
/* Of that, the part that is about RSA keys only (crypto/weak.c). */
enum err rsa_check(const struct pubkey *k, enum err code,
    struct fault *f) MUST_USE;
/* RFC 7638: the required members, in order. */
const char *pubkey_jwk(const struct pubkey *k, struct arena *a);
void spki_write(struct derw *w, const struct pubkey *k);
/* Strict: named curves, uncompressed points; `spki` is the whole element. */
enum err spki_read(const struct der *spki, enum err code, struct pubkey *out,
    struct fault *f) MUST_USE;

/* One way to sign: digest, RSA padding and salt (crypto/verifier.c). */
struct scheme {
	enum md md;
	int padding, salt; /* RSA only */
};

/*
 * What an AlgorithmIdentifier means for a key of this kind (crypto/scheme.c);
 * false if it is none we accept in a CSR.
 */
bool scheme_read(const struct der *algorithm, enum key_kind kind,
    struct scheme *out);

/* A key made ready to check signatures; one thread at a time. */
struct verifier;
struct verifier *verifier_new(EVP_PKEY *pkey); /* takes `pkey` */
void verifier_free(struct verifier *v);
bool verifier_check(struct verifier *v, const struct scheme *s,
    const void *data, size_t len, const uint8_t *sig, size_t sig_len);

/* How an issuing key of this kind signs; false if it may not be one. */
bool issuer_scheme(enum key_kind kind, struct scheme *out,
    struct der *algorithm);

#endif
