/* Dates in headers. */
#include "http/http.h"
#include "tests/cmocka.h"

TEST(dates_are_those_of_rfc_9110)
{
	char date[HTTP_DATE];

	http_date(0, date);
	assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 GMT");
	http_date(784111777, date);
	assert_string_equal(date, "Sun, 06 Nov 1994 08:49:37 GMT");
	http_date(4102444799, date);
	assert_string_equal(date, "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST(dates_are_read_in_each_form_there_has_been)
{
	static const char *const same[] = { "Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994" };
	static const char *const bad[] = { "", "0", "784111777",
		"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 36 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z" };
	int64_t t = 0;

	for (size_t i = 0; i < 3; i++) {
		t = 0;
		assert_true(http_date_read(same[i], &t));
		assert_true(t == 784111777);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(http_date_read(bad[i], &t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_those_of_rfc_9110),
		cmocka_unit_test(dates_are_read_in_each_form_there_has_been),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
