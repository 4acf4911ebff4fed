/* The frame: one shape, one spelling, and the key that signed it. */
#include "crypto/jws.h"

#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/b64url.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "tests/cmocka.h"
#include "tests/vectors.h"

#define URL      "https://ca.test/acme/new-order"
#define ES(more) "{\"alg\":\"ES256\"," more "}"
#define NONCE    "\"nonce\":\"bm9uY2U\""
#define THERE    "\"url\":\"" URL "\""
#define KID      "\"kid\":\"https://ca.test/acme/acct/1\""
#define GOOD     ES(NONCE "," THERE "," KID)

static struct arena *a;
static struct jws j;
static struct fault f;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	f = (struct fault){ 0 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static enum err
parse(const char *body)
{
	f = (struct fault){ 0 };
	return jws_parse(body, strlen(body), a, &j, &f);
}

static const char *
b64(const char *text)
{
	return b64url_text(text, strlen(text), a);
}

/* A frame around this protected header; its signature is "sig". */
static const char *
frame(const char *header)
{
	return arena_printf(a,
	    "{\"protected\":\"%s\",\"payload\":\"e30\",\"signature\":\"c2ln\"}",
	    b64(header));
}

TEST(a_frame_is_taken_apart)
{
	assert_int_equal(parse(frame(GOOD)), OK);
	assert_string_equal(j.alg, "ES256");
	assert_string_equal(j.nonce, "bm9uY2U");
	assert_string_equal(j.url, URL);
	assert_string_equal(j.kid, "https://ca.test/acme/acct/1");
	assert_null(j.jwk);
	assert_int_equal(j.payload_len, 2);
	assert_string_equal(j.payload, "{}");
	assert_int_equal(j.signature_len, 3);
	assert_memory_equal(j.signature, "sig", 3);
	assert_string_equal(j.signing_input,
	    arena_printf(a, "%s.e30", b64(GOOD)));
	assert_int_equal(j.signing_input_len, strlen(j.signing_input));
}

TEST(a_jwk_is_kept_as_text)
{
	assert_int_equal(parse(frame(ES(NONCE "," THERE
	                                      ",\"jwk\": {\"kty\" : \"EC\"}"))),
	    OK);
	assert_null(j.kid);
	assert_int_equal(j.jwk_len, strlen("{\"kty\":\"EC\"}"));
	assert_memory_equal(j.jwk, "{\"kty\":\"EC\"}", j.jwk_len);
}

/* JWS-05. */
TEST(an_empty_payload_is_post_as_get)
{
	assert_int_equal(parse(arena_printf(a,
	                     "{\"protected\":\"%s\",\"payload\":\"\","
	                     "\"signature\":\"c2ln\"}",
	                     b64(GOOD))),
	    OK);
	assert_int_equal(j.payload_len, 0);
	assert_string_equal(j.payload, "");
}

/*
 * JWS-20, JWS-21: 7515, 4: what we do not know and nobody calls critical is
 * ignored.
 */
TEST(unknown_headers_are_ignored)
{
	assert_int_equal(parse(frame(ES(NONCE
	                     "," THERE "," KID
	                     ",\"typ\":\"JOSE\",\"x5u\":\"http://a\","
	                     "\"x5c\":[\"AA\"]"))),
	    OK);
}

static const struct {
	const char *header;
	enum err want;
} headers[] = {
	/* clang-format off */
	{ "", ERR_MALFORMED },
	{ "[]", ERR_MALFORMED },
	{ "{}", ERR_MALFORMED },
	{ GOOD " x", ERR_MALFORMED },
	{ ES(THERE "," KID), ERR_BAD_NONCE },
	{ ES("\"nonce\":\"\"," THERE "," KID), ERR_BAD_NONCE },
	{ ES("\"nonce\":7," THERE "," KID), ERR_MALFORMED },
	{ ES("\"nonce\":\"a+b\"," THERE "," KID), ERR_MALFORMED },
	{ ES("\"nonce\":\"ab==\"," THERE "," KID), ERR_MALFORMED },
	{ ES(NONCE "," KID), ERR_MALFORMED },
	{ ES(NONCE ",\"url\":1," KID), ERR_MALFORMED },
	{ ES(NONCE "," THERE), ERR_MALFORMED },
	{ ES(NONCE "," THERE "," KID ",\"jwk\":{}"), ERR_MALFORMED },
	{ ES(NONCE "," THERE ",\"jwk\":\"x\""), ERR_MALFORMED },
	{ ES(NONCE "," THERE ",\"kid\":[]"), ERR_MALFORMED },
	{ ES(NONCE "," THERE "," KID "," KID), ERR_MALFORMED },
	{ ES(NONCE "," THERE "," KID ",\"crit\":[]"), ERR_MALFORMED },
	{ ES(NONCE "," THERE "," KID ",\"crit\":[\"b64\"]"), ERR_MALFORMED },
	{ ES(NONCE "," THERE "," KID ",\"b64\":true"), ERR_MALFORMED },
	{ ES(NONCE "," THERE "," KID ",\"b64\":false"), ERR_MALFORMED },
	{ "{" NONCE "," THERE "," KID "}", ERR_MALFORMED },
	{ "{\"alg\":5," NONCE "," THERE "," KID "}", ERR_MALFORMED },
	{ "{\"alg\":\"none\"," NONCE "," THERE "," KID "}", ERR_BAD_SIGNATURE_ALGORITHM },
	{ "{\"alg\":\"HS256\"," NONCE "," THERE "," KID "}", ERR_BAD_SIGNATURE_ALGORITHM },
	{ "{\"alg\":\"RS384\"," NONCE "," THERE "," KID "}", ERR_BAD_SIGNATURE_ALGORITHM },
	{ "{\"alg\":\"es256\"," NONCE "," THERE "," KID "}", ERR_BAD_SIGNATURE_ALGORITHM },
	/* the algorithm is looked at before a missing nonce, after the shape */
	{ "{\"alg\":\"none\"," THERE "," KID "}", ERR_BAD_SIGNATURE_ALGORITHM },
	{ "{\"alg\":\"none\"," NONCE "," THERE "}", ERR_MALFORMED },
	/* clang-format on */
};

/* JWS-04, JWS-07, JWS-08, NON-10. */
TEST(headers_of_another_shape_are_refused)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		enum err e = parse(frame(headers[i].header));

