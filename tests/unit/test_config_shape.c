/* What profiles say of revocation: public_http, and what goes with what. */
#include <stdlib.h>

#include "server/config.h"
#include "tests/cmocka.h"

static char said[2048];

static void
hear(void *arg, const char *line)
{
	(void)arg;
	(void)strncat(said, line, sizeof(said) - strlen(said) - 2);
	(void)strcat(said, "\n");
}

static const struct config_report report = { hear, NULL };

static struct config *
load(const char *const *sets, size_t n)
{
	struct config_source s = { .sets = sets, .n_sets = n };

	said[0] = '\0';
	return config_load(&s, &report);
}

static struct profile_spec
shape(const struct config *c, const char *name)
{
	return config_shape(c, config_profile(c, name), 2, c->arena);
}

TEST(without_public_http_certificates_name_no_place)
{
	static const char *const names[] = { "tenminutes", "hour", "day",
		"client", "serving" };
	struct config *c = load(NULL, 0);

	assert_non_null(c);
	for (size_t i = 0; i < 5; i++) {
		struct profile_spec s = shape(c, names[i]);

		assert_null(s.crl_url);
		assert_null(s.ocsp_url);
		assert_null(s.issuer_url);
		assert_int_equal(s.no_rev_avail, i == 0);
		assert_false(s.must_staple);
	}
	config_free(c);
}

/* SHL-01, CPR-11: the shortest says that nobody revokes it; the rest, where. */
TEST(with_public_http_all_but_the_shortest_say_where)
{
	static const char *const sets[] = { "public_http=http://ca.lan:8080/x/",
		"profiles.day.ocsp=false", "profiles.day.key_types=p384, rsa" };
	struct config *c = load(sets, 3);
	struct profile_spec s;

	assert_non_null(c);
	s = shape(c, "tenminutes");
	assert_true(s.no_rev_avail);
	assert_null(s.crl_url);
	assert_null(s.ocsp_url);
	assert_string_equal(s.issuer_url, "http://ca.lan:8080/x/issuer/2.cer");
	s = shape(c, "hour");
	assert_string_equal(s.crl_url, "http://ca.lan:8080/x/crl/2.crl");
	assert_string_equal(s.ocsp_url, "http://ca.lan:8080/x/ocsp");
	s = shape(c, "client");
	assert_int_equal(s.usages, USAGE_CLIENT_AUTH);
	assert_non_null(s.crl_url);
	assert_int_equal(s.key_types, KEYS_ALL);
	s = shape(c, "day");
	assert_non_null(s.crl_url);
	assert_null(s.ocsp_url);
	assert_int_equal(s.key_types, KEYS_P384 | KEYS_RSA);
	s = shape(c, "serving");
	assert_null(s.issuer_url);
	config_free(c);
}

/* CRL-06: shards are below the same place; one is the whole list. */
TEST(shards_are_where_the_list_is)
{
	static const char *const sets[] = { "public_http=http://ca.lan",
		"crl.shards=1" };
	static const char *const more[] = { "public_http=http://ca.lan",
		"crl.shards=128" };
	static const char *const nowhere[] = { "crl.shards=2" };
	static const char *const many[] = { "public_http=http://ca.lan",
		"crl.shards=129" };
	struct config *c = load(sets, 2);
	struct profile_spec s;

	assert_non_null(c);
	assert_int_equal(shape(c, "day").crl_shards, 0);
	config_free(c);
	c = load(more, 2);
	assert_non_null(c);
	s = shape(c, "day");
	assert_int_equal(s.crl_shards, 128);
	assert_string_equal(s.crl_url, "http://ca.lan/crl/2.crl");
	assert_null(shape(c, "tenminutes").crl_url);
	config_free(c);
	assert_null(load(nowhere, 1));
	assert_non_null(strstr(said, "crl.shards: more than 1 needs"));
	assert_null(load(many, 2));
	assert_non_null(strstr(said, "crl.shards"));
}

/* CPR-11, CPR-13, FIN-11: what is asked for and cannot be had is an error. */
TEST(what_cannot_be_is_not_asked_for)
{
	static const struct {
		const char *sets[2], *want;
	} cases[] = {
		{ { "profiles.hour.crl=true", NULL }, "needs public_http" },
		{ { "profiles.hour.ocsp=true", NULL }, "needs public_http" },
		{ { "public_http=", "profiles.hour.crl=true" },
		    "needs public_http" },
		{ { "profiles.hour.aia=true", NULL }, "needs public_http" },
		{ { "public_http=http://ca.lan",
		      "profiles.tenminutes.crl=true" },
		    "profiles.tenminutes.no_rev_avail" },
		{ { "public_http=http://ca.lan",
		      "profiles.tenminutes.ocsp=true" },
		    "profiles.tenminutes.no_rev_avail" },
		{ { "profiles.hour.must_staple=true", NULL }, "without OCSP" },
		{ { "public_http=http://ca.lan",
		      "profiles.tenminutes.must_staple=true" },
		    "without OCSP" },
		{ { "public_http=https://ca.lan", NULL }, "an http URL" },
		{ { "public_http=http://ca.lan/?a", NULL }, "an http URL" },
		{ { "public_http=http:///", NULL }, "an http URL" },
		{ { "profiles.hour.key_types=p224", NULL }, "a list of rsa" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(load(cases[i].sets,
		    cases[i].sets[1] == NULL ? 1 : 2));
		if (strstr(said, cases[i].want) == NULL)
			fail_msg("%s", said);
	}
}

/* CPR-13: with OCSP it may be asked for. */
TEST(must_staple_goes_with_ocsp)
{
	static const char *const sets[] = { "public_http=http://ca.lan",
		"profiles.hour.must_staple=true",
		"profiles.tenminutes.aia=true" };
	struct config *c = load(sets, 3), *again;
	const char *text;

	if (c == NULL)
		fail_msg("%s", said);
	text = config_text(c, c->arena);
	again = config_from_text(text, strlen(text), &report);
	assert_string_equal(said, "");
	assert_true(shape(again, "hour").must_staple);
	assert_non_null(shape(again, "tenminutes").issuer_url);
	config_free(again);
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    without_public_http_certificates_name_no_place),
		cmocka_unit_test(
		    with_public_http_all_but_the_shortest_say_where),
		cmocka_unit_test(shards_are_where_the_list_is),
		cmocka_unit_test(what_cannot_be_is_not_asked_for),
		cmocka_unit_test(must_staple_goes_with_ocsp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
