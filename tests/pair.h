/* tests/pair.h: a self-signed certificate and its key, as PEM. */
#ifndef TESTS_PAIR_H
#define TESTS_PAIR_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "tests/cmocka.h"

struct pair {
	char chain[4096], key[1024];
	X509 *leaf;
};

static void
pair_text(BIO *b, char *out, size_t room)
{
	int n = BIO_read(b, out, (int)room - 1);

	assert_true(n > 0);
	out[n] = '\0';
	BIO_free(b);
}

static void
pair_make(struct pair *p, long serial)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	BIO *b = BIO_new(BIO_s_mem());

	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                     (const unsigned char *)"ca.test", -1, -1, 0),
	    1);
	(void)X509_set_version(x, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
	(void)X509_set_issuer_name(x, name);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -60);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	(void)X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	(void)PEM_write_bio_X509(b, x);
	pair_text(b, p->chain, sizeof(p->chain));
	b = BIO_new(BIO_s_mem());
	(void)PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL);
	pair_text(b, p->key, sizeof(p->key));
	p->leaf = x;
	EVP_PKEY_free(key);
}

static bool __attribute__((unused))
pair_shown(const SSL *ssl, const struct pair *p)
{
	X509 *x = SSL_get1_peer_certificate(ssl);
	bool same = x != NULL && X509_cmp(x, p->leaf) == 0;

	X509_free(x);
	return same;
}

#endif
