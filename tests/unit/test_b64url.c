#include "base/b64url.h"

#include <stdio.h>

#include "tests/cmocka.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static struct arena *a;

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

/* RFC 4648, 10, without the padding. */
TEST(the_rfcs_vectors_hold_both_ways)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" }, { "\xff\xff\xfe", "___-" } };
	const uint8_t *out;
	size_t len;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].bytes), m = strlen(rows[i].text);

		assert_int_equal(B64URL_LEN(n), m);
		assert_string_equal(b64url_text(rows[i].bytes, n, a),
		    rows[i].text);
		assert_true(b64url_read(rows[i].text, m, a, &out, &len));
		assert_int_equal(len, n);
		assert_memory_equal(out, rows[i].bytes, n + 1);
	}
}

/* JWS-06: walks all texts of 2 characters, and all last characters of 3. */
TEST(every_value_has_one_spelling)
{
	char text[4] = "", again[8];
	uint8_t out[4];
	size_t len, accepted = 0;

	for (int i = 0; i < 64; i++) {
		for (int k = 0; k < 64; k++) {
			text[0] = alphabet[i];
			text[1] = alphabet[k];
			text[2] = '\0';
			assert_int_equal(b64url_decode(text, 2, out, &len),
			    k % 16 == 0);
			if (k % 16 != 0)
				continue;
			accepted++;
			assert_int_equal(len, 1);
			b64url_write(out, len, again);
			assert_string_equal(again, text);
		}
		text[1] = 'Q';
		text[2] = alphabet[i];
		assert_int_equal(b64url_decode(text, 3, out, &len), i % 4 == 0);
	}
	assert_int_equal(accepted, 256);
}

/* JWS-06. */
TEST(no_other_byte_is_a_digit)
{
	char text[4];
	uint8_t out[8];
	size_t len;

	for (int at = 0; at < 4; at++) {
		for (int c = 0; c < 256; c++) {
			memcpy(text, "AAAA", 4);
			text[at] = (char)c;
			assert_int_equal(b64url_decode(text, 4, out, &len),
			    c != 0 && strchr(alphabet, c) != NULL);
		}
	}
}

/* JWS-06. */
TEST(padding_and_impossible_lengths_are_refused)
{
	static const char *const bad[] = { "A", "AAAAA",
		"Zg==", "Zg=", "Zm8=", "=", "====", "Zg\n", " Zg" };
	uint8_t out[16];
	size_t len;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(b64url_decode(bad[i], strlen(bad[i]), out, &len));
}

TEST(every_length_comes_back)
{
	uint8_t bytes[200], out[202];
	char text[B64URL_LEN(sizeof(bytes)) + 1];
	size_t len;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 250);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		b64url_write(bytes, n, text);
		assert_int_equal(strlen(text), B64URL_LEN(n));
		assert_true(b64url_decode(text, strlen(text), out, &len));
		assert_int_equal(len, n);
		assert_memory_equal(out, bytes, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfcs_vectors_hold_both_ways),
		cmocka_unit_test(every_value_has_one_spelling),
		cmocka_unit_test(no_other_byte_is_a_digit),
		cmocka_unit_test(padding_and_impossible_lengths_are_refused),
		cmocka_unit_test(every_length_comes_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
