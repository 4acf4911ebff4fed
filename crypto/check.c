/*
 * What comes back from the keeper, held against what was recorded.  The keeper
 * has checked its signature too; this is for what happens on the way, or if
 * it answers for another order.  It costs one verification: 80 us for P-256.
 */
#include "crypto/check.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/crypto_int.h"

struct check {
	struct verifier *verifier;
	struct scheme scheme;
	struct der algorithm;
};

static enum err
key_take(struct check *c, const struct der *spki, struct fault *f)
{
	struct pubkey k;
	EVP_PKEY *key;

	TRY(spki_read(spki, ERR_INTERNAL, &k, f));
	if (!issuer_scheme(k.kind, &c->scheme, &c->algorithm))
		return fault(f, ERR_INTERNAL,
		    "an issuing key must be P-256, P-384 or RSA");
	TRY(pubkey_import(&k, ERR_INTERNAL, &key, f));
	c->verifier = verifier_new(key);
	return OK;
}

struct check *
check_new(const char *pem, struct fault *f)
{
	struct check *c = calloc(1, sizeof(*c));
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	uint8_t *der = NULL;
	int len =
	    x == NULL ? 0 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	struct der spki = der_over(der, len < 0 ? 0 : (size_t)len);
	enum err e;

	if (c == NULL)
		abort();
	e = x == NULL ? fault(f, ERR_INTERNAL, "no certificate of the issuer")
	              : key_take(c, &spki, f);
	OPENSSL_free(der);
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	if (e == OK)
		return c;
	check_free(c);
	return NULL;
}

void
check_free(struct check *c)
{
	if (c == NULL)
		return;
	verifier_free(c->verifier);
	free(c);
}

enum err
check_certificate(struct check *c, const uint8_t *tbs, size_t tbs_len,
    const uint8_t *der, size_t len, struct fault *f)
{
	struct der all = der_over(der, len), body = der_get(&all, DER_SEQUENCE);
	struct der inner = der_raw(&body, DER_SEQUENCE);
	struct der algorithm = der_raw(&body, DER_SEQUENCE);
	struct der sig = der_bits(&body);

	if (!der_end(&all) || !der_end(&body))
		return fault(f, ERR_INTERNAL,
		    "what was signed is no certificate");
	if (!der_equal(&inner, tbs, tbs_len)) /* CPR-14 */
		return fault(f, ERR_INTERNAL,
		    "what was signed is not what was recorded");
	/* CPR-02 */
	if (!der_equal(&algorithm, c->algorithm.at, c->algorithm.len))
		return fault(f, ERR_INTERNAL,
		    "it was signed with another algorithm");
	/* CPR-14 */
	if (!verifier_check(c->verifier, &c->scheme, tbs, tbs_len, sig.at,
	        sig.len))
		return fault(f, ERR_INTERNAL,
		    "the signature is not the issuer's");
	return OK;
}
