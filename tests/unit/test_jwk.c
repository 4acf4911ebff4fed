/* Which keys we accept, and what they are called. */
#include "crypto/jwk.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "tests/cmocka.h"
#include "tests/vectors.h"

#define X256  "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y256  "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define X2551 "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define N7638                                                          \
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtV" \
	"T86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64t" \
	"Z_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Q" \
	"vzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO" \
	"pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_" \
	"xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"

static struct jwk *key;
static struct fault f;

static enum err
parse(const char *json)
{
	jwk_free(key);
	f = (struct fault){ 0 };
	return jwk_parse(json, strlen(json), &key, &f);
}

static int
teardown(void **state)
{
	(void)state;
	jwk_free(key);
	key = NULL;
	return 0;
}

/* VEC-02, VEC-03, VEC-13. */
TEST(published_thumbprints_come_out)
{
	struct arena *a = arena_new();
	struct vector v[VECTORS_MAX];
	size_t n = vectors_of("thumbprint", a, v);
	char text[JWK_THUMBPRINT];

	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		const char *want = v[i].words[2];

		assert_int_equal(parse(v[i].words[0]), OK);
		assert_string_equal(jwk_canonical(key), v[i].words[1]);
		jwk_thumbprint(key, text);
		assert_string_equal(text, want);
		assert_string_equal(jwk_key_authorization(key, "tok", a),
		    arena_printf(a, "tok.%s", want));
	}
	arena_free(a);
}

TEST(the_canonical_text_is_a_jwk_of_the_same_key)
{
	struct arena *a = arena_new();
	struct vector v[VECTORS_MAX];
	size_t n = vectors_of("thumbprint", a, v);
	char text[JWK_THUMBPRINT];

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(parse(v[i].words[1]), OK);
		jwk_thumbprint(key, text);
		assert_string_equal(text, v[i].words[2]);
	}
	arena_free(a);
}

/* JWS-12: 0 octets before the modulus, as some clients send them. */
TEST(a_leading_zero_in_n_is_not_seen_in_the_thumbprint)
{
	struct arena *a = arena_new();
	char text[JWK_THUMBPRINT];
	uint8_t n[257] = { 0 };
	EVP_PKEY *pkey = NULL;
	struct pubkey k;
	const char *json;
	struct der spki;
	uint8_t *der = NULL;

	pkey = EVP_RSA_gen(2048);
	spki = der_over(NULL, 0);
	spki.len = (size_t)i2d_PUBKEY(pkey, &der);
	spki.at = der;
	assert_int_equal(spki_read(&spki, ERR_BAD_CSR, &k, &f), OK);
	json = pubkey_jwk(&k, a);
	assert_int_equal(parse(json), OK);
	jwk_thumbprint(key, text);
	memcpy(n + 1, k.a, k.a_len);
	k.a = n;
	k.a_len = sizeof(n);
	assert_string_not_equal(pubkey_jwk(&k, a), json);
	assert_int_equal(parse(pubkey_jwk(&k, a)), OK);
	assert_string_equal(jwk_canonical(key), json);
	EVP_PKEY_free(pkey);
	OPENSSL_free(der);
	arena_free(a);
}

static void
same_spki_as_openssl(EVP_PKEY *pkey)
{
	struct arena *a = arena_new();
	uint8_t *der = NULL, want[32], got[32], again[1100];
	int len = i2d_PUBKEY(pkey, &der);
	struct der spki = der_over(der, (size_t)len);
	struct pubkey k;
	struct derw w;

	assert_non_null(pkey);
	assert_int_equal(spki_read(&spki, ERR_BAD_CSR, &k, &f), OK);
	derw_start(&w, again, sizeof(again));
	spki_write(&w, &k);
	assert_true(derw_end(&w) && w.len == (size_t)len);
	assert_memory_equal(again, der, w.len);
	assert_int_equal(parse(pubkey_jwk(&k, a)), OK);
	sha256(der, (size_t)len, want);
	jwk_spki_sha256(key, got);
	assert_memory_equal(got, want, 32);
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	arena_free(a);
}

