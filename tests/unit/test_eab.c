/* crypto/eab.c: external account bindings (RFC 8555, 7.3.4). */
#include "crypto/eab.h"

#include "base/b64url.h"
#include "crypto/digest.h"
#include "tests/cmocka.h"
#include "tests/fake/signer.h"

#define URL "https://ca.test/acme/new-account"
#define HEADER(alg) \
	"{\"alg\":\"" alg "\",\"kid\":\"kid-1\",\"url\":\"" URL "\"}"

static struct arena *a;
static struct fake_signer *signer, *other;
static struct jwk *key;
static struct fault f;
static struct eab_claim claim;
static uint8_t mac_key[64];

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	signer = fake_signer_new();
	other = fake_signer_new();
	for (size_t i = 0; i < sizeof(mac_key); i++)
		mac_key[i] = (uint8_t)(7 * i + 1);
	return jwk_parse(fake_signer_jwk(signer),
	           strlen(fake_signer_jwk(signer)), &key, &f) == OK
	           ? 0
	           : -1;
}

static int
teardown(void **state)
{
	(void)state;
	jwk_free(key);
	fake_signer_free(signer);
	fake_signer_free(other);
	arena_free(a);
	return 0;
}

static const char *
frame(const char *alg, const char *header)
{
	return fake_mac_frame(alg, mac_key, sizeof(mac_key), header,
	    fake_signer_jwk(signer), a);
}

static enum err
parse(const char *json)
{
	f = (struct fault){ 0 };
	return eab_parse(json, strlen(json), URL, key, a, &claim, &f);
}

/* EAB-02, EAB-10: the three MACs of RFC 7518, 3.2, and a key of 512 bits. */
TEST(each_mac_proves_what_was_made_with_it)
{
	static const char *const headers[][2] = { { "HS256", HEADER("HS256") },
		{ "HS384", HEADER("HS384") }, { "HS512", HEADER("HS512") } };

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(parse(frame(headers[i][0], headers[i][1])),
		    OK);
		assert_string_equal(claim.kid, "kid-1");
		assert_true(eab_proves(&claim, mac_key, sizeof(mac_key)));
		mac_key[63] ^= 1;
		assert_false(eab_proves(&claim, mac_key, sizeof(mac_key)));
		mac_key[63] ^= 1;
	}
}

/* EAB-03: over the characters sent; none of them can be another. */
TEST(whatever_is_changed_is_not_proven)
{
	struct eab_claim good;

	assert_int_equal(parse(frame("HS256", HEADER("HS256"))), OK);
	good = claim;
	for (int part = 0; part < 3; part++) {
		const char **text = part == 0   ? &claim.frame.protected
		                    : part == 1 ? &claim.frame.payload
		                                : &claim.frame.signature;

		for (size_t i = 0; i < strlen(*text); i++) {
			char *bad = arena_text(a, *text);

			bad[i] = bad[i] == 'A' ? 'B' : 'A';
			*text = bad;
			assert_false(eab_proves(&claim, mac_key,
			    sizeof(mac_key)));
			claim = good;
		}
		*text = "";
		assert_false(eab_proves(&claim, mac_key, sizeof(mac_key)));
		claim = good;
	}
	assert_true(eab_proves(&claim, mac_key, sizeof(mac_key)));
}

/* A header that says HS256, and a MAC of another length. */
TEST(the_algorithm_is_the_one_that_is_named)
{
	assert_int_equal(parse(frame("HS512", HEADER("HS256"))), OK);
	assert_false(eab_proves(&claim, mac_key, sizeof(mac_key)));
	assert_int_equal(parse(frame("HS256", HEADER("HS512"))), OK);
	assert_false(eab_proves(&claim, mac_key, sizeof(mac_key)));
}

/* EAB-02, NON-16: what no header of a binding may say, or must say. */
TEST(headers_that_are_none_are_refused)
{
	static const char *const bad[] = {
		HEADER("ES256"),
		HEADER("none"),
		HEADER("RS256"),
		HEADER("hs256"),
		HEADER("HS1"),
		"{\"kid\":\"kid-1\",\"url\":\"" URL "\"}",
		"{\"alg\":\"HS256\",\"url\":\"" URL "\"}",
		"{\"alg\":\"HS256\",\"kid\":1,\"url\":\"" URL "\"}",
		"{\"alg\":\"HS256\",\"kid\":\"kid-1\"}",
		"{\"alg\":\"HS256\",\"kid\":\"kid-1\",\"url\":\"" URL "/\"}",
		"{\"alg\":\"HS256\",\"kid\":\"kid-1\",\"url\":"
		"\"https://CA.test/acme/new-account\"}",
		"{\"alg\":\"HS256\",\"kid\":\"kid-1\",\"url\":\"" URL
		"\",\"nonce\":\"bm9uY2U\"}",
		"{\"alg\":\"HS256\",\"kid\":\"kid-1\",\"url\":\"" URL
		"\",\"nonce\":null}",
		"{\"alg\":\"HS256\",\"kid\":\"kid-1\",\"url\":\"" URL
		"\",\"crit\":[\"url\"]}",
		"{\"alg\":\"HS256\",\"kid\":\"kid-1\",\"url\":\"" URL
		"\",\"b64\":false}",
		"{\"alg\":\"HS256\",\"kid\":\"kid-1\",\"kid\":\"kid-1\","
		"\"url\":\"" URL "\"}",
		"[]",
		"",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(frame("HS256", bad[i])) != ERR_MALFORMED)
			fail_msg("%s", bad[i]);
}

