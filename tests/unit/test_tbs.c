/* The keeper's check: nothing passes but what the profile would have built. */
#include "crypto/keeper.h"
#include "tests/tbs.h"

static struct arena *a;
static struct fault f;
static struct test_ca ca;
static struct profile *profile;
static struct leaf leaf;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	ca = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	profile = profile_new(&test_spec, ca.der, ca.len, &f);
	leaf = test_leaf(a, NOW);
	return profile == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	profile_free(profile);
	test_ca_free(&ca);
	arena_free(a);
	return 0;
}

static enum err
fits(struct parts p)
{
	static uint8_t buf[PARTS_MAX];
	size_t len = parts_write(profile, &leaf, p, buf);

	f = (struct fault){ 0 };
	return tbs_fits(profile, buf, len, &f);
}

static void
refused(struct parts p, const char *why)
{
	assert_int_equal(fits(p), ERR_INTERNAL);
	if (strstr(f.detail, why) == NULL)
		fail_msg("%s, not %s", f.detail, why);
}

TEST(the_usual_parts_fit)
{
	if (fits((struct parts){ 0 }) != OK)
		fail_msg("%s", f.detail);
}

TEST(another_version_or_serial_does_not_fit)
{
	refused(GIVEN(version, ""), "version 3");
	refused(GIVEN(version, "\xa0\x03\x02\x01\x01"), "version 3");
	refused(GIVEN(version, "\xa0\x04\x02\x02\x00\x02"), "version 3");
	refused(GIVEN(serial, "\x02\x01\x00"), "serial");
	refused(GIVEN(serial, "\x02\x01\x07"), "serial");
	refused(GIVEN(serial, "\x02\x08\x80\x02\x03\x04\x05\x06\x07\x08"),
	    "serial");
	refused(GIVEN(serial,
	            "\x02\x11\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"
	            "\x0c\x0d\x0e\x0f\x10\x11"),
	    "serial");
	refused(GIVEN(serial,
	            "\x02\x0a\x00\x02\x03\x04\x05\x06\x07\x08\x09\x0a"),
	    "serial");
}

TEST(another_algorithm_or_issuer_does_not_fit)
{
	refused(GIVEN(algorithm,
	            "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"),
	    "algorithm");
	refused(GIVEN(algorithm,
	            "\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00"),
	    "algorithm");
	refused(GIVEN(issuer, "\x30\x00"), "issuer");
	refused(GIVEN(subject,
	            "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x61"),
	    "subject");
}

TEST(times_beyond_the_profile_or_the_issuer_do_not_fit)
{
	refused((struct parts){ .end = NOW + 600 }, "longer");
	refused((struct parts){ .begin = NOW - 31 }, "longer");
	refused((struct parts){ .end = NOW - 31 }, "valid when");
	refused((struct parts){ .begin = END - 10, .end = END + 1 },
	    "valid when");
	refused((struct parts){ .begin = BEGIN - 1, .end = BEGIN + 10 },
	    "valid when");
	assert_int_equal(fits((struct parts){ .begin = NOW, .end = NOW }), OK);
	assert_int_equal(fits((struct parts){ .begin = END - 10, .end = END }),
	    OK);
	assert_int_equal(fits((struct parts){ .begin = BEGIN, .end = BEGIN }),
	    OK);
}

TEST(a_key_that_is_none_or_the_issuers_does_not_fit)
{
	char *own = arena_alloc(a, profile->issuer_spki.len, 1);

	memcpy(own, profile->issuer_spki.at, profile->issuer_spki.len);
	refused((struct parts){ .spki = own, .len = profile->issuer_spki.len },
	    "CA's own");
	refused(GIVEN(spki, "\x30\x00"), "key");
	refused(GIVEN(spki, ""), "key");
}

TEST(extensions_other_than_the_profiles_do_not_fit)
{
	refused(GIVEN(before, CA_BIT), "extensions");
	refused(GIVEN(before, BASIC), "extensions");
	refused(GIVEN(before, KU), "extensions");
	refused(GIVEN(after, CA_BIT), "one extension more");
	refused(GIVEN(after, BASIC), "one extension more");
	refused(GIVEN(after, SAN), "one extension more");
	refused(GIVEN(after, "\x05\x00"), "one extension more");
	refused(GIVEN(san, BASIC), "subjectAltName");
	refused((struct parts){ .no_san = true }, "subjectAltName");
	refused((struct parts){ .no_fixed = true }, "extensions");
	for (size_t i = 0; i < profile->extensions.len; i++) {
		char *copy = arena_bytes(a, profile->extensions.at,
		    profile->extensions.len);

		copy[i] ^= 1;
		assert_int_equal(fits((struct parts){ .fixed = copy,
		                     .len = profile->extensions.len }),
		    ERR_INTERNAL);
	}
}

