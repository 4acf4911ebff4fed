#include "challenges/challenge.h"
#include "tests/cmocka.h"

TEST(every_row_is_found_by_its_type)
{
	unsigned n = 0;

	for (; challenge_at(n) != NULL; n++) {
		const struct challenge_type *t = challenge_at(n);

		assert_ptr_equal(challenge_find(t->type), t);
		assert_non_null(t->offers);
		assert_non_null(t->look);
	}
	assert_true(n >= 2);
	assert_null(challenge_at(n + 1));
	assert_null(challenge_find("http-02"));
	assert_null(challenge_find(""));
}

TEST(offers_what_can_prove_the_name)
{
	static const struct {
		struct ident id;
		bool http, dns;
	} rows[] = {
		{ { IDENT_DNS, "a.example", false }, true, true },
		{ { IDENT_DNS, "a.example", true }, false, true },
		{ { IDENT_IP, "192.0.2.1", false }, true, false },
		{ { IDENT_IP, "2001:db8::1", false }, true, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(challenge_find("http-01")->offers(&rows[i].id),
		    rows[i].http);
		assert_int_equal(challenge_find("dns-01")->offers(&rows[i].id),
		    rows[i].dns);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_found_by_its_type),
		cmocka_unit_test(offers_what_can_prove_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
