/*
 * Checking signatures with a context kept beside its key: the digest is taken
 * with a fetched algorithm and the key operation set up once, so that a check
 * costs little more than its arithmetic.
 */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/crypto_int.h"

struct verifier {
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *ctx;    /* NULL until needed */
	struct scheme set_up; /* what `ctx` is for */
};

struct verifier *
verifier_new(EVP_PKEY *pkey)
{
	struct verifier *v = calloc(1, sizeof(*v));

	if (v == NULL)
		abort();
	v->pkey = pkey;
	return v;
}

void
verifier_free(struct verifier *v)
{
	if (v == NULL)
		return;
	EVP_PKEY_CTX_free(v->ctx);
	EVP_PKEY_free(v->pkey);
	free(v);
}

static bool
set_up(struct verifier *v, const struct scheme *s)
{
	EVP_PKEY_CTX *ctx;

	if (v->ctx != NULL && v->set_up.md == s->md &&
	    v->set_up.padding == s->padding && v->set_up.salt == s->salt)
		return true;
	EVP_PKEY_CTX_free(v->ctx);
	v->ctx = ctx = EVP_PKEY_CTX_new_from_pkey(NULL, v->pkey, NULL);
	if (ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	    (s->padding == 0 ||
	        EVP_PKEY_CTX_set_rsa_padding(ctx, s->padding) == 1) &&
	    EVP_PKEY_CTX_set_signature_md(ctx, md_fetched(s->md)) == 1 &&
	    (s->padding != RSA_PKCS1_PSS_PADDING ||
	        (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md_fetched(s->md)) == 1 &&
	            EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, s->salt) == 1))) {
		v->set_up = *s;
		return true;
	}
	EVP_PKEY_CTX_free(ctx);
	v->ctx = NULL;
	return false;
}

/* Ed25519 signs the message itself, and has only the one-shot form. */
static bool
check_whole(const struct verifier *v, const void *data, size_t len,
    const uint8_t *sig, size_t sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = ctx != NULL &&
	     EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, v->pkey) == 1 &&
	     EVP_DigestVerify(ctx, sig, sig_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool
verifier_check(struct verifier *v, const struct scheme *s, const void *data,
    size_t len, const uint8_t *sig, size_t sig_len)
{
	uint8_t digest[64];
	size_t n;
	bool ok;

	if (s->md == MD_NONE) {
		ok = check_whole(v, data, len, sig, sig_len);
	} else {
		n = md_digest(s->md, data, len, digest);
		ok = set_up(v, s) &&
		     EVP_PKEY_verify(v->ctx, sig, sig_len, digest, n) == 1;
	}
	ERR_clear_error();
	return ok;
}
