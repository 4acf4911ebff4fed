#include "base/utf8.h"
#include "tests/cmocka.h"

TEST(utf8_is_what_the_rfc_says)
{
	static const struct {
		const char *text;
		size_t len;
		bool shows;
	} rows[] = {
		{ "a", 1, true },
		{ "\x1f", 1, false },
		{ "\x7f", 1, false },
		{ "\x80", 0, false },
		{ "\xc1\xbf", 0, false },
		{ "\xc2\x80", 2, false },
		{ "\xc2\xa0", 2, true },
		{ "\xdf\xbf", 2, true },
		{ "\xdf", 0, false },
		{ "\xe0\x9f\xbf", 0, false },
		{ "\xe0\xa0\x80", 3, true },
		{ "\xed\x9f\xbf", 3, true },
		{ "\xed\xa0\x80", 0, false },
		{ "\xee\x80\x80", 3, true },
		{ "\xe2\x80\xa7", 3, true },
		{ "\xe2\x80\xa8", 3, false },
		{ "\xef\xbf\xbf", 3, true },
		{ "\xef\xbf", 0, false },
		{ "\xef\xbf\x20", 0, false },
		{ "\xf0\x8f\xbf\xbf", 0, false },
		{ "\xf0\x90\x80\x80", 4, true },
		{ "\xf4\x8f\xbf\xbf", 4, true },
		{ "\xf4\x90\x80\x80", 0, false },
		{ "\xf5\x80\x80\x80", 0, false },
		{ "\xff", 0, false },
		{ "", 0, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].text);

		assert_int_equal(utf8_char(rows[i].text, len), rows[i].len);
		assert_int_equal(utf8_shows(rows[i].text, len), rows[i].shows);
	}
}

TEST(a_character_that_is_cut_is_none)
{
	assert_int_equal(utf8_char("\xc3\xbc", 1), 0);
	assert_int_equal(utf8_char("\xe2\x80\xa7", 2), 0);
	assert_int_equal(utf8_char("\xf0\x90\x80\x80", 3), 0);
}

TEST(taming_replaces_just_what_does_not_show)
{
	char text[] = "a\n\xc3\xbc\xc3\x28\xff\xf0\x9f\x92\xa9\xe2\x80";

	utf8_tame(text, strlen(text));
	assert_string_equal(text, "a?\xc3\xbc?(?\xf0\x9f\x92\xa9??");
	utf8_tame(text, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_is_what_the_rfc_says),
		cmocka_unit_test(a_character_that_is_cut_is_none),
		cmocka_unit_test(taming_replaces_just_what_does_not_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