/* EAB-02: no jwk, neither beside a kid nor instead of one. */
TEST(a_jwk_in_the_header_is_refused)
{
	const char *jwk = fake_signer_jwk(signer);

	assert_int_equal(parse(frame("HS256",
	                     arena_printf(a,
	                         "{\"alg\":\"HS256\",\"jwk\":%s,\"url\":\"" URL
	                         "\"}",
	                         jwk))),
	    ERR_MALFORMED);
	assert_int_equal(parse(frame("HS256",
	                     arena_printf(a,
	                         "{\"alg\":\"HS256\",\"kid\":\"kid-1\",\"jwk\":"
	                         "%s,\"url\":\"" URL "\"}",
	                         jwk))),
	    ERR_MALFORMED);
}

/* EAB-02: the payload is the outer JWK, however it is spelled. */
TEST(the_payload_is_the_account_s_key_and_no_other)
{
	const char *jwk = fake_signer_jwk(signer), *x = strstr(jwk, "\"x\"");
	const char *const bad[] = { fake_signer_jwk(other), "{}", "", "null",
		"\"key\"", arena_printf(a, "[%s]", jwk) };

	assert_int_equal(parse(fake_mac_frame("HS256", mac_key, sizeof(mac_key),
	                     HEADER("HS256"),
	                     arena_printf(a,
	                         "{\"kty\":\"EC\", \"crv\" : \"P-256\",%s", x),
	                     a)),
	    OK);
	assert_true(eab_proves(&claim, mac_key, sizeof(mac_key)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(fake_mac_frame("HS256", mac_key, sizeof(mac_key),
		        HEADER("HS256"), bad[i], a)) != ERR_MALFORMED)
			fail_msg("%s", bad[i]);
}

/* EAB-02: a flattened JWS of three members in strict base64url. */
TEST(other_frames_are_refused)
{
	const char *good = frame("HS256", HEADER("HS256"));
	const char *inside =
	    arena_bytes(a, good + 1, strlen(good) - 2); /* no braces */
	const char *const bad[] = {
		arena_printf(a, "{%s,\"header\":{}}", inside),
		arena_printf(a, "{%s,\"signatures\":[]}", inside),
		arena_printf(a, "{%s,\"more\":null}", inside),
		arena_printf(a, "{%s,%s}", inside, inside),
		arena_printf(a, "[%s]", good),
		"{}",
		"{\"protected\":\"e30\",\"payload\":\"e30\"}",
		"{\"protected\":\"e30\",\"signature\":\"e30\"}",
		"{\"payload\":\"e30\",\"signature\":\"e30\"}",
		"{\"protected\":1,\"payload\":\"e30\",\"signature\":\"e30\"}",
		"{\"protected\":\"e30=\",\"payload\":\"e30\",\"signature\":"
		"\"e30\"}",
		"{\"protected\":\"e30\",\"payload\":\"e3+\",\"signature\":"
		"\"e30\"}",
		"{\"protected\":\"e30\",\"payload\":\"e30\",\"signature\":"
		"\"\"}",
	};

	assert_int_equal(parse(good), OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i]) != ERR_MALFORMED)
			fail_msg("%s", bad[i]);
}

/* VEC-01: RFC 7515, A.1. */
TEST(the_hmac_example_of_rfc_7515_verifies_and_none_of_its_flips)
{
	static const char k[] =
	    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS"
	    "4hcgUuTwjAzZr1Z9CAow";
	struct eab_claim c = {
		.frame = { .protected =
		               "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
		    .payload =
		        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh"
		        "0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
		    .signature =
		        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" }
	};
	const uint8_t *bytes;
	uint8_t *bent;
	size_t len;

	assert_true(b64url_read(k, sizeof(k) - 1, a, &bytes, &len));
	assert_int_equal(len, 64);
	assert_true(eab_proves(&c, bytes, len));
	bent = (uint8_t *)arena_bytes(a, bytes, len);
	for (size_t i = 0; i < len * 8; i++) {
		bent[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(eab_proves(&c, bent, len));
		bent[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		CASE(each_mac_proves_what_was_made_with_it),
		CASE(whatever_is_changed_is_not_proven),
		CASE(the_algorithm_is_the_one_that_is_named),
		CASE(headers_that_are_none_are_refused),
		CASE(a_jwk_in_the_header_is_refused),
		CASE(the_payload_is_the_account_s_key_and_no_other),
		CASE(other_frames_are_refused),
		CASE(
		    the_hmac_example_of_rfc_7515_verifies_and_none_of_its_flips),
#undef CASE
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
