/* Keys made wrongly on purpose, as a CSR's and as an account's. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/param_build.h>

#include "crypto/jwk.h"
#include "tests/csr.h"

static BN_CTX *ctx;

#define SHA256_WITH_RSA \
	PIECE("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00")

/* SubjectPublicKeyInfo of these numbers. */
static struct piece
spki_rsa(const BIGNUM *n, const BIGNUM *e)
{
	uint8_t *big = arena_alloc(a, 4096, 1), *small = arena_alloc(a, 512, 1);
	uint8_t *buf = arena_alloc(a, 4096, 1);
	struct pubkey k = { .kind = KEY_RSA,
		.a = big,
		.b = small,
		.a_len = (size_t)BN_bn2bin(n, big),
		.b_len = (size_t)BN_bn2bin(e, small) };
	struct derw w;

	derw_start(&w, buf, 4096);
	spki_write(&w, &k);
	assert_true(derw_end(&w));
	return (struct piece){ buf, w.len };
}

static enum err
as_csr(struct piece spki)
{
	return parse_shape((struct shape){
	    .attributes = attribute(OID_REQUEST, usual()),
	    .algorithm = SHA256_WITH_RSA,
	    .spki = spki });
}

static enum err
as_jwk(struct piece spki)
{
	struct der d = der_over(spki.at, spki.len);
	struct jwk *key = NULL;
	struct pubkey k;
	const char *json;
	enum err e;

	assert_int_equal(spki_read(&d, ERR_BAD_CSR, &k, &f), OK);
	json = pubkey_jwk(&k, a);
	e = jwk_parse(json, strlen(json), &key, &f);
	jwk_free(key);
	return e;
}

/* Neither for a certificate nor for an account, and this is why. */
static void
weak(const BIGNUM *n, unsigned long e, const char *why)
{
	BIGNUM *exponent = BN_new();

	BN_set_word(exponent, e);
	assert_int_equal(as_csr(spki_rsa(n, exponent)), ERR_BAD_CSR);
	if (strstr(f.detail, why) == NULL)
		fail_msg("%s, not %s", f.detail, why);
	assert_int_equal(as_jwk(spki_rsa(n, exponent)), ERR_BAD_PUBLIC_KEY);
	if (strstr(f.detail, why) == NULL)
		fail_msg("%s, not %s", f.detail, why);
	BN_free(exponent);
}

/* Good, but for the signature, which is not by it. */
static void
good(const BIGNUM *n)
{
	BIGNUM *exponent = BN_new();

	BN_set_word(exponent, 65537);
	assert_int_equal(as_csr(spki_rsa(n, exponent)), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "signature"));
	if (as_jwk(spki_rsa(n, exponent)) != OK)
		fail_msg("%s", f.detail);
	BN_free(exponent);
}

static BIGNUM *
prime_of(int bits)
{
	BIGNUM *p = BN_new();

	assert_int_equal(BN_generate_prime_ex2(p, bits, 0, NULL, NULL, NULL,
	                     ctx),
	    1);
	return p;
}

/* Of two primes, each with its two top bits set. */
static BIGNUM *
modulus_of(int bits)
{
	BIGNUM *n = NULL;
	EVP_PKEY *key = EVP_RSA_gen((size_t)bits);

	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n),
	    1);
	EVP_PKEY_free(key);
	return n;
}

/* A modulus nobody made: of that many bits, and odd. */
static BIGNUM *
number_of(int bits)
{
	BIGNUM *n = BN_new();

	assert_int_equal(BN_rand(n, bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD),
	    1);
	return n;
}

/* PKY-01, PKY-12: 2048 to 8192 bits, in whole octets. */
TEST(sizes)
{
	static const int bad[] = { 512, 1024, 2040, 2047, 2049, 3071, 8193,
		8200, 16384 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		BIGNUM *n = number_of(bad[i]);

		weak(n, 65537, "2048 to 8192");
		BN_free(n);
	}
	for (int bits = 2048; bits <= 8192; bits += 6144 / 4) {
		BIGNUM *n = number_of(bits);

		weak(n, 3, "exponent"); /* not its size */
		BN_free(n);
	}
	for (int bits = 2048; bits <= 3072; bits += 512) {
		BIGNUM *n = modulus_of(bits);

		good(n);
		BN_free(n);
	}
}

