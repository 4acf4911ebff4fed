#include "crypto/issuing.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/x509_int.h"

/* SHA-1 is what RFC 6960 names keys by; nothing is signed with it. */
static void
sha1(const void *data, size_t len, uint8_t out[20])
{
	if (EVP_Q_digest(NULL, "SHA1", NULL, data, len, out, NULL) != 1)
		abort();
}

static const uint8_t *
kept(struct arena *a, const void *data, size_t len, size_t *out_len)
{
	*out_len = len;
	return (const uint8_t *)arena_bytes(a, data, len);
}

static void
names_read(X509 *x, struct arena *a, struct issuing *out)
{
	uint8_t *name = NULL, *spki = NULL;
	int name_len = i2d_X509_NAME(X509_get_subject_name(x), &name);
	int spki_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x);
	size_t bits_len;

	if (name_len <= 0 || spki_len <= 0 || bits == NULL)
		abort();
	out->name = kept(a, name, (size_t)name_len, &out->name_len);
	out->spki = kept(a, spki, (size_t)spki_len, &out->spki_len);
	OPENSSL_free(name);
	OPENSSL_free(spki);
	bits_len = (size_t)ASN1_STRING_length(bits);
	sha1(out->name, out->name_len, out->name_sha1);
	sha256(out->name, out->name_len, out->name_sha256);
	sha1(ASN1_STRING_get0_data(bits), bits_len, out->key_sha1);
	sha256(ASN1_STRING_get0_data(bits), bits_len, out->key_sha256);
}

static enum err
read_all(X509 *x, struct arena *a, struct issuing *out, struct fault *f)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);
	struct der spki, algorithm;
	struct pubkey k;
	struct scheme scheme;

	if (id == NULL || ASN1_STRING_length(id) <= 0)
		return fault(f, ERR_INTERNAL,
		    "the issuer has no subjectKeyIdentifier");
	if (!x509_times(x, &out->not_before, &out->not_after))
		return fault(f, ERR_INTERNAL, "the issuer has no proper dates");
	out->key_id = kept(a, ASN1_STRING_get0_data(id),
	    (size_t)ASN1_STRING_length(id), &out->key_id_len);
	names_read(x, a, out);
	spki = der_over(out->spki, out->spki_len);
	TRY(spki_read(&spki, ERR_INTERNAL, &k, f));
	if (!issuer_scheme(k.kind, &scheme, &algorithm))
		return fault(f, ERR_INTERNAL,
		    "the issuer's key must be P-256, P-384 or RSA");
	out->algorithm = algorithm.at;
	out->algorithm_len = algorithm.len;
	return OK;
}

enum err
issuing_read(const uint8_t *der, size_t len, struct arena *a,
    struct issuing *out, struct fault *f)
{
	const uint8_t *at = der;
	X509 *x = d2i_X509(NULL, &at, (long)len);
	enum err e;

	*out = (struct issuing){ 0 };
	out->der = kept(a, der, len, &out->der_len);
	if (x == NULL || at != der + len)
		e = fault(f, ERR_INTERNAL, "the issuer is no certificate: %s",
		    openssl_reason());
	else
		e = read_all(x, a, out, f);
	X509_free(x);
	ERR_clear_error();
	return e;
}
