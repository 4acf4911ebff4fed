/* Certificates as bytes and as text. */
#include "crypto/cert.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "tests/cmocka.h"

static struct arena *a;
static struct fault f;

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

/* A certificate with this serial, as OpenSSL writes it. */
static uint8_t *
certificate(const char *serial_hex, size_t *len)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIGNUM *n = NULL;
	uint8_t *der = NULL, *out;

	assert_true(BN_hex2bn(&n, serial_hex) > 0);
	assert_non_null(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)));
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), 1000));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), 2599999999));
	assert_int_equal(X509_set_pubkey(x, pkey), 1);
	assert_true(X509_sign(x, pkey, md_fetched(MD_SHA256)) > 0);
	*len = (size_t)i2d_X509(x, &der);
	out = (uint8_t *)arena_bytes(a, der, *len);
	OPENSSL_free(der);
	BN_free(n);
	X509_free(x);
	EVP_PKEY_free(pkey);
	return out;
}

TEST(pem_is_what_openssl_writes)
{
	uint8_t data[200];
	BIO *bio;
	char *text;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t n = 1; n < sizeof(data); n++) {
		bio = BIO_new(BIO_s_mem());
		assert_true(PEM_write_bio(bio, "CERTIFICATE", "", data,
		                (long)n) > 0);
		assert_int_equal(BIO_write(bio, "", 1), 1);
		(void)BIO_get_mem_data(bio, &text);
		assert_string_equal(cert_pem(data, n, a), text);
		BIO_free(bio);
	}
}

TEST(a_serial_comes_back_as_the_id_it_was)
{
	struct id id = id_new(1763000000000), got;
	char hex[ID_HEX];
	size_t len;
	uint8_t *der;

	id_hex(id, hex);
	der = certificate(hex, &len);
	assert_int_equal(cert_serial(der, len, &got, &f), OK);
	assert_true(id_equal(id, got));
	der = certificate("FF0102030405060708090A0B0C0D0E0F", &len);
	assert_int_equal(cert_serial(der, len, &got, &f), OK);
	assert_int_equal(got.bytes[0], 0xff);
	assert_int_equal(got.bytes[15], 0x0f);
	der = certificate("7", &len);
	assert_int_equal(cert_serial(der, len, &got, &f), OK);
	assert_int_equal(got.bytes[15], 7);
}

TEST(a_serial_none_of_ours_is_not_found)
{
	static const char *const serials[] = { "0",
		"0102030405060708090A0B0C0D0E0F1011", "-1234567890" };
	struct id got;
	size_t len;
	uint8_t *der;

	for (size_t i = 0; i < 3; i++) {
		der = certificate(serials[i], &len);
		assert_int_equal(cert_serial(der, len, &got, &f),
		    ERR_NOT_FOUND);
	}
}

TEST(what_is_no_certificate_has_no_serial)
{
	struct id got;
	size_t len;
	uint8_t *der = certificate("7", &len);

	for (size_t n = 0; n < len; n++)
		assert_int_equal(cert_serial(der, n, &got, &f), ERR_MALFORMED);
	der = (uint8_t *)arena_bytes(a, der, len);
	assert_int_equal(cert_serial(der, len + 1, &got, &f), ERR_MALFORMED);
	der[0] = DER_SET;
	assert_int_equal(cert_serial(der, len, &got, &f), ERR_MALFORMED);
	assert_int_equal(cert_serial((const uint8_t *)"-----BEGIN", 10, &got,
	                     &f),
	    ERR_MALFORMED);
}

TEST(validity_is_that_of_the_first_certificate)
{
	size_t len;
	uint8_t *der = certificate("7", &len);
	const char *pem = cert_pem(der, len, a);
	int64_t begin, end;

	assert_int_equal(cert_validity(arena_printf(a, "%s%s", pem, "more"),
	                     &begin, &end, &f),
	    OK);
	assert_true(begin == 1000 && end == 2599999999);
	assert_int_equal(cert_validity("", &begin, &end, &f), ERR_INTERNAL);
	assert_int_equal(cert_validity("-----BEGIN CERTIFICATE-----\nAA\n",
	                     &begin, &end, &f),
	    ERR_INTERNAL);
}

TEST(a_pair_is_two_halves_of_one_key)
{
	struct keypair one, two;
	BIO *bio;
	EVP_PKEY *pkey;
	uint8_t *der = NULL, digest[32];
	int len;

	keypair_new(a, &one);
	keypair_new(a, &two);
	assert_string_not_equal(one.key, two.key);
	bio = BIO_new_mem_buf(one.key, -1);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	assert_non_null(pkey);
	len = i2d_PUBKEY(pkey, &der);
	assert_int_equal(len, one.spki_len);
	assert_memory_equal(der, one.spki, one.spki_len);
	sha256(der, (size_t)len, digest);
	assert_memory_equal(digest, one.spki_sha256, 32);
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(pem_is_what_openssl_writes),
		T(a_serial_comes_back_as_the_id_it_was),
		T(a_serial_none_of_ours_is_not_found),
		T(what_is_no_certificate_has_no_serial),
		T(validity_is_that_of_the_first_certificate),
		T(a_pair_is_two_halves_of_one_key),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
