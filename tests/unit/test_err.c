#include "base/err.h"

#include <ctype.h>
#include <stdbool.h>

#include "tests/cmocka.h"

static const struct row {
	enum err code;
	const char *name, *type;
	int http;
	const char *text;
} rows[] = {
#define X(code, type, http, text) { ERR_##code, #code, type, http, text },
	ERR_TABLE(X)
#undef X
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* RFC 8555, 6.7; RFC 9773 and the profiles draft add what follows. */
static const char *const types[] = { "accountDoesNotExist", "alreadyReplaced",
	"alreadyRevoked", "badCSR", "badNonce", "badPublicKey",
	"badRevocationReason", "badSignatureAlgorithm", "caa", "compound",
	"connection", "dns", "externalAccountRequired", "incorrectResponse",
	"invalidContact", "malformed", "orderNotReady", "rateLimited",
	"rejectedIdentifier", "serverInternal", "tls", "unauthorized",
	"unsupportedContact", "unsupportedIdentifier", "userActionRequired",
	"invalidProfile" };

enum { TYPES = sizeof(types) / sizeof(types[0]) };

TEST(each_row_has_a_registered_type_a_status_and_a_text)
{
	assert_int_equal(ROWS, ERR__COUNT - 1);
	for (size_t i = 0; i < ROWS; i++) {
		bool known = false;

		for (size_t k = 0; k < TYPES; k++)
			known |= strcmp(rows[i].type, types[k]) == 0;
		if (!known)
			fail_msg("%s: %s", rows[i].name, rows[i].type);
		assert_int_equal(rows[i].code, i + 1);
		assert_in_range(rows[i].http, 400, 503);
		assert_int_equal(rows[i].http >= 500,
		    strcmp(rows[i].type, "serverInternal") == 0);
		assert_in_range(strlen(rows[i].text), 8, 100);
		assert_true(isalpha((unsigned char)rows[i].text[0]) != 0 &&
		            rows[i].text[strlen(rows[i].text) - 1] != '.');
	}
}

TEST(no_registered_type_is_without_a_row)
{
	for (size_t k = 0; k < TYPES; k++) {
		bool used = false;

		for (size_t i = 0; i < ROWS; i++)
			used |= strcmp(rows[i].type, types[k]) == 0;
		if (!used)
			fail_msg("%s", types[k]);
	}
}

TEST(clients_find_the_words_they_look_for)
{
	assert_int_equal(strncmp(rows[ERR_BAD_NONCE - 1].text,
	                     "JWS has an invalid anti-replay nonce", 36),
	    0);
}

TEST(a_fault_keeps_code_and_detail)
{
	struct fault f = { 0 };

	assert_int_equal(fault(&f, ERR_BAD_CSR, "%d bits", 512), ERR_BAD_CSR);
	assert_int_equal(f.code, ERR_BAD_CSR);
	assert_string_equal(f.detail, "512 bits");
}

TEST(a_detail_is_cut_and_tamed_whatever_it_quotes)
{
	char big[2000], *at = big;
	struct fault f = { 0 };

	(void)fault(&f, ERR_MALFORMED, "\"%s\"", "a\r\n\x1b\xff\xc3");
	assert_string_equal(f.detail, "\"a?????\"");
	for (; at + 2 < big + sizeof(big); at += 2)
		memcpy(at, "\xc3\xbc", 2);
	*at = '\0';
	(void)fault(&f, ERR_MALFORMED, "%s", big);
	assert_int_equal(strlen(f.detail), sizeof(f.detail) - 1);
	assert_string_equal(f.detail + sizeof(f.detail) - 4, "\xc3\xbc?");
}

static enum err
tries(enum err first, int *reached)
{
	TRY(first);
	*reached += 1;
	return OK;
}

TEST(try_returns_early_only_on_failure)
{
	int reached = 0;

	assert_int_equal(tries(ERR_CAA, &reached), ERR_CAA);
	assert_int_equal(reached, 0);
	assert_int_equal(tries(OK, &reached), OK);
	assert_int_equal(reached, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_row_has_a_registered_type_a_status_and_a_text),
		cmocka_unit_test(no_registered_type_is_without_a_row),
		cmocka_unit_test(clients_find_the_words_they_look_for),
		cmocka_unit_test(a_fault_keeps_code_and_detail),
		cmocka_unit_test(a_detail_is_cut_and_tamed_whatever_it_quotes),
		cmocka_unit_test(try_returns_early_only_on_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
