/* tests/issuer.h: an issuing certificate of any kind of key, and leaves' keys. */
#ifndef TESTS_ISSUER_H
#define TESTS_ISSUER_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/profile.h"

#define BEGIN INT64_C(1700000000)
#define END   INT64_C(1800000000)
#define NOW   INT64_C(1763000000)

struct test_ca {
	EVP_PKEY *key;
	X509 *cert;
	uint8_t *der;
	size_t len;
};

/* A test that cannot be set up is no test. */
static inline void
need(bool ok)
{
	if (!ok)
		abort();
}

static inline void
test_ca_extend(X509 *x, const char *name, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf(NULL, &ctx, name, value);
	need(e != NULL && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

/* Takes `key`.  Without the extension called `without`, if that is not NULL. */
static inline struct test_ca
test_ca_new(EVP_PKEY *key, int64_t begin, int64_t end, const char *without)
{
	static const char *const exts[][2] = {
		{ "basicConstraints", "critical,CA:TRUE" },
		{ "keyUsage", "critical,keyCertSign,cRLSign" },
		{ "subjectKeyIdentifier", "hash" },
	};
	struct test_ca ca = { .key = key, .cert = X509_new() };
	X509 *x = ca.cert;
	bool ed = EVP_PKEY_is_a(key, "ED25519");

	need(X509_set_version(x, X509_VERSION_3) == 1 &&
	     X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	         MBSTRING_ASC, (const uint8_t *)"An issuer", -1, -1, 0) == 1 &&
	     X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
	     ASN1_TIME_set(X509_getm_notBefore(x), begin) != NULL &&
	     ASN1_TIME_set(X509_getm_notAfter(x), end) != NULL &&
	     X509_set_pubkey(x, key) == 1);
	for (size_t i = 0; i < 3; i++)
		if (without == NULL || strcmp(without, exts[i][0]) != 0)
			test_ca_extend(x, exts[i][0], exts[i][1]);
	need(X509_sign(x, key, ed ? NULL : md_fetched(MD_SHA256)) > 0);
	ca.len = (size_t)i2d_X509(x, &ca.der);
	return ca;
}

static inline void
test_ca_free(struct test_ca *ca)
{
	OPENSSL_free(ca->der);
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
	*ca = (struct test_ca){ 0 };
}

static const struct ident test_names[] = { { IDENT_DNS, "a.lan", false },
	{ IDENT_DNS, "b.lan", true }, { IDENT_IP, "10.0.0.1", false },
	{ IDENT_IP, "fd00::1", false } };

/* A leaf with a key of its own, in `a`. */
static inline struct leaf
test_leaf(struct arena *a, int64_t now)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	uint8_t *der = NULL;
	size_t len = (size_t)i2d_PUBKEY(key, &der);
	struct leaf leaf = { .serial = id_new(now * 1000),
		.now = now,
		.spki = (uint8_t *)arena_bytes(a, der, len),
		.spki_len = len,
		.names = test_names,
		.n_names = 4 };

	OPENSSL_free(der);
	EVP_PKEY_free(key);
	return leaf;
}

static const struct profile_spec test_spec = { .name = "tenminutes",
	.lifetime_s = 600,
	.backdate_s = 30,
	.usages = USAGE_SERVER_AUTH,
	.no_rev_avail = true };

#endif