		if (e != headers[i].want || f.detail[0] == '\0')
			fail_msg("%d, not %d: %s", (int)e, (int)headers[i].want,
			    headers[i].header);
	}
}

/* "P" stands for a good protected header. */
static const char *const bodies[] = {
	"",
	"[]",
	"null",
	"P.e30.c2ln",
	"{\"protected\":\"P\",\"payload\":\"e30\"}",
	"{\"protected\":\"P\",\"signature\":\"c2ln\"}",
	"{\"payload\":\"e30\",\"signature\":\"c2ln\"}",
	"{\"protected\":\"\",\"payload\":\"e30\",\"signature\":\"c2ln\"}",
	"{\"protected\":\"P\",\"payload\":\"e30\",\"signature\":\"\"}",
	"{\"protected\":\"P\",\"payload\":{},\"signature\":\"c2ln\"}",
	"{\"protected\":\"P\",\"payload\":\"e30=\",\"signature\":\"c2ln\"}",
	"{\"protected\":\"P\",\"payload\":\"e3+\",\"signature\":\"c2ln\"}",
	"{\"protected\":\"P\",\"payload\":\"e31\",\"signature\":\"c2ln\"}",
	"{\"protected\":\"P\",\"payload\":\"e30\",\"signature\":\"c2ln \"}",
	"{\"protected\":\"P=\",\"payload\":\"e30\",\"signature\":\"c2ln\"}",
	"{\"protected\":\"P\",\"payload\":\"e30\",\"signature\":\"c2ln\"}x",
	"{\"protected\":\"P\",\"payload\":\"e30\",\"signature\":\"c2ln\","
	"\"header\":{}}",
	"{\"protected\":\"P\",\"payload\":\"e30\",\"signatures\":[]}",
	"{\"protected\":\"P\",\"payload\":\"e30\",\"signature\":\"c2ln\","
	"\"payload\":\"e30\"}",
};

