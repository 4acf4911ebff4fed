/* Whose key a request holds, and how it must be signed. */
#include "tests/csr.h"

#define HASH(n) "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" n "\x05\x00"
#define PSS(n, salt)                                                         \
	PIECE("\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34" \
	      "\xa0\x0f" HASH(n) "\xa1\x1c\x30\x1a"                          \
	                         "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01"  \
	                         "\x08" HASH(n) "\xa2\x03\x02\x01" salt)
#define RSA_WITH(n) \
	PIECE("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" n "\x05\x00")

TEST(each_kind_of_key_signs_with_what_is_for_it)
{
	struct shape s = { .attributes = attribute(OID_REQUEST, usual()) };

	s.key = EVP_EC_gen("P-384");
	assert_int_equal(parse_shape(s), OK);
	s.algorithm = PIECE("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03");
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	s.md = "SHA384";
	assert_int_equal(parse_shape(s), OK);
	EVP_PKEY_free(s.key);
	s.key = EVP_EC_gen("P-521");
	assert_int_equal(parse_shape(s), OK);
	s.md = "SHA512";
	s.algorithm = PIECE("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04");
	assert_int_equal(parse_shape(s), OK);
	EVP_PKEY_free(s.key);
	s.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	s.md = NULL;
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	s.algorithm = PIECE("\x30\x05\x06\x03\x2b\x65\x70");
	assert_int_equal(parse_shape(s), OK);
	EVP_PKEY_free(s.key);
}

/* FIN-06. */
TEST(rsa_signs_with_either_padding_and_no_weak_digest)
{
	struct shape s = { .attributes = attribute(OID_REQUEST, usual()),
		.key = EVP_RSA_gen(2048),
		.algorithm = RSA_WITH("\x0b") };

	assert_int_equal(parse_shape(s), OK);
	s.algorithm =
	    PIECE("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b");
	assert_int_equal(parse_shape(s), OK);
	s.algorithm = RSA_WITH("\x0d");
	s.md = "SHA512";
	assert_int_equal(parse_shape(s), OK);
	s.algorithm = RSA_WITH("\x05");
	s.md = "SHA1";
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "SHA-256"));
	s.md = "SHA256";
	s.pss_salt = 32;
	s.algorithm = PSS("\x01", "\x20");
	assert_int_equal(parse_shape(s), OK);
	s.algorithm = PSS("\x01", "\x21");
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	s.algorithm = PSS("\x04", "\x20"); /* SHA-224 */
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	s.algorithm = RSA_WITH("\x0b");
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	EVP_PKEY_free(s.key);
}

/* FIN-10, PKY-07. */
TEST(keys_that_are_not_acceptable_are_refused)
{
	static const char *const curves[] = { "P-224", "secp256k1",
		"brainpoolP256r1" };
	struct shape s = { .attributes = attribute(OID_REQUEST, usual()) };
	uint8_t *spki;

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		s.key = EVP_EC_gen(curves[i]);
		assert_int_equal(parse_shape(s), ERR_BAD_CSR);
		EVP_PKEY_free(s.key);
	}
	s.algorithm = RSA_WITH("\x0b");
	s.key = EVP_RSA_gen(1024);
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	EVP_PKEY_free(s.key);
	s.key = EVP_RSA_gen(2047);
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	EVP_PKEY_free(s.key);
	s.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	s.algorithm = PIECE("\x30\x05\x06\x03\x2b\x65\x71");
	s.spki = spki_of(s.key);
	EVP_PKEY_free(s.key);
	s.key = NULL;
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	s.algorithm = NOTHING;
	s.algorithm.at = NULL;
	spki = (uint8_t *)arena_bytes(a, spki_of(p256).at, spki_of(p256).len);
	spki[26] |= 0x02; /* the hybrid form, of the same length */
	s.spki = (struct piece){ spki, spki_of(p256).len };
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "uncompressed"));
	assert_int_equal(EVP_PKEY_set_utf8_string_param(p256, "point-format",
	                     "compressed"),
	    1);
	s.spki = spki_of(p256);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(p256, "point-format",
	                     "uncompressed"),
	    1);
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "uncompressed"));
}

/* FIN-06. */
TEST(somebody_elses_key_cannot_be_certified)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");

	assert_int_equal(parse_shape((struct shape){ .spki = spki_of(other),
	                     .attributes = attribute(OID_REQUEST, usual()) }),
	    ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "signature"));
	EVP_PKEY_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_kind_of_key_signs_with_what_is_for_it),
		T(rsa_signs_with_either_padding_and_no_weak_digest),
		T(keys_that_are_not_acceptable_are_refused),
		T(somebody_elses_key_cannot_be_certified),
	};
	int failed;

	crypto_start();
	p256 = EVP_EC_gen("P-256");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(p256);
	return failed;
}