/* PKY-02, PKY-12, BLD-39: 65537 and no other. */
TEST(exponents)
{
	static const unsigned long bad[] = { 1, 2, 3, 17, 65536, 65539,
		4294967297 };
	BIGNUM *n = modulus_of(2048), *e = BN_new();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		weak(n, bad[i], "65537");
	BN_set_word(e, 1);
	assert_int_equal(BN_lshift(e, e, 300), 1);
	BN_add_word(e, 1);
	assert_int_equal(as_csr(spki_rsa(n, e)), ERR_BAD_CSR);
	BN_set_word(e, 0);
	assert_int_equal(as_csr(spki_rsa(n, e)), ERR_BAD_CSR);
	good(n);
	BN_free(e);
	BN_free(n);
}

/* PKY-03, PKY-12, BLD-39: even, and each prime below 752 in turn. */
TEST(small_factors)
{
	BIGNUM *n = BN_new(), *rest = number_of(2048);

	BN_sub_word(rest, 1);
	weak(rest, 65537, "small factor");
	for (BN_ULONG p = 3; p < 752; p += 2) {
		bool prime = true;

		for (BN_ULONG d = 3; d * d <= p; d += 2)
			prime = prime && p % d != 0;
		if (!prime)
			continue;
		do { /* p times a number that p is the only small factor of */
			BN_rand(rest, 2048 - 2, BN_RAND_TOP_ONE,
			    BN_RAND_BOTTOM_ODD);
			BN_add_word(rest, p - BN_mod_word(rest, p));
		} while (BN_num_bits(rest) > 2048);
		while (BN_num_bits(rest) < 2048) {
			BN_set_bit(rest, 2047);
			BN_add_word(rest, p - BN_mod_word(rest, p));
		}
		if (!BN_is_odd(rest))
			BN_add_word(rest, p);
		assert_int_equal(BN_mod_word(rest, p), 0);
		weak(rest, 65537, "small factor");
	}
	BN_free(rest);
	BN_free(n);
}

/* PKY-03: the square, the cube, and so on, of a number without small ones. */
TEST(powers)
{
	static const int roots[] = { 2, 3, 5, 7, 11, 13 };

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		BIGNUM *n = BN_new(), *p, *k = BN_new();

		BN_set_word(k, (BN_ULONG)roots[i]);
		for (int tries = 0; tries < 500; tries++) {
			p = prime_of(2048 / roots[i] + tries / 20);
			BN_exp(n, p, k, ctx);
			BN_free(p);
			if (BN_num_bits(n) >= 2048 && BN_num_bits(n) % 8 == 0)
				break;
		}
		weak(n, 65537, "power");
		BN_free(n);
		BN_free(k);
	}
}

/* A prime as such a chip makes it: k * M + (65537^a mod M). */
static BIGNUM *
roca_prime(int bits)
{
	BIGNUM *m = BN_new(), *p = BN_new(), *x = BN_new(), *g = BN_new();

	BN_set_word(m, 2);
	for (BN_ULONG d = 3; d <= 167; d += 2) {
		bool prime = true;

		for (BN_ULONG e = 3; e * e <= d; e += 2)
			prime = prime && d % e != 0;
		if (prime)
			BN_mul_word(m, d);
	}
	BN_set_word(g, 65537);
	do {
		BN_rand(x, 60, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
		BN_mod_exp(p, g, x, m, ctx);
		BN_rand(x, bits - BN_num_bits(m) + 1, BN_RAND_TOP_ANY,
		    BN_RAND_BOTTOM_ANY);
		BN_mul(x, x, m, ctx);
		BN_add(p, p, x);
	} while (BN_num_bits(p) != bits || BN_check_prime(p, ctx, NULL) != 1);
	BN_free(m);
	BN_free(x);
	BN_free(g);
	return p;
}

/* PKY-04, PKY-12, BLD-39: made like those of CVE-2017-15361. */
TEST(roca)
{
	BIGNUM *p, *q, *n = BN_new();

	do {
		p = roca_prime(1024);
		q = roca_prime(1024);
		BN_mul(n, p, q, ctx);
		BN_free(p);
		BN_free(q);
	} while (BN_num_bits(n) != 2048);
	weak(n, 65537, "ROCA");
	BN_free(n);
}

/* PKY-05, PKY-12, BLD-39: Fermat's method finds them within a hundred steps. */
TEST(close_primes)
{
	for (int i = 0; i < 2; i++) {
		BIGNUM *p = BN_new(), *q = BN_new(), *n = BN_new();

		do {
			BN_generate_prime_ex2(p, 1024, 0, NULL, NULL, NULL,
			    ctx);
			BN_mul(n, p, p, ctx);
		} while (BN_num_bits(n) != 2048);
		BN_copy(q, p);
		if (i == 1) { /* some 2^516 apart: found in a few steps */
			BN_set_word(q, 1);
			BN_lshift(q, q, 514);
			BN_add(q, q, p);
		}
		do
			BN_add_word(q, 2);
		while (BN_check_prime(q, ctx, NULL) != 1);
		BN_mul(n, p, q, ctx);
		if (BN_num_bits(n) == 2048)
			weak(n, 65537, "too close");
		BN_free(p);
		BN_free(q);
		BN_free(n);
	}
}

/* PKY-07, PKY-12: curves that are not ours; points on none. */
TEST(curves_and_points)
{
	static const char *const curves[] = { "P-224", "secp256k1",
		"brainpoolP256r1", "brainpoolP384r1", "P-192" };
	struct shape s = { .attributes = attribute(OID_REQUEST, usual()) };
	uint8_t *spki;
	size_t len = spki_of(p256).len;

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		s.key = EVP_EC_gen(curves[i]);
		assert_non_null(s.key);
		assert_int_equal(parse_shape(s), ERR_BAD_CSR);
		assert_non_null(strstr(f.detail, "unsupported kind"));
		EVP_PKEY_free(s.key);
	}
	s.key = NULL;
	spki = (uint8_t *)arena_bytes(a, spki_of(p256).at, len);
	spki[len - 1] ^= 1; /* y */
	s.spki = (struct piece){ spki, len };
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "no point"));
	memset(spki + len - 64, 0, 64); /* (0, 0) */
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "no point"));
	memset(spki + len - 64, 0xff, 64); /* not below the prime */
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "no point"));
	/* the point at infinity: one octet, 0 */
	s.spki = PIECE("\x30\x19\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
	               "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x02\x00"
	               "\x00");
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "uncompressed"));
	/* implicitCurve: NULL in place of a name */
	s.spki = PIECE("\x30\x13\x30\x0b\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
	               "\x05\x00\x03\x04\x00\x04\x01\x01");
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "unsupported kind"));
}