/* JWS-02, JWS-03, JWS-05, JWS-06, JWS-25. */
TEST(bodies_of_another_shape_are_refused)
{
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		const char *p = strchr(bodies[i], 'P');
		const char *body = p == NULL ? bodies[i]
		                             : arena_printf(a, "%.*s%s%s",
		                                   (int)(p - bodies[i]),
		                                   bodies[i], b64(GOOD), p + 1);

		if (parse(body) != ERR_MALFORMED)
			fail_msg("%s", bodies[i]);
	}
}

/* JWS-23. */
TEST(what_is_too_long_is_refused)
{
	char *pad = arena_alloc(a, 70000, 1);

	memset(pad, 'A', 69999);
	assert_int_equal(parse(arena_printf(a,
	                     "{\"protected\":\"%s\",\"payload\":\"e30\","
	                     "\"signature\":\"c2ln\",\"x\":\"%s\"}",
	                     b64(GOOD), pad)),
	    ERR_MALFORMED);
	pad[8192] = '\0';
	assert_int_equal(parse(frame(arena_printf(a,
	                     ES(NONCE "," THERE "," KID ",\"x\":\"%s\""),
	                     pad))),
	    ERR_MALFORMED);
	pad[7900] = '\0';
	assert_int_equal(parse(frame(arena_printf(a,
	                     ES(NONCE "," THERE "," KID ",\"x\":\"%s\""),
	                     pad))),
	    OK);
}

/* NON-09. */
TEST(the_nonce_of_a_refused_frame_is_known)
{
	assert_int_equal(parse(frame(ES(NONCE ",\"url\":1," KID))),
	    ERR_MALFORMED);
	assert_string_equal(j.nonce, "bm9uY2U");
	assert_int_equal(parse(arena_printf(a,
	                     "{\"protected\":\"%s\",\"payload\":\"e30\","
	                     "\"signature\":\"c2ln\",\"header\":{}}",
	                     b64(GOOD))),
	    ERR_MALFORMED);
	assert_string_equal(j.nonce, "bm9uY2U");
	assert_int_equal(parse(frame("{\"alg\":\"none\"," NONCE "," THERE
	                             "," KID "}")),
	    ERR_BAD_SIGNATURE_ALGORITHM);
	assert_string_equal(j.nonce, "bm9uY2U");
	assert_int_equal(parse(frame(ES("\"nonce\":\"a+b\"," THERE "," KID))),
	    ERR_MALFORMED);
	assert_null(j.nonce);
}

static void
check_vector(const struct vector *v)
{
	const char *jwk = v->words[1], *signature = v->words[3];
	struct jwk *key;
	uint8_t *sig;
	char *input = arena_text(a, v->words[2]);
	const uint8_t *read;

	j = (struct jws){ .alg = v->words[0],
		.kid = "k",
		.signing_input = input,
		.signing_input_len = strlen(input) };
	assert_int_equal(jwk_parse(jwk, strlen(jwk), &key, &f), OK);
	assert_true(b64url_read(signature, strlen(signature), a, &read,
	    &j.signature_len));
	sig = (uint8_t *)arena_bytes(a, read, j.signature_len);
	j.signature = sig;
	assert_int_equal(jws_verify(&j, key, &f), OK);
	/* a bit of every octet of the signature, and of what it signs */
	for (size_t at = 0; at < j.signature_len; at++) {
		sig[at] ^= (uint8_t)(1 << at % 8);
		assert_int_equal(jws_verify(&j, key, &f), ERR_MALFORMED);
		sig[at] ^= (uint8_t)(1 << at % 8);
	}
	input[strlen(input) - 1] ^= 1;
	assert_int_equal(jws_verify(&j, key, &f), ERR_MALFORMED);
	input[strlen(input) - 1] ^= 1;
	assert_int_equal(jws_verify(&j, key, &f), OK);
	jwk_free(key);
}

/* JWS-17, VEC-01, VEC-03. */
TEST(published_signatures_verify_and_no_other_bits_do)
{
	struct vector v[VECTORS_MAX];
	size_t n = vectors_of("jws", a, v);

	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++)
		check_vector(&v[i]);
}

