#include "base/rfc3339.h"

#include "tests/cmocka.h"

/* ORD-11: any offset is understood, and what is no moment is not. */
TEST(any_offset_is_the_same_moment)
{
	static const struct {
		const char *text;
		int64_t at;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-21T05:37:00Z", 1795239420 },
		{ "2026-11-21T06:37:00+01:00", 1795239420 },
		{ "2026-11-20T23:07:00-06:30", 1795239420 },
		{ "2026-11-21t05:37:00z", 1795239420 },
		{ "2026-11-21T05:37:00.000Z", 1795239420 },
		{ "2026-11-21T05:37:00-00:00", 1795239420 },
		{ "2024-02-29T23:59:59Z", 1709251199 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t at = -1;

		if (!rfc3339_read(rows[i].text, &at) || at != rows[i].at)
			fail_msg("%s: %lld", rows[i].text, (long long)at);
	}
}

/* ORD-11 */
TEST(what_is_no_moment_is_refused)
{
	static const char *const rows[] = { "", "tomorrow", "2026-11-21",
		"2026-11-21T05:37:00", "2026-11-21T05:37Z",
		"2026-11-21 05:37:00Z", "2026-11-21T05:37:00ZZ",
		"2026-11-21T05:37:00Z ", " 2026-11-21T05:37:00Z",
		"2026-11-21T05:37:00+0100", "2026-11-21T05:37:00+24:00",
		"2026-11-21T05:37:00+01:60", "2026-11-21T05:37:00*01:00",
		"2026-11-21T24:00:00Z", "2026-11-21T05:60:00Z",
		"2026-11-21T05:37:60Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-06-31T00:00:00Z",
		"2026-06-00T00:00:00Z", "2025-02-29T00:00:00Z",
		"2026-11-21T05:37:00.5Z", "2026-11-21T05:37:00.Z",
		"26-11-21T05:37:00Z", "+2026-11-21T05:37:00Z",
		"1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01",
		"2026-1-21T05:37:00Z", "1795239420" };
	int64_t at;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rfc3339_read(rows[i], &at))
			fail_msg("%s", rows[i]);
}

/* ORD-03: UTC, Z, whole seconds. */
TEST(it_is_written_in_utc)
{
	char text[RFC3339_TEXT];

	assert_true(rfc3339_write(1795239420, text));
	assert_string_equal(text, "2026-11-21T05:37:00Z");
	assert_true(rfc3339_write(-1, text));
	assert_string_equal(text, "1969-12-31T23:59:59Z");
	assert_true(rfc3339_write(-62135596800, text));
	assert_string_equal(text, "0001-01-01T00:00:00Z");
	assert_false(rfc3339_write(253402300800, text));
	assert_false(rfc3339_write(INT64_MAX, text));
	assert_false(rfc3339_write(INT64_MIN, text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_offset_is_the_same_moment),
		cmocka_unit_test(what_is_no_moment_is_refused),
		cmocka_unit_test(it_is_written_in_utc),
	};

	return cmocka_run_group_tests_name("rfc3339", tests, NULL, NULL);
}
