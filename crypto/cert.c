#include "crypto/cert.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/x509_int.h"

enum { LINE = 48, CHAIN_MAX = 1024 * 1024 }; /* octets of a PEM line */

#define VERSION (DER_CONTEXT | DER_CONSTRUCTED | 0)

const char *
cert_pem(const uint8_t *der, size_t len, struct arena *a)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
	static const char end[] = "-----END CERTIFICATE-----\n";
	size_t lines = (len + LINE - 1) / LINE, n;
	char *out = arena_alloc(a,
	    sizeof(begin) + sizeof(end) + lines * (LINE / 3 * 4 + 1), 1);
	char *at = out + sizeof(begin) - 1;

	memcpy(out, begin, sizeof(begin));
	for (; len > 0; len -= n, der += n) {
		n = len < LINE ? len : LINE;
		at += EVP_EncodeBlock((uint8_t *)at, der, (int)n);
		*at++ = '\n';
	}
	memcpy(at, end, sizeof(end));
	return out;
}

enum err
cert_serial(const uint8_t *der, size_t len, struct id *out, struct fault *f)
{
	const struct der whole = der_over(der, len);
	struct der all = whole, cert = der_get(&all, DER_SEQUENCE);
	struct der tbs = der_get(&cert, DER_SEQUENCE), algorithm, n;

	algorithm = der_get(&cert, DER_SEQUENCE);
	(void)der_bits(&cert);
	if (der_next(&tbs, VERSION))
		(void)der_get(&tbs, VERSION);
	n = der_get(&tbs, DER_INTEGER);
	(void)der_get(&tbs, DER_SEQUENCE); /* signature */
	(void)der_get(&tbs, DER_SEQUENCE); /* issuer */
	(void)der_get(&tbs, DER_SEQUENCE); /* validity */
	(void)der_get(&tbs, DER_SEQUENCE); /* subject */
	(void)der_get(&tbs, DER_SEQUENCE); /* key */
	if (!der_end(&all) || !der_end(&cert) || tbs.bad || algorithm.bad ||
	    n.len == 0 || !der_sound(&whole))
		return fault(f, ERR_MALFORMED, "not a certificate in DER");
	memset(out, 0, sizeof(*out));
	if (n.at[0] == 0) {
		n.at++; /* the sign octet of a first bit that is set */
		n.len--;
	} else if (n.at[0] >= 0x80) {
		n.len = 0;
	}
	if (n.len == 0 || n.len > sizeof(out->bytes))
		return fault(f, ERR_NOT_FOUND,
		    "no certificate of ours has that serial");
	memcpy(out->bytes + sizeof(out->bytes) - n.len, n.at, n.len);
	return OK;
}

enum err
cert_validity(const char *pem, int64_t *not_before, int64_t *not_after,
    struct fault *f)
{
	size_t len = strlen(pem);
	BIO *bio = len > CHAIN_MAX ? NULL : BIO_new_mem_buf(pem, (int)len);
	X509 *x = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool ok = x != NULL && x509_times(x, not_before, not_after);

	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return ok ? OK
	          : fault(f, ERR_INTERNAL, "no certificate begins that PEM");
}

/* Without this, OpenSSL would ask the terminal for a passphrase. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

bool
cert_has_key(const char *pem)
{
	size_t len = strlen(pem);
	BIO *bio = len > CHAIN_MAX ? NULL : BIO_new_mem_buf(pem, (int)len);
	X509 *x = NULL;
	EVP_PKEY *key = NULL;
	bool ok;

	if (bio != NULL)
		x = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	if (x != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	ok = key != NULL && X509_check_private_key(x, key) == 1;
	EVP_PKEY_free(key);
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return ok;
}

bool
x509_times(const X509 *x, int64_t *begin, int64_t *end)
{
	struct tm from, to;

	if (ASN1_TIME_to_tm(X509_get0_notBefore(x), &from) != 1 ||
	    ASN1_TIME_to_tm(X509_get0_notAfter(x), &to) != 1)
		return false;
	*begin = (int64_t)timegm(&from);
	*end = (int64_t)timegm(&to);
	return true;
}

bool
x509_may_issue(X509 *x)
{
	/* asked for a usage it does not have, OpenSSL says "all" */
	return X509_check_ca(x) == 1 &&
	       (X509_get_extension_flags(x) & EXFLAG_KUSAGE) != 0 &&
	       (X509_get_key_usage(x) & KU_KEY_CERT_SIGN) != 0;
}

char *
bio_text(BIO *bio, struct arena *a)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	return arena_bytes(a, data, len < 0 ? 0 : (size_t)len);
}

void
keypair_new(struct arena *a, struct keypair *out)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *der = NULL;
	int len;

	if (pkey == NULL || bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL,
	        NULL) != 1 ||
	    (len = i2d_PUBKEY(pkey, &der)) <= 0)
		abort(); /* without keys there is nothing to serve */
	out->key = bio_text(bio, a);
	out->spki = (uint8_t *)arena_bytes(a, der, (size_t)len);
	out->spki_len = (size_t)len;
	sha256(der, (size_t)len, out->spki_sha256);
	OPENSSL_free(der);
	BIO_free(bio); /* which wipes what it held */
	EVP_PKEY_free(pkey);
}