/* Keys of each kind; what they sign is made by OpenSSL's other interface. */
static struct jwk *
key_of(EVP_PKEY *pkey)
{
	uint8_t *der = NULL;
	struct der spki = der_over(NULL, 0);
	struct pubkey k;
	struct jwk *key;
	const char *json;

	spki.len = (size_t)i2d_PUBKEY(pkey, &der);
	spki.at = der;
	assert_int_equal(spki_read(&spki, ERR_BAD_CSR, &k, &f), OK);
	json = pubkey_jwk(&k, a);
	assert_int_equal(jwk_parse(json, strlen(json), &key, &f), OK);
	OPENSSL_free(der);
	return key;
}

/* SEQUENCE { r, s } to r | s, `half` octets each. */
static size_t
raw_of(const uint8_t *der, size_t len, size_t half, uint8_t *out)
{
	struct der d = der_over(der, len), seq = der_get(&d, DER_SEQUENCE);

	memset(out, 0, 2 * half);
	for (unsigned i = 0; i < 2; i++) {
		struct der n = der_uint(&seq);

		memcpy(out + (i + 1) * half - n.len, n.at, n.len);
	}
	assert_true(der_end(&seq) && der_end(&d));
	return 2 * half;
}

static void
sign(EVP_PKEY *pkey, const char *alg, const char *md, size_t half, int padding)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	uint8_t der[1024], *raw = arena_alloc(a, 1024, 1);
	size_t len = sizeof(der);

	j = (struct jws){ .alg = alg,
		.kid = "k",
		.signing_input = "a.b",
		.signing_input_len = 3,
		.signature = raw };
	assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL, pkey,
	                     NULL),
	    1);
	if (padding != 0)
		assert_true(EVP_PKEY_CTX_set_rsa_padding(pctx, padding) == 1);
	if (padding == RSA_PKCS1_PSS_PADDING)
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32) == 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, (const uint8_t *)"a.b",
	                     3),
	    1);
	if (half != 0)
		len = raw_of(der, len, half, raw);
	else
		memcpy(raw, der, len);
	j.signature_len = len;
	EVP_MD_CTX_free(ctx);
}

static const struct {
	const char *alg, *type, *curve, *md;
	size_t half;
	int padding;
} makers[] = {
	{ "ES256", "EC", "P-256", "SHA256", 32, 0 },
	{ "ES384", "EC", "P-384", "SHA384", 48, 0 },
	{ "ES512", "EC", "P-521", "SHA512", 66, 0 },
	{ "RS256", "RSA", NULL, "SHA256", 0, RSA_PKCS1_PADDING },
	{ "PS256", "RSA", NULL, "SHA256", 0, RSA_PKCS1_PSS_PADDING },
	{ "EdDSA", "ED25519", NULL, NULL, 0, 0 },
};
enum { N_MAKERS = sizeof(makers) / sizeof(makers[0]) };

static EVP_PKEY *
make_key(unsigned i)
{
	if (strcmp(makers[i].type, "EC") == 0)
		return EVP_EC_gen(makers[i].curve);
	return strcmp(makers[i].type, "RSA") == 0
	           ? EVP_RSA_gen(2048)
	           : EVP_PKEY_Q_keygen(NULL, NULL, makers[i].type);
}

/*
 * JWS-08, JWS-09: walks the table of algorithms: each has a maker here, and
 * only its key.
 */
TEST(each_algorithm_takes_its_own_kind_of_key_only)
{
	EVP_PKEY *pkeys[N_MAKERS];
	struct jwk *keys[N_MAKERS];

	for (unsigned i = 0; i < N_MAKERS; i++) {
		assert_string_equal(jws_algorithm_at(i), makers[i].alg);
		pkeys[i] = make_key(i);
		keys[i] = key_of(pkeys[i]);
	}
	assert_null(jws_algorithm_at(N_MAKERS));
	for (unsigned i = 0; i < N_MAKERS; i++) {
		sign(pkeys[i], makers[i].alg, makers[i].md, makers[i].half,
		    makers[i].padding);
		for (int again = 0; again < 2; again++)
			assert_int_equal(jws_verify(&j, keys[i], &f), OK);
		for (unsigned k = 0; k < N_MAKERS; k++)
			if (k != i)
				assert_int_equal(jws_verify(&j, keys[k], &f),
				    ERR_MALFORMED);
	}
	for (unsigned i = 0; i < N_MAKERS; i++) {
		jwk_free(keys[i]);
		EVP_PKEY_free(pkeys[i]);
	}
}

