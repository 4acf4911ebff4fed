/* The certificates of a hierarchy: what CPR-17 asks of them. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/id.h"
#include "crypto/ca_int.h"
#include "crypto/crypto_int.h"
#include "crypto/x509_int.h"

static bool
extension_add(X509 *x, X509V3_CTX *ctx, const char *name, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf(NULL, ctx, name, value);
	bool ok = e != NULL && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	return ok;
}

static bool
serial_set(X509 *x, int64_t now)
{
	struct id id = id_new(now * 1000);
	BIGNUM *n = BN_bin2bn(id.bytes, sizeof(id.bytes), NULL);
	bool ok = n != NULL &&
	          BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;

	BN_free(n);
	return ok;
}

static bool
certify(X509 *x, const struct ca_level *l, X509 *by, EVP_PKEY *by_key,
    int64_t now)
{
	char constraints[48];
	X509V3_CTX ctx;

	(void)snprintf(constraints, sizeof(constraints),
	    l->room < 0 ? "critical,CA:TRUE" : "critical,CA:TRUE,pathlen:%d",
	    l->room);
	X509V3_set_ctx(&ctx, by, x, NULL, NULL, 0);
	return X509_set_version(x, X509_VERSION_3) == 1 && serial_set(x, now) &&
	       X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	           MBSTRING_UTF8, (const uint8_t *)l->cn, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, X509_get_subject_name(by)) == 1 &&
	       ASN1_TIME_set(X509_getm_notBefore(x), (time_t)l->begin) !=
	           NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)l->end) != NULL &&
	       X509_set_pubkey(x, l->key) == 1 &&
	       extension_add(x, &ctx, "basicConstraints", constraints) &&
	       extension_add(x, &ctx, "keyUsage",
	           "critical,keyCertSign,cRLSign") &&
	       extension_add(x, &ctx, "subjectKeyIdentifier", "hash") &&
	       (by == x || extension_add(x, &ctx, "authorityKeyIdentifier",
	                       "keyid:always")) &&
	       X509_sign(x, by_key, md_fetched(MD_SHA256)) > 0;
}

X509 *
ca_certify(const struct ca_level *l, X509 *by, EVP_PKEY *by_key, int64_t now)
{
	X509 *x = X509_new();

	if (x != NULL && certify(x, l, by != NULL ? by : x, by_key, now))
		return x;
	X509_free(x);
	return NULL;
}

const char *
ca_cert_text(X509 *x, struct arena *a)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const char *text;

	if (bio == NULL || PEM_write_bio_X509(bio, x) != 1)
		abort();
	text = bio_text(bio, a);
	BIO_free(bio);
	return text;
}
