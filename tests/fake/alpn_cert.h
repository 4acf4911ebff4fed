/* tests/fake/alpn_cert.h: certificates as a test likes them, good or bad. */
#ifndef TESTS_FAKE_ALPN_CERT_H
#define TESTS_FAKE_ALPN_CERT_H

#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "tests/cmocka.h"

#define SAN_OID  "2.5.29.17"
#define ACME_OID "1.3.6.1.5.5.7.1.31"

struct fake_extension {
	const char *oid; /* NULL ends the list */
	bool critical;
	const char *value; /* of the OCTET STRING */
	size_t len;
};

struct fake_cert {
	const struct fake_extension *extensions;
	const char *subject, *issuer; /* common names; NULL: "test" */
	EVP_PKEY *key, *signer;       /* NULL: a P-256 key; that key */
	bool pss, expired;
};

static inline EVP_PKEY *
fake_cert_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

static inline void
fake_cert_name(X509_NAME *name, const char *cn)
{
	assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)(cn ? cn : "test"), -1, -1, 0));
}

static inline void
fake_cert_sign(X509 *x, EVP_PKEY *key, bool pss)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pk;

	assert_true(EVP_DigestSignInit(md, &pk, EVP_sha256(), NULL, key) == 1);
	if (pss)
		assert_true(EVP_PKEY_CTX_set_rsa_padding(pk,
		                RSA_PKCS1_PSS_PADDING) == 1);
	assert_true(X509_sign_ctx(x, md) > 0);
	EVP_MD_CTX_free(md);
}

/* To be freed with X509_free(). */
static inline X509 *
fake_cert_make(const struct fake_cert *c)
{
	X509 *x = X509_new();
	EVP_PKEY *key = c->key != NULL ? c->key : fake_cert_key();

	assert_true(X509_set_version(x, X509_VERSION_3));
	assert_true(ASN1_INTEGER_set(X509_get_serialNumber(x), 1));
	fake_cert_name(X509_get_subject_name(x), c->subject);
	fake_cert_name(X509_get_issuer_name(x), c->issuer);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x),
	    c->expired ? -7200 : -60));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x),
	    c->expired ? -3600 : 3600));
	assert_true(X509_set_pubkey(x, key));
	for (const struct fake_extension *e = c->extensions;
	     e != NULL && e->oid != NULL; e++) {
		ASN1_OBJECT *oid = OBJ_txt2obj(e->oid, 1);
		ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
		X509_EXTENSION *one;

		assert_true(ASN1_OCTET_STRING_set(value,
		    (const unsigned char *)e->value, (int)e->len));
		one =
		    X509_EXTENSION_create_by_OBJ(NULL, oid, e->critical, value);
		assert_true(X509_add_ext(x, one, -1));
		X509_EXTENSION_free(one);
		ASN1_OCTET_STRING_free(value);
		ASN1_OBJECT_free(oid);
	}
	fake_cert_sign(x, c->signer != NULL ? c->signer : key, c->pss);
	if (c->key == NULL)
		EVP_PKEY_free(key);
	return x;
}

#endif
