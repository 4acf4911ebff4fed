#include "acme/offer.h"

#include "tests/cmocka.h"

static const char *
offered(const struct acme_config *c, struct ident id, struct arena *a)
{
	struct authz z = { .ident = id };
	const char *list = "";

	offer_challenges(c, &z, a);
	for (size_t i = 0; i < z.n_challenges; i++)
		list = arena_printf(a, "%s%s%s", list, i == 0 ? "" : " ",
		    z.challenges[i].type);
	return list;
}

TEST(only_what_is_configured_is_offered_in_that_order)
{
	static const char *const both[] = { "dns-01", "http-01" };
	struct acme_config c = { .challenges = both, .n_challenges = 2 };
	const struct ident name = { .type = IDENT_DNS, .value = "a.example" };
	struct arena *a = arena_new();

	assert_string_equal(offered(&c, name, a), "dns-01 http-01");
	c.n_challenges = 1;
	assert_string_equal(offered(&c, name, a), "dns-01");
	c.n_challenges = 0;
	assert_string_equal(offered(&c, name, a), "");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    only_what_is_configured_is_offered_in_that_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