/* CRL-06: the list that a certificate leads to is the one for its serial. */
TEST(another_shards_list_does_not_fit)
{
	struct profile_spec spec = test_spec;
	const uint8_t *tbs;
	uint8_t *at;
	size_t len;

	spec.no_rev_avail = false;
	spec.crl_url = "http://ca.lan/crl/1.crl";
	spec.crl_shards = 128;
	profile_free(profile);
	profile = profile_new(&spec, ca.der, ca.len, &f);
	assert_non_null(profile);
	for (unsigned i = 0; i < 128; i++) {
		const char *url =
		    arena_printf(a, "http://ca.lan/crl/1-128-%u.crl", i);

		leaf.serial.bytes[ID_SIZE - 2] = (uint8_t)(2 * i);
		assert_int_equal(tbs_build(profile, &leaf, a, &tbs, &len, &f),
		    OK);
		assert_int_equal(tbs_fits(profile, tbs, len, &f), OK);
		at = memmem(tbs, len, url, strlen(url));
		assert_non_null(at);
		at[strlen(url) - 5] ^= 1; /* the last digit */
		assert_int_equal(tbs_fits(profile, tbs, len, &f), ERR_INTERNAL);
	}
	spec.crl_url = "http://ca.lan/list";
	assert_null(profile_new(&spec, ca.der, ca.len, &f));
	spec.crl_url = "http://ca.lan/crl/1.crl";
	spec.crl_shards = 129;
	assert_null(profile_new(&spec, ca.der, ca.len, &f));
}

#define SAN_OF(total, inner, names) \
	GIVEN(san,                  \
	    "\x30" total "\x06\x03\x55\x1d\x11\x01\x01\xff\x04" inner names)

TEST(names_that_are_none_do_not_fit)
{
	refused(GIVEN(san,
	            "\x30\x0f\x06\x03\x55\x1d\x11\x04\x08\x30\x06\x82\x04"
	            "a.la"),
	    "critical");
	refused(GIVEN(san,
	            "\x30\x12\x06\x03\x55\x1d\x11\x01\x01\x00\x04\x08\x30\x06"
	            "\x82\x04"
	            "a.la"),
	    "critical");
	refused(SAN_OF("\x0c", "\x02", "\x30\x00"), "subjectAltName");
	refused(SAN_OF("\x12", "\x08",
	            "\x30\x06\x82\x04"
	            "a\0la"),
	    "dNSName");
	refused(SAN_OF("\x12", "\x08",
	            "\x30\x06\x82\x04"
	            "A.la"),
	    "dNSName");
	refused(SAN_OF("\x12", "\x08",
	            "\x30\x06\x82\x04"
	            "a*la"),
	    "dNSName");
	refused(SAN_OF("\x0e", "\x04", "\x30\x02\x82\x00"), "dNSName");
	refused(SAN_OF("\x12", "\x08",
	            "\x30\x06\x81\x04"
	            "a@la"),
	    "neither");
	refused(SAN_OF("\x11", "\x07", "\x30\x05\x87\x03\x0a\0\0"), "neither");
	assert_int_equal(fits(SAN_OF("\x12", "\x08",
	                     "\x30\x06\x82\x04"
	                     "*.la")),
	    OK);
	assert_int_equal(fits(SAN_OF("\x12", "\x08",
	                     "\x30\x06\x87\x04\x0a\0\0\1")),
	    OK);
}

TEST(nothing_may_follow)
{
	refused(GIVEN(trailer, "\x05\x00"), "follows");
	refused(GIVEN(trailer, "\x81\x02\x00\x01"), "follows");
}

TEST(bytes_cut_or_added_do_not_fit)
{
	const uint8_t *der;
	uint8_t *more;
	size_t len;

	assert_int_equal(tbs_build(profile, &leaf, a, &der, &len, &f), OK);
	more = arena_alloc(a, KEEPER_DER_MAX, 1);
	memcpy(more, der, len);
	assert_int_equal(tbs_fits(profile, more, len, &f), OK);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(tbs_fits(profile, more, n, &f), ERR_INTERNAL);
	assert_int_equal(tbs_fits(profile, more, len + 1, &f), ERR_INTERNAL);
	assert_int_equal(tbs_fits(profile, more, KEEPER_DER_MAX, &f),
	    ERR_INTERNAL);
}

TEST(what_was_built_for_another_profile_or_issuer_does_not_fit)
{
	struct profile_spec spec = test_spec;
	struct profile *other;
	struct test_ca two = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	const uint8_t *der;
	size_t len;

	assert_int_equal(tbs_build(profile, &leaf, a, &der, &len, &f), OK);
	spec.lifetime_s = 599;
	other = profile_new(&spec, ca.der, ca.len, &f);
	assert_int_equal(tbs_fits(other, der, len, &f), ERR_INTERNAL);
	profile_free(other);
	spec = test_spec;
	spec.usages = USAGE_CLIENT_AUTH;
	other = profile_new(&spec, ca.der, ca.len, &f);
	assert_int_equal(tbs_fits(other, der, len, &f), ERR_INTERNAL);
	profile_free(other);
	/* same name, another key: told apart by its key identifier */
	other = profile_new(&test_spec, two.der, two.len, &f);
	assert_int_equal(tbs_fits(other, der, len, &f), ERR_INTERNAL);
	profile_free(other);
	test_ca_free(&two);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_usual_parts_fit),
		T(another_version_or_serial_does_not_fit),
		T(another_algorithm_or_issuer_does_not_fit),
		T(times_beyond_the_profile_or_the_issuer_do_not_fit),
		T(a_key_that_is_none_or_the_issuers_does_not_fit),
		T(extensions_other_than_the_profiles_do_not_fit),
		T(another_shards_list_does_not_fit),
		T(names_that_are_none_do_not_fit),
		T(nothing_may_follow),
		T(bytes_cut_or_added_do_not_fit),
		T(what_was_built_for_another_profile_or_issuer_does_not_fit),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