TEST(every_kind_has_the_spki_that_openssl_gives_it)
{
	same_spki_as_openssl(EVP_EC_gen("P-256"));
	same_spki_as_openssl(EVP_EC_gen("P-384"));
	same_spki_as_openssl(EVP_EC_gen("P-521"));
	same_spki_as_openssl(EVP_RSA_gen(2048));
	same_spki_as_openssl(EVP_RSA_gen(3072));
	same_spki_as_openssl(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

#define EC(x, y) \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" x "\",\"y\":\"" y "\""
#define RSA(n, e)  "{\"kty\":\"RSA\",\"n\":\"" n "\",\"e\":\"" e "\""
#define OKP(x)     "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" x "\"}"
#define PRIVATE(m) EC(X256, Y256) ",\"" m "\":\"AA\"}"

static const struct {
	const char *json;
	enum err want;
} refused[] = {
	/* clang-format off */
	{ "{}", ERR_MALFORMED },
	{ "[]", ERR_MALFORMED },
	{ "{\"kty\":1}", ERR_MALFORMED },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\"}", ERR_MALFORMED },
	{ EC(X256, Y256) ",\"x\":\"" X256 "\"}", ERR_MALFORMED },
	{ EC(X256, Y256 "=") "}", ERR_MALFORMED },
	{ EC(X256, "*" Y256) "}", ERR_MALFORMED },
	/* the y of an EC key changed; a coordinate short, and long, by one */
	{ EC(X256, "y_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0") "}", ERR_BAD_PUBLIC_KEY },
	{ EC(X256, "8UTNG72bfocs3-257rn0s2ldbqkLJK2KRiMohYjlrQ") "}", ERR_BAD_PUBLIC_KEY },
	{ EC("AH_NzidxvYIPjLm_bS3tYBzM1e-nvE7rPbjx70VRFA", Y256) "}", ERR_BAD_PUBLIC_KEY },
	{ EC("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") "}", ERR_BAD_PUBLIC_KEY },
	{ EC("", "") "}", ERR_BAD_PUBLIC_KEY },
	{ "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", ERR_BAD_PUBLIC_KEY },
	{ "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", ERR_BAD_PUBLIC_KEY },
	{ "{\"kty\":\"EC\",\"crv\":\"P-224\",\"x\":\"AA\",\"y\":\"AA\"}", ERR_BAD_PUBLIC_KEY },
	{ "{\"kty\":\"EC\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", ERR_BAD_PUBLIC_KEY },
	{ "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"AA\"}", ERR_BAD_PUBLIC_KEY },
	{ "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X2551 "\"}", ERR_BAD_PUBLIC_KEY },
	{ "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ\"}", ERR_BAD_PUBLIC_KEY },
	{ "{\"kty\":\"oct\"}", ERR_BAD_PUBLIC_KEY },
	{ OKP("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"), ERR_BAD_PUBLIC_KEY },
	/* points of small order, and y not below the prime */
	{ OKP("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), ERR_BAD_PUBLIC_KEY },
	{ OKP("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), ERR_BAD_PUBLIC_KEY },
	{ OKP("7P_______________________________________38"), ERR_BAD_PUBLIC_KEY },
	{ OKP("7v________________________________________8"), ERR_BAD_PUBLIC_KEY },
	{ OKP("JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU"), ERR_BAD_PUBLIC_KEY },
	/* JWS-10: nothing private, whatever its type */
	{ PRIVATE("d"), ERR_BAD_PUBLIC_KEY },
	{ PRIVATE("p"), ERR_BAD_PUBLIC_KEY },
	{ PRIVATE("q"), ERR_BAD_PUBLIC_KEY },
	{ PRIVATE("dp"), ERR_BAD_PUBLIC_KEY },
	{ PRIVATE("dq"), ERR_BAD_PUBLIC_KEY },
	{ PRIVATE("qi"), ERR_BAD_PUBLIC_KEY },
	{ PRIVATE("k"), ERR_BAD_PUBLIC_KEY },
	{ EC(X256, Y256) ",\"oth\":[{\"r\":\"AA\"}]}", ERR_BAD_PUBLIC_KEY },
	/* JWS-13 */
	{ EC(X256, Y256) ",\"use\":\"enc\"}", ERR_BAD_PUBLIC_KEY },
	{ EC(X256, Y256) ",\"key_ops\":[\"encrypt\"]}", ERR_BAD_PUBLIC_KEY },
	{ EC(X256, Y256) ",\"key_ops\":[]}", ERR_BAD_PUBLIC_KEY },
	/* exponents: 1, 2, 65536, 0, 2^32 + 1, with a leading zero */
	{ RSA(N7638, "AQ") "}", ERR_BAD_PUBLIC_KEY },
	{ RSA(N7638, "Ag") "}", ERR_BAD_PUBLIC_KEY },
	{ RSA(N7638, "AQAA") "}", ERR_BAD_PUBLIC_KEY },
	{ RSA(N7638, "") "}", ERR_BAD_PUBLIC_KEY },
	{ RSA(N7638, "AQAAAAE") "}", ERR_BAD_PUBLIC_KEY },
	{ RSA(N7638, "AAEAAQ") "}", ERR_BAD_PUBLIC_KEY },
	{ RSA("", "AQAB") "}", ERR_BAD_PUBLIC_KEY },
	{ RSA("AAAA", "AQAB") "}", ERR_BAD_PUBLIC_KEY },
	/* clang-format on */
};

/* JWS-10, JWS-12, JWS-13. */
TEST(what_is_not_acceptable_is_refused_with_the_right_type)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		enum err e = parse(refused[i].json);

		if (e != refused[i].want || key != NULL || f.detail[0] == '\0')
			fail_msg("%d, not %d: %s: %s", (int)e,
			    (int)refused[i].want, refused[i].json, f.detail);
	}
}

static enum err
rsa_of(size_t octets, uint8_t first, uint8_t last)
{
	static uint8_t n[1200];
	struct arena *a = arena_new();
	struct pubkey k = { KEY_RSA, n, (const uint8_t *)"\1\0\1", octets, 3 };
	enum err e;

	memset(n, 0x55, sizeof(n));
	n[0] = first;
	n[octets - 1] = last;
	e = parse(pubkey_jwk(&k, a));
	arena_free(a);
	return e;
}

TEST(rsa_sizes_and_moduli_are_bounded)
{
	assert_int_equal(rsa_of(128, 0xc1, 0x55), ERR_BAD_PUBLIC_KEY);
	assert_int_equal(rsa_of(255, 0xc1, 0x55), ERR_BAD_PUBLIC_KEY);
	assert_non_null(strstr(f.detail, "2048"));
	assert_int_equal(rsa_of(256, 0x41, 0x55), ERR_BAD_PUBLIC_KEY);
	assert_non_null(strstr(f.detail, "2048"));
	assert_int_equal(rsa_of(1025, 0xc1, 0x55), ERR_BAD_PUBLIC_KEY);
	assert_non_null(strstr(f.detail, "2048"));
	assert_int_equal(rsa_of(256, 0xc1, 0x54), ERR_BAD_PUBLIC_KEY);
	assert_non_null(strstr(f.detail, "factor"));
}

/* The largest prime the check must know, times two large ones. */
TEST(a_modulus_with_a_small_factor_is_refused)
{
	struct arena *a = arena_new();
	uint8_t n[256];
	struct pubkey k = { KEY_RSA, n, (const uint8_t *)"\1\0\1", sizeof(n),
		3 };
	EVP_PKEY *pkey;
	BIGNUM *bn;

	do {
		bn = NULL;
		pkey = EVP_RSA_gen(2038);
		assert_int_equal(EVP_PKEY_get_bn_param(pkey, "n", &bn), 1);
		assert_int_equal(BN_mul_word(bn, 751), 1);
		EVP_PKEY_free(pkey);
		if (BN_num_bits(bn) == 2048)
			break;
		BN_free(bn);
	} while (true);
	assert_int_equal(BN_bn2binpad(bn, n, sizeof(n)), sizeof(n));
	assert_int_equal(parse(pubkey_jwk(&k, a)), ERR_BAD_PUBLIC_KEY);
	assert_non_null(strstr(f.detail, "factor"));
	BN_free(bn);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_thumbprints_come_out),
		cmocka_unit_test(the_canonical_text_is_a_jwk_of_the_same_key),
		cmocka_unit_test(
		    a_leading_zero_in_n_is_not_seen_in_the_thumbprint),
		cmocka_unit_test(every_kind_has_the_spki_that_openssl_gives_it),
		cmocka_unit_test(
		    what_is_not_acceptable_is_refused_with_the_right_type),
		cmocka_unit_test(rsa_sizes_and_moduli_are_bounded),
		cmocka_unit_test(a_modulus_with_a_small_factor_is_refused),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, teardown);
}