/* PKY-07: the parameters spelled out are not the curve's name. */
TEST(explicit_parameters)
{
	struct shape s = { .attributes = attribute(OID_REQUEST, usual()) };

	s.key = EVP_EC_gen("P-256");
	assert_int_equal(EVP_PKEY_set_utf8_string_param(s.key,
	                     OSSL_PKEY_PARAM_EC_ENCODING,
	                     OSSL_PKEY_EC_ENCODING_EXPLICIT),
	    1);
	assert_true(spki_of(s.key).len > 200);
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "unsupported kind"));
	EVP_PKEY_free(s.key);
}

/* PKY-12, FIN-17: keys for RSA-PSS alone, DSA, and for no signatures at all. */
TEST(other_kinds)
{
	struct shape s = { .attributes = attribute(OID_REQUEST, usual()) };
	EVP_PKEY *pss = EVP_PKEY_Q_keygen(NULL, NULL, "RSA-PSS", (size_t)2048),
	         *x = EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
	         *ed448 = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	EVP_PKEY *const keys[] = { pss, x, ed448 };

	if (pss == NULL) {
		EVP_PKEY_CTX *kctx =
		    EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);

		assert_int_equal(EVP_PKEY_keygen_init(kctx), 1);
		assert_int_equal(EVP_PKEY_keygen(kctx, &pss), 1);
		EVP_PKEY_CTX_free(kctx);
	}
	for (size_t i = 0; i < 3; i++) {
		s.spki = spki_of(i == 0 ? pss : keys[i]);
		assert_int_equal(parse_shape(s), ERR_BAD_CSR);
		assert_non_null(strstr(f.detail, "unsupported kind"));
	}
	s.spki =
	    PIECE("\x30\x16\x30\x0e\x06\x07\x2a\x86\x48\xce\x38\x04\x01"
	          "\x30\x03\x02\x01\x01\x03\x04\x00\x02\x01\x02"); /* DSA */
	assert_int_equal(parse_shape(s), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "unsupported kind"));
	EVP_PKEY_free(pss);
	EVP_PKEY_free(x);
	EVP_PKEY_free(ed448);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(sizes),
		T(exponents),
		T(small_factors),
		T(powers),
		T(roca),
		T(close_primes),
		T(curves_and_points),
		T(explicit_parameters),
		T(other_kinds),
	};
	int failed;

	crypto_start();
	ctx = BN_CTX_new();
	p256 = EVP_EC_gen("P-256");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(p256);
	BN_CTX_free(ctx);
	return failed;
}
