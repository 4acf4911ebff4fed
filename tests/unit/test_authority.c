/* Which hosts and kids are ours (DESIGN 4; CONFORMANCE HTTP-17, JWS-15). */
#include "acme/authority.h"

#include "tests/cmocka.h"

static const char *const names[] = { "ca.example", "localhost", "127.0.0.1",
	"2001:db8::1" };
static const struct acme_config config = { .names = names, .n_names = 4 };
static struct arena *a;

static int
before(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
after(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

TEST(a_host_that_names_us_is_kept_with_its_port_and_nothing_else_is)
{
	static const struct {
		const char *host, *want;
	} rows[] = {
		{ "ca.example", "ca.example" },
		{ "ca.example:8443", "ca.example:8443" },
		{ "ca.example:65000", "ca.example:65000" }, /* mapped */
		{ "CA.Example:8443", "ca.example:8443" },
		{ "localhost:1", "localhost:1" },
		{ "127.0.0.1:14000", "127.0.0.1:14000" },
		{ "[2001:db8::1]:8443", "[2001:db8::1]:8443" },
		{ "[2001:DB8::1]", "[2001:db8::1]" },
		{ "", NULL },
		{ ":8443", NULL },
		{ "evil.example", NULL },
		{ "ca.example.evil.example", NULL },
		{ "xca.example", NULL },
		{ "ca.example.", NULL },
		{ "ca.example@evil.example", NULL },
		{ "ca.example:evil", NULL },
		{ "ca.example:80:90", NULL },
		{ "ca.example:8443/x", NULL },
		{ "ca.example:8443\"", NULL },
		{ "2001:db8::1", NULL },
		{ "[2001:db8::1", NULL },
		{ "[2001:db8::1]x", NULL },
		{ "[ca.example]", NULL },
		{ "[]", NULL },
		{ "127.0.0.2", NULL },
		{ "ca.example ", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *is = authority_ours(&config, rows[i].host, a);

		if ((is == NULL) != (rows[i].want == NULL) ||
		    (is != NULL && strcmp(is, rows[i].want) != 0))
			fail_msg("%s: %s", rows[i].host, is);
	}
}

TEST(what_is_accepted_can_be_told)
{
	assert_string_equal(authority_names(&config, a),
	    "ca.example, localhost, 127.0.0.1, 2001:db8::1");
}

TEST(s6_2_a_kid_is_the_url_of_an_account_on_any_of_our_names)
{
	struct id id = id_new(1000), out;
	char text[ID_TEXT];
	const struct {
		const char *fmt;
		bool ours;
	} rows[] = {
		{ "https://ca.example/acme/account/%s", true },
		{ "https://ca.example:8443/acme/account/%s", true },
		{ "https://localhost:9/acme/account/%s", true },
		{ "https://CA.EXAMPLE/acme/account/%s", true },
		{ "https://[2001:db8::1]:1/acme/account/%s", true },
		{ "http://ca.example/acme/account/%s", false },
		{ "https://evil.example/acme/account/%s", false },
		{ "https:///acme/account/%s", false },
		{ "https://ca.example/acme/account/%s/", false },
		{ "https://ca.example/acme/account/%s/orders", false },
		{ "https://ca.example/acme/account/%s?x", false },
		{ "https://ca.example/acme/account/%s=", false },
		{ "https://ca.example/acme/order/%s", false },
		{ "https://ca.example//acme/account/%s", false },
		{ "https://ca.example/acme/account/x%s", false },
		{ "/acme/account/%s", false },
		{ "%s", false },
		{ "https://u@ca.example/acme/account/%s", false },
	};

	id_text(id, text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char kid[128], *at;
		size_t n = (size_t)(strstr(rows[i].fmt, "%s") - rows[i].fmt);

		memcpy(kid, rows[i].fmt, n);
		at = kid + n;
		memcpy(at, text, ID_TEXT - 1);
		strcpy(at + ID_TEXT - 1, rows[i].fmt + n + 2);
		if (authority_kid(&config, kid, a, &out) != rows[i].ours)
			fail_msg("%s", kid);
		if (rows[i].ours)
			assert_true(id_equal(out, id));
	}
	assert_false(authority_kid(&config, "", a, &out));
	assert_false(authority_kid(&config, "https://ca.example/acme/account/",
	    a, &out));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, before, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(
		    a_host_that_names_us_is_kept_with_its_port_and_nothing_else_is),
		CASE(what_is_accepted_can_be_told),
		CASE(s6_2_a_kid_is_the_url_of_an_account_on_any_of_our_names),
	};

	return cmocka_run_group_tests_name("authority", tests, NULL, NULL);
}
