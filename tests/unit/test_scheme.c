/* Names of algorithms, octet for octet (CA/B baseline, 7.1.3). */
#include <stdio.h>

#include "crypto/crypto_int.h"
#include "tests/cmocka.h"

static const char *
hex(const uint8_t *at, size_t len, struct arena *a)
{
	const char *out = "";

	for (size_t i = 0; i < len; i++)
		out = arena_printf(a, "%s%02x", out, at[i]);
	return out;
}

/* VEC-06, CPR-02: what our issuers sign with, inside and outside. */
TEST(issuers_sign_under_the_names_of_the_baseline)
{
	static const struct {
		enum key_kind kind;
		const char *hex;
	} rows[] = {
		{ KEY_RSA, "300d06092a864886f70d01010b0500" },
		{ KEY_P256, "300a06082a8648ce3d040302" },
		{ KEY_P384, "300a06082a8648ce3d040303" },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct der algorithm;
		struct scheme s;

		assert_true(issuer_scheme(rows[i].kind, &s, &algorithm));
		assert_string_equal(hex(algorithm.at, algorithm.len, a),
		    rows[i].hex);
	}
	arena_free(a);
}

/* VEC-06: in SubjectPublicKeyInfo. */
TEST(keys_are_named_as_in_the_baseline)
{
	static const struct {
		enum key_kind kind;
		const char *hex;
	} rows[] = {
		{ KEY_RSA, "300d06092a864886f70d0101010500" },
		{ KEY_P256, "301306072a8648ce3d020106082a8648ce3d030107" },
		{ KEY_P384, "301006072a8648ce3d020106052b81040022" },
	};
	static const uint8_t octets[256] = { 1 };
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = key_kind_size(rows[i].kind);
		const struct pubkey k = { rows[i].kind, octets, octets,
			size != 0 ? size : 256, size != 0 ? size : 1 };
		uint8_t spki[512];
		struct derw w;
		struct der all, body, algorithm;

		derw_start(&w, spki, sizeof(spki));
		spki_write(&w, &k);
		assert_true(derw_end(&w));
		all = der_over(spki, w.len);
		body = der_get(&all, DER_SEQUENCE);
		algorithm = der_raw(&body, DER_SEQUENCE);
		assert_string_equal(hex(algorithm.at, algorithm.len, a),
		    rows[i].hex);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issuers_sign_under_the_names_of_the_baseline),
		cmocka_unit_test(keys_are_named_as_in_the_baseline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
