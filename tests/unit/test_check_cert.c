/* What was signed is what was recorded, and the issuer signed it. */
#include "crypto/check.h"

#include <openssl/pem.h>

#include "tests/cmocka.h"
#include "tests/issuer.h"

static struct arena *a;
static struct fault f;

static const char *
pem_of(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;
	const char *out;

	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	len = BIO_get_mem_data(bio, &data);
	out = arena_bytes(a, data, (size_t)len);
	BIO_free(bio);
	return out;
}

/* A leaf of `ca`, and the part of it that was signed. */
static uint8_t *
leaf_of(const struct test_ca *ca, size_t *len, const uint8_t **tbs,
    size_t *tbs_len)
{
	struct test_ca leaf =
	    test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	uint8_t *der = NULL, *out, *inner = NULL;
	const EVP_MD *md =
	    EVP_PKEY_get_bits(ca->key) == 384 ? EVP_sha384() : EVP_sha256();

	assert_true(X509_sign(leaf.cert, ca->key, md) > 0);
	*len = (size_t)i2d_X509(leaf.cert, &der);
	*tbs_len = (size_t)i2d_re_X509_tbs(leaf.cert, &inner);
	*tbs = (const uint8_t *)arena_bytes(a, inner, *tbs_len);
	out = (uint8_t *)arena_bytes(a, der, *len);
	OPENSSL_free(der);
	OPENSSL_free(inner);
	test_ca_free(&leaf);
	return out;
}

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* CPR-14, CPR-02: not an octet of a certificate can be another. */
TEST(what_the_issuer_signed_passes_and_nothing_else)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("P-256"), EVP_EC_gen("P-384"),
		EVP_RSA_gen(2048) };

	for (size_t i = 0; i < 3; i++) {
		struct test_ca ca = test_ca_new(keys[i], BEGIN, END, NULL);
		struct check *c = check_new(pem_of(ca.cert), &f);
		size_t len, tbs_len;
		const uint8_t *tbs;
		uint8_t *der = leaf_of(&ca, &len, &tbs, &tbs_len);

		assert_non_null(c);
		if (check_certificate(c, tbs, tbs_len, der, len, &f) != OK)
			fail_msg("%s", f.detail);
		for (size_t n = 0; n < len; n++) {
			der[n] ^= 1;
			assert_int_equal(check_certificate(c, tbs, tbs_len, der,
			                     len, &f),
			    ERR_INTERNAL);
			der[n] ^= 1;
			assert_int_equal(check_certificate(c, tbs, tbs_len, der,
			                     n, &f),
			    ERR_INTERNAL);
		}
		assert_int_equal(check_certificate(c, tbs, tbs_len - 1, der,
		                     len, &f),
		    ERR_INTERNAL);
		check_free(c);
		test_ca_free(&ca);
	}
}

/* CPR-14: another with the same name, and the same bytes to sign. */
TEST(another_issuer_s_signature_does_not_pass)
{
	struct test_ca one = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL),
	               two = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	struct check *c = check_new(pem_of(one.cert), &f);
	size_t len, tbs_len;
	const uint8_t *tbs;
	const uint8_t *der = leaf_of(&two, &len, &tbs, &tbs_len);

	assert_int_equal(check_certificate(c, tbs, tbs_len, der, len, &f),
	    ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "signature"));
	check_free(c);
	test_ca_free(&one);
	test_ca_free(&two);
}

TEST(an_issuer_must_be_one)
{
	struct test_ca ed =
	    test_ca_new(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), BEGIN, END,
	        NULL);

	assert_null(check_new("", &f));
	assert_null(check_new("-----BEGIN CERTIFICATE-----\n", &f));
	assert_null(check_new(pem_of(ed.cert), &f));
	test_ca_free(&ed);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_the_issuer_signed_passes_and_nothing_else),
		T(another_issuer_s_signature_does_not_pass),
		T(an_issuer_must_be_one),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
