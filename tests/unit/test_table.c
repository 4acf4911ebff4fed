#include <stdio.h>

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
	assert_true(n >= 3);
	assert_null(challenge_at(n + 1));
	assert_null(challenge_find("http-02"));
	assert_null(challenge_find(""));
}

/* AUT-09, H01-07, D01-07, A01-06: a wildcard by DNS only, an address never. */
TEST(offers_what_can_prove_the_name)
{
	static const struct {
		struct ident id;
		const char *types;
	} rows[] = {
		{ { IDENT_DNS, "a.example", false },
		    "http-01 dns-01 tls-alpn-01 dns-account-01 "
		    "dns-persist-01" },
		{ { IDENT_DNS, "a.example", true },
		    "dns-01 dns-account-01 dns-persist-01" },
		{ { IDENT_IP, "192.0.2.1", false }, "http-01 tls-alpn-01" },
		{ { IDENT_IP, "2001:db8::1", false }, "http-01 tls-alpn-01" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct challenge_type *t;
		char types[100] = "";

		for (unsigned j = 0; (t = challenge_at(j)) != NULL; j++)
			if (t->offers(&rows[i].id))
				(void)snprintf(types + strlen(types),
				    sizeof(types) - strlen(types), "%s%s",
				    types[0] == '\0' ? "" : " ", t->type);
		assert_string_equal(types, rows[i].types);
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
