/* Bearer tokens: who made them, until when, for what. */
#include "crypto/token.h"

#include <string.h>

#include "crypto/digest.h"
#include "tests/cmocka.h"

static const uint8_t ours[TOKEN_KEY_SIZE] = { 1, 2, 3 },
                     theirs[TOKEN_KEY_SIZE] = { 1, 2, 4 };
enum { NOW = 1700000000 };

static enum err
check(const char *text, int64_t now, const char **why)
{
	static struct fault f;
	enum err e;

	f = (struct fault){ 0 };
	e = token_check(ours, text, "metrics", now, &f);
	if (why != NULL)
		*why = f.detail;
	return e;
}

TEST(what_was_made_is_taken_until_it_expires)
{
	struct arena *a = arena_new();
	const char *t = token_make(ours, "metrics", NOW, NOW + 60, a), *why;

	assert_int_equal(check(t, NOW, NULL), OK);
	assert_int_equal(check(t, NOW + 59, NULL), OK);
	assert_int_equal(check(t, NOW + 60, &why), ERR_TOKEN);
	assert_non_null(strstr(why, "expired"));
	arena_free(a);
}

TEST(a_token_is_for_its_scopes_only)
{
	static const struct {
		const char *scope;
		bool ok;
	} rows[] = {
		{ "metrics", true },
		{ "admin metrics", true },
		{ "metrics admin", true },
		{ "metric", false },
		{ "metricsx", false },
		{ "admin", false },
		{ "", false },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(check(token_make(ours, rows[i].scope, NOW,
		                           NOW + 60, a),
		                     NOW, NULL),
		    rows[i].ok ? OK : ERR_TOKEN);
	arena_free(a);
}

TEST(what_another_key_made_is_refused_and_so_is_what_was_changed)
{
	struct arena *a = arena_new();
	const char *t = token_make(ours, "metrics", NOW, NOW + 60, a), *why;

	assert_int_equal(check(token_make(theirs, "metrics", NOW, NOW + 60, a),
	                     NOW, &why),
	    ERR_TOKEN);
	assert_string_equal(why, "the token is not one of this CA");
	for (size_t i = 0; i < strlen(t); i++) {
		char *changed = arena_text(a, t);

		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		/* The last digit has bits that no byte has. */
		if (i + 1 < strlen(t))
			assert_int_equal(check(changed, NOW, NULL), ERR_TOKEN);
	}
	arena_free(a);
}

TEST(what_is_no_token_of_ours_is_refused)
{
	static const char *const bad[] = { "", ".", "..", "...", "a.b", "a.b.",
		".b.c", "a..c", "a.b.c", "a.b.c.d", "a b.c.d", "a=.b.c",
		/* {"alg":"none"} and a payload that would do */
		"eyJhbGciOiJub25lIn0.eyJzY29wZSI6Im1ldHJpY3MiLCJleHAiOjk5OTk5O"
		"Tk5OTl9.",
		"eyJhbGciOiJub25lIn0.eyJzY29wZSI6Im1ldHJpY3MiLCJleHAiOjk5OTk5O"
		"Tk5OTl9.AA" };
	struct arena *a = arena_new();
	char *big = arena_alloc(a, TOKEN_MAX + 100, 1);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(check(bad[i], NOW, NULL), ERR_TOKEN);
	memset(big, 'a', TOKEN_MAX + 90);
	big[10] = big[20] = '.';
	assert_int_equal(check(big, NOW, NULL), ERR_TOKEN);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_made_is_taken_until_it_expires),
		cmocka_unit_test(a_token_is_for_its_scopes_only),
		cmocka_unit_test(
		    what_another_key_made_is_refused_and_so_is_what_was_changed),
		cmocka_unit_test(what_is_no_token_of_ours_is_refused),
	};

	crypto_start();
	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
