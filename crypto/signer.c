#include "crypto/signer_int.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

struct signer {
	EVP_PKEY_CTX *ctx;      /* set up once */
	struct verifier *check; /* owns the key */
	struct scheme scheme;
	struct der algorithm, spki;
	uint8_t *spki_der;
};

/* A key that needs a passphrase should have been opened by our caller. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *
key_read(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key;

	if (bio == NULL)
		abort();
	key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	return key;
}

static bool
set_up(struct signer *s, EVP_PKEY *key)
{
	s->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	return s->ctx != NULL && EVP_PKEY_sign_init(s->ctx) == 1 &&
	       (s->scheme.padding == 0 || EVP_PKEY_CTX_set_rsa_padding(s->ctx,
	                                      s->scheme.padding) == 1) &&
	       EVP_PKEY_CTX_set_signature_md(s->ctx,
	           md_fetched(s->scheme.md)) == 1;
}

struct signer *
signer_new(const char *pem, struct fault *f)
{
	struct signer *s = calloc(1, sizeof(*s));
	EVP_PKEY *key = key_read(pem);
	struct pubkey k;
	int len;

	if (s == NULL)
		abort();
	if (key == NULL) {
		(void)fault(f, ERR_INTERNAL, "no private key: %s",
		    openssl_reason());
		free(s);
		return NULL;
	}
	s->check = verifier_new(key);
	len = i2d_PUBKEY(key, &s->spki_der);
	s->spki = der_over(s->spki_der, len < 0 ? 0 : (size_t)len);
	if (spki_read(&s->spki, ERR_INTERNAL, &k, f) != OK) {
		signer_free(s);
		return NULL;
	}
	if (!issuer_scheme(k.kind, &s->scheme, &s->algorithm) ||
	    !set_up(s, key)) {
		(void)fault(f, ERR_INTERNAL,
		    "an issuing key must be P-256, P-384 or RSA: %s",
		    openssl_reason());
		signer_free(s);
		return NULL;
	}
	return s;
}

void
signer_free(struct signer *s)
{
	if (s == NULL)
		return;
	EVP_PKEY_CTX_free(s->ctx);
	verifier_free(s->check);
	OPENSSL_free(s->spki_der);
	free(s);
}

size_t
signer_sign(struct signer *s, const void *data, size_t len,
    uint8_t out[SIGNATURE_MAX])
{
	uint8_t digest[64];
	size_t n = md_digest(s->scheme.md, data, len, digest);
	size_t sig_len = SIGNATURE_MAX;
	bool ok = EVP_PKEY_sign(s->ctx, out, &sig_len, digest, n) == 1 &&
	          verifier_check(s->check, &s->scheme, data, len, out, sig_len);

	ERR_clear_error();
	return ok ? sig_len : 0;
}

struct der
signer_algorithm(const struct signer *s)
{
	return s->algorithm;
}

struct der
signer_spki(const struct signer *s)
{
	return s->spki;
}