/*
 * JWS-22: one RSA key, both paddings in turn: the one does not pass for the
 * other.
 */
TEST(paddings_are_not_confused)
{
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	struct jwk *key = key_of(pkey);

	for (int i = 0; i < 4; i++) {
		bool pss = i % 2 != 0;

		sign(pkey, pss ? "PS256" : "RS256", "SHA256", 0,
		    pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING);
		assert_int_equal(jws_verify(&j, key, &f), OK);
		j.alg = pss ? "RS256" : "PS256";
		assert_int_equal(jws_verify(&j, key, &f), ERR_MALFORMED);
	}
	jwk_free(key);
	EVP_PKEY_free(pkey);
}

/* JWS-11. */
TEST(signatures_have_one_length)
{
	EVP_PKEY *pkeys[2] = { EVP_EC_gen("P-256"), EVP_RSA_gen(2048) };

	for (unsigned i = 0; i < 2; i++) {
		struct jwk *key = key_of(pkeys[i]);

		sign(pkeys[i], i ? "RS256" : "ES256", "SHA256", i ? 0 : 32,
		    i ? RSA_PKCS1_PADDING : 0);
		assert_int_equal(jws_verify(&j, key, &f), OK);
		j.signature_len--;
		assert_int_equal(jws_verify(&j, key, &f), ERR_MALFORMED);
		j.signature_len += 2; /* there is a zero after it */
		assert_int_equal(jws_verify(&j, key, &f), ERR_MALFORMED);
		jwk_free(key);
		EVP_PKEY_free(pkeys[i]);
	}
}

/* JWS-11. */
TEST(ecdsa_zeros_and_der_are_refused)
{
	static const uint8_t zeros[64];
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	struct jwk *key = key_of(pkey);
	uint8_t der[80];
	size_t len = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	sign(pkey, "ES256", "SHA256", 32, 0);
	j.signature = zeros;
	assert_int_equal(jws_verify(&j, key, &f), ERR_MALFORMED);
	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL,
	                     pkey, NULL),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, (const uint8_t *)"a.b",
	                     3),
	    1);
	j.signature = der;
	j.signature_len = len;
	assert_int_equal(jws_verify(&j, key, &f), ERR_MALFORMED);
	EVP_MD_CTX_free(ctx);
	jwk_free(key);
	EVP_PKEY_free(pkey);
}

/* JWS-09, JWS-13, JWS-08. */
TEST(a_key_that_does_not_fit_is_the_fault_of_who_sent_it)
{
	static const char jwk[] =
	    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES384\","
	    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
	struct jwk *key;

	assert_int_equal(jwk_parse(jwk, strlen(jwk), &key, &f), OK);
	j = (struct jws){ .alg = "ES256", .jwk = jwk };
	assert_int_equal(jws_verify(&j, key, &f), ERR_BAD_PUBLIC_KEY);
	jwk_free(key);
	assert_int_equal(jwk_parse(jwk, strlen(jwk), &key, &f), OK);
	j = (struct jws){ .alg = "RS256", .kid = "k" };
	assert_int_equal(jws_verify(&j, key, &f), ERR_MALFORMED);
	assert_non_null(strstr(f.detail, "not one for algorithm RS256"));
	j = (struct jws){ .alg = "HS256", .kid = "k" };
	assert_int_equal(jws_verify(&j, key, &f), ERR_BAD_SIGNATURE_ALGORITHM);
	jwk_free(key);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_frame_is_taken_apart),
		T(a_jwk_is_kept_as_text),
		T(an_empty_payload_is_post_as_get),
		T(unknown_headers_are_ignored),
		T(headers_of_another_shape_are_refused),
		T(bodies_of_another_shape_are_refused),
		T(what_is_too_long_is_refused),
		T(the_nonce_of_a_refused_frame_is_known),
		T(published_signatures_verify_and_no_other_bits_do),
		T(each_algorithm_takes_its_own_kind_of_key_only),
		T(paddings_are_not_confused),
		T(signatures_have_one_length),
		T(ecdsa_zeros_and_der_are_refused),
		T(a_key_that_does_not_fit_is_the_fault_of_who_sent_it),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
