/* The lint: what is to be signed is what was ordered, to the last octet. */
#include "crypto/lint.h"

#include "tests/tbs.h"

static struct arena *a;
static struct fault f;
static struct test_ca ca;
static struct profile *profile;
static struct leaf leaf;
static const uint8_t *tbs;
static size_t tbs_len;

static const struct ident one_name[] = { { IDENT_DNS, "a.la", false } };
static const char *const policies[] = { "1.3.6.1.4.1.99999.1", "2.999.3" };

static struct profile *
profile_of(const struct profile_spec *spec)
{
	struct profile *p = profile_new(spec, ca.der, ca.len, &f);

	if (p == NULL)
		fail_msg("%s", f.detail);
	return p;
}

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	ca = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	profile = profile_of(&test_spec);
	leaf = test_leaf(a, NOW);
	leaf.not_before = NOW - 30;
	leaf.not_after = NOW + 599;
	return 0;
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
lint_bytes(const uint8_t *der, size_t len)
{
	f = (struct fault){ 0 };
	return tbs_lint(profile, &leaf, der, len, &f);
}

static void
build(const struct profile *by)
{
	f = (struct fault){ 0 };
	if (tbs_build(by, &leaf, a, &tbs, &tbs_len, &f) != OK)
		fail_msg("%s", f.detail);
}

static void
refused(enum err e, const char *why)
{
	assert_int_equal(e, ERR_LINT);
	if (strstr(f.detail, why) == NULL)
		fail_msg("%s, not %s", f.detail, why);
}

/* For one name, a.la; with any part another. */
static enum err
lint_parts(struct parts p)
{
	static uint8_t buf[PARTS_MAX];

	leaf.names = one_name;
	leaf.n_names = 1;
	return lint_bytes(buf, parts_write(profile, &leaf, p, buf));
}

static const struct profile_spec full_spec = { .name = "full",
	.lifetime_s = 3600,
	.backdate_s = 30,
	.usages = USAGE_SERVER_AUTH | USAGE_CLIENT_AUTH,
	.policies = policies,
	.n_policies = 2,
	.must_staple = true,
	.crl_url = "http://ca.lan:8080/crl/1.crl",
	.ocsp_url = "http://ca.lan:8080/ocsp",
	.issuer_url = "http://ca.lan:8080/issuer/1.cer" };

/* CPR-03, CPR-06, CPR-07, CPR-08, CPR-10, CPR-11: what is right, too. */
TEST(what_is_built_passes)
{
	for (int i = 0; i < 3; i++) {
		if (i > 0) {
			profile_free(profile);
			profile = profile_of(&full_spec);
			leaf.must_staple = i == 1;
		}
		build(profile);
		if (lint_bytes(tbs, tbs_len) != OK)
			fail_msg("%s", f.detail);
	}
	if (lint_parts((struct parts){ .end = leaf.not_after }) != OK)
		fail_msg("%s", f.detail);
}

/* CPR-14, CPR-12, CPR-09: not an octet can be another, missing or too many. */
TEST(no_octet_can_be_another)
{
	static const uint8_t bits[] = { 0x01, 0x20, 0x80 };
	uint8_t *copy;

	profile_free(profile);
	profile = profile_of(&full_spec);
	leaf.must_staple = true;
	build(profile);
	copy = arena_alloc(a, tbs_len + 1, 1);
	copy[tbs_len] = 0;
	for (size_t i = 0; i < tbs_len; i++)
		for (size_t k = 0; k < sizeof(bits); k++) {
			memcpy(copy, tbs, tbs_len);
			copy[i] ^= bits[k];
			if (lint_bytes(copy, tbs_len) != ERR_LINT)
				fail_msg("octet %zu: %02x", i, copy[i]);
		}
	memcpy(copy, tbs, tbs_len);
	assert_int_equal(lint_bytes(copy, tbs_len), OK);
	assert_int_equal(lint_bytes(copy, tbs_len - 1), ERR_LINT);
	assert_int_equal(lint_bytes(copy, tbs_len + 1), ERR_LINT);
	assert_int_equal(lint_bytes(copy, 0), ERR_LINT);
}

/* CPR-01: version 3, and the serial the order has, long enough. */
TEST(version_and_serial)
{
	refused(lint_parts(GIVEN(version, "\xa0\x03\x02\x01\x01")),
	    "version 3");
	refused(lint_parts(GIVEN(serial,
	            "\x02\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09")),
	    "serial");
	memset(leaf.serial.bytes, 0, 9);
	refused(lint_parts((struct parts){ 0 }), "serial");
	memset(leaf.serial.bytes, 0x81, sizeof(leaf.serial.bytes));
	refused(lint_parts(GIVEN(serial,
	            "\x02\x10\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81"
	            "\x81\x81\x81\x81")),
	    "serial");
}

/* CPR-02: the issuer's own octets, one algorithm inside and outside. */
TEST(algorithm_and_issuer)
{
	char *name =
	    arena_bytes(a, profile->issuer_name.at, profile->issuer_name.len);

	name[profile->issuer_name.len - strlen("An issuer") - 2] ^=
	    DER_UTF8 ^ DER_PRINTABLE;
	refused(lint_parts((struct parts){
	            .issuer = name, .len = profile->issuer_name.len }),
	    "issuer");
	refused(lint_parts(GIVEN(algorithm,
	            "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03")),
	    "issuer");
}

static enum err
lint_times(int64_t begin, int64_t end)
{
	leaf.not_before = begin;
	leaf.not_after = end;
	return lint_parts((struct parts){ .begin = begin, .end = end });
}

/* CPR-03: the times recorded, and none beyond what the profile gives. */
TEST(times_are_the_order_s_and_within_the_profile)
{
	refused(lint_parts((struct parts){ .end = NOW + 598 }), "the order");
	refused(lint_parts((struct parts){ .begin = NOW - 29 }), "the order");
	assert_int_equal(lint_times(NOW - 30, NOW + 599), OK);
	assert_int_equal(lint_times(NOW + 10, NOW + 20), OK);
	refused(lint_times(NOW - 31, NOW + 599), "profile");
	refused(lint_times(NOW - 30, NOW + 600), "profile");
	refused(lint_times(NOW + 20, NOW + 10), "profile");
}

/* CPR-03: which form a time has depends on its year. */
TEST(times_have_the_form_of_their_year)
{
	uint8_t *copy;
	size_t at = 0;

	leaf.names = one_name;
	leaf.n_names = 1;
	build(profile);
	copy = arena_alloc(a, tbs_len + 2, 1);
	while (memcmp(tbs + at, "\x17\x0d", 2) != 0)
		at++;
	memcpy(copy, tbs, tbs_len);
	memcpy(copy + at, "\x17\x0b", 2); /* without seconds */
	refused(lint_bytes(copy, tbs_len), "");
}

/* CPR-04: never when the issuer is not valid. */
TEST(times_are_within_the_issuer_s)
{
	leaf.now = END - 10;
	assert_int_equal(lint_times(END - 40, END), OK);
	refused(lint_times(END - 40, END + 1), "issuer");
	leaf.now = BEGIN + 10;
	assert_int_equal(lint_times(BEGIN, BEGIN + 100), OK);
	refused(lint_times(BEGIN - 1, BEGIN + 100), "issuer");
}

/* CPR-05: there is no subject but the names. */
TEST(the_subject_is_empty)
{
	refused(lint_parts(GIVEN(subject,
	            "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
	            "a")),
	    "subject");
}

/* CPR-14: the key is the one that the CSR proved. */
TEST(the_key_is_the_one_of_the_csr)
{
	const struct leaf other = test_leaf(a, NOW);

	refused(lint_parts((struct parts){
	            .spki = (const char *)other.spki, .len = other.spki_len }),
	    "key");
}

#define SAN_OF(total, inner, names) \
	GIVEN(san,                  \
	    "\x30" total "\x06\x03\x55\x1d\x11\x01\x01\xff\x04" inner names)

/* CPR-06: the order's names, all, no other, each once, critical. */
TEST(the_names_are_the_order_s)
{
	static const struct ident twice[] = { { IDENT_DNS, "a.la", false },
		{ IDENT_DNS, "a.la", false } };
	static const struct ident other[] = { { IDENT_DNS, "b.la", false } };
	static const struct ident wild[] = { { IDENT_DNS, "a.la", true } };

	assert_int_equal(lint_parts(SAN_OF("\x12", "\x08",
	                     "\x30\x06\x82\x04"
	                     "a.la")),
	    OK);
	refused(lint_parts(SAN_OF("\x12", "\x08",
	            "\x30\x06\x82\x04"
	            "A.la")),
	    "subjectAltName");
	refused(lint_parts(SAN_OF("\x12", "\x08",
	            "\x30\x06\x81\x04"
	            "a.la")),
	    "subjectAltName");
	refused(lint_parts(SAN_OF("\x12", "\x08",
	            "\x30\x06\x87\x04"
	            "a.la")),
	    "subjectAltName");
	refused(lint_parts(SAN_OF("\x18", "\x0e",
	            "\x30\x0c\x82\x04"
	            "a.la\x82\x04"
	            "b.la")),
	    "subjectAltName");
	refused(lint_parts(SAN_OF("\x18", "\x0e",
	            "\x30\x0c\x82\x04"
	            "a.la\x82\x04"
	            "a.la")),
	    "subjectAltName");
	refused(lint_parts(SAN_OF("\x0c", "\x02", "\x30\x00")),
	    "subjectAltName");
	refused(lint_parts(GIVEN(san,
	            "\x30\x0f\x06\x03\x55\x1d\x11\x04\x08\x30\x06\x82\x04"
	            "a.la")),
	    "subjectAltName");
	refused(lint_parts((struct parts){ .no_san = true }), "missing");
	build(profile);
	leaf.names = other;
	refused(lint_bytes(tbs, tbs_len), "subjectAltName");
	leaf.names = wild;
	refused(lint_bytes(tbs, tbs_len), "subjectAltName");
	leaf.names = twice;
	leaf.n_names = 2;
	build(profile);
	refused(lint_bytes(tbs, tbs_len), "subjectAltName");
	leaf.n_names = 0;
	refused(lint_bytes(tbs, tbs_len), "subjectAltName");
}

/* CPR-06: addresses and wildcards in the order of the order. */
TEST(names_stay_in_their_order)
{
	static const struct ident forth[] = { { IDENT_DNS, "b.lan", true },
		{ IDENT_IP, "10.0.0.1", false },
		{ IDENT_IP, "fd00::1", false } };
	static const struct ident back[] = { { IDENT_IP, "10.0.0.1", false },
		{ IDENT_DNS, "b.lan", true }, { IDENT_IP, "fd00::1", false } };
	static const struct ident near[] = { { IDENT_DNS, "b.lan", true },
		{ IDENT_IP, "10.0.0.1", false },
		{ IDENT_IP, "fd00::2", false } };

	leaf.names = forth;
	leaf.n_names = 3;
	build(profile);
	assert_int_equal(lint_bytes(tbs, tbs_len), OK);
	leaf.names = back;
	refused(lint_bytes(tbs, tbs_len), "subjectAltName");
	leaf.names = near;
	refused(lint_bytes(tbs, tbs_len), "subjectAltName");
}

/* Built for one profile, it passes for that one only. */
static void
tells_apart(const struct profile_spec *one, const struct profile_spec *two,
    const char *why)
{
	struct profile *other = profile_of(two);

	profile_free(profile);
	profile = profile_of(one);
	build(profile);
	assert_int_equal(lint_bytes(tbs, tbs_len), OK);
	build(other);
	refused(lint_bytes(tbs, tbs_len), why);
	profile_free(other);
}

static void
both_ways(const struct profile_spec *other, const char *why)
{
	tells_apart(&full_spec, other, why);
	tells_apart(other, &full_spec, why);
}

/* CPR-07: by the identifier of the key that is to sign. */
TEST(the_authority_is_its_key)
{
	struct test_ca two = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	struct profile *other = profile_new(&test_spec, two.der, two.len, &f);

	build(other);
	refused(lint_bytes(tbs, tbs_len), "authorityKeyIdentifier");
	profile_free(other);
	test_ca_free(&two);
	refused(lint_parts((struct parts){ .no_fixed = true }), "missing");
}

/* CPR-08: digitalSignature alone, and the purposes of the profile. */
TEST(usages_are_the_profile_s)
{
	struct profile_spec other = full_spec;
	char *fixed =
	    arena_bytes(a, profile->extensions.at, profile->extensions.len);
	size_t at = 0;

	other.usages = USAGE_SERVER_AUTH;
	both_ways(&other, "extendedKeyUsage");
	other.usages = USAGE_CLIENT_AUTH;
	both_ways(&other, "extendedKeyUsage");
	profile_free(profile);
	profile = profile_of(&test_spec);
	leaf.not_after = NOW + 599;
	while (memcmp(fixed + at, "\x03\x02\x07\x80", 4) != 0)
		at++;
	fixed[at + 2] = 5; /* and keyEncipherment */
	fixed[at + 3] = (char)0xa0;
	refused(lint_parts((struct parts){
	            .fixed = fixed, .len = profile->extensions.len }),
	    "keyUsage");
}

#define NAME_CONSTRAINTS \
	"\x30\x0f\x06\x03\x55\x1d\x1e\x04\x08\x30\x06\xa0\x04\x30\x02\x82\x00"

/* CPR-09: no basicConstraints of any kind, no nameConstraints, none twice. */
TEST(nothing_is_there_that_was_not_ordered)
{
	refused(lint_parts(GIVEN(after, CA_BIT)), "not ordered");
	refused(lint_parts(GIVEN(before, CA_BIT)), "not ordered");
	refused(lint_parts(GIVEN(after, BASIC)), "not ordered");
	refused(lint_parts(GIVEN(after, NAME_CONSTRAINTS)), "not ordered");
	refused(lint_parts(GIVEN(before, KU)), "not ordered");
	refused(lint_parts(GIVEN(after, SAN)), "not ordered");
}

/* CPR-10: the profile's policies, all, in order. */
TEST(policies_are_the_profile_s)
{
	static const char *const reversed[] = { "2.999.3",
		"1.3.6.1.4.1.99999.1" };
	struct profile_spec other = full_spec;

	other.n_policies = 1;
	both_ways(&other, "certificatePolicies");
	other.n_policies = 0;
	both_ways(&other, "certificatePolicies");
	other.policies = reversed;
	other.n_policies = 2;
	both_ways(&other, "certificatePolicies");
}

/* CRL-06: of shards, the one for this very serial. */
TEST(the_place_is_the_serial_s)
{
	struct profile_spec sharded = full_spec;
	uint8_t *end = leaf.serial.bytes + ID_SIZE - 2;

	sharded.crl_shards = 5;
	profile_free(profile);
	profile = profile_of(&sharded);
	for (unsigned shard = 0; shard < 5; shard++) {
		uint8_t *at;

		end[0] = (uint8_t)(shard * 51 + 5);
		build(profile);
		if (lint_bytes(tbs, tbs_len) != OK)
			fail_msg("%s", f.detail);
		at = memmem(tbs, tbs_len, "/crl/1-5-", 9);
		assert_non_null(at);
		assert_int_equal(at[9], '0' + shard);
		at[9] = (uint8_t)('0' + (shard + 1) % 5);
		refused(lint_bytes(tbs, tbs_len), "crlDistributionPoints");
	}
}

/* CPR-11: the profile's places, and no others. */
TEST(places_are_the_profile_s)
{
	struct profile_spec other = full_spec;

	other.crl_url = "http://ca.lan:8080/crl/2.crl";
	both_ways(&other, "crlDistributionPoints");
	other.crl_url = NULL;
	both_ways(&other, "crlDistributionPoints");
	other.crl_url = full_spec.crl_url;
	other.crl_shards = 4;
	both_ways(&other, "crlDistributionPoints");
	other = full_spec;
	other.issuer_url = NULL;
	both_ways(&other, "authorityInfoAccess");
	other = full_spec;
	other.ocsp_url = "http://elsewhere.lan/ocsp";
	both_ways(&other, "authorityInfoAccess");
	other.ocsp_url = NULL;
	other.must_staple = false;
	both_ways(&other, "authorityInfoAccess");
	other = (struct profile_spec){ .name = "short",
		.lifetime_s = 3600,
		.backdate_s = 30,
		.usages = full_spec.usages,
		.policies = policies,
		.n_policies = 2 };
	profile_free(profile);
	profile = profile_of(&other);
	build(profile);
	other.no_rev_avail = true;
	tells_apart(&other, &full_spec, "not ordered");
	other.no_rev_avail = false;
	profile_free(profile);
	profile = profile_of(&other);
	other.no_rev_avail = true;
	tells_apart(&(struct profile_spec){ .name = "short",
	                .lifetime_s = 3600,
	                .backdate_s = 30,
	                .usages = full_spec.usages,
	                .policies = policies,
	                .n_policies = 2 },
	    &other, "noRevAvail");
}

/* CPR-13: must-staple if and only if it was asked for. */
TEST(must_staple_is_as_asked)
{
	profile_free(profile);
	profile = profile_of(&full_spec);
	leaf.must_staple = true;
	build(profile);
	leaf.must_staple = false;
	refused(lint_bytes(tbs, tbs_len), "not ordered: tlsfeature");
	build(profile);
	leaf.must_staple = true;
	refused(lint_bytes(tbs, tbs_len), "missing: tlsfeature");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_built_passes),
		T(no_octet_can_be_another),
		T(version_and_serial),
		T(algorithm_and_issuer),
		T(times_are_the_order_s_and_within_the_profile),
		T(times_have_the_form_of_their_year),
		T(times_are_within_the_issuer_s),
		T(the_subject_is_empty),
		T(the_key_is_the_one_of_the_csr),
		T(the_names_are_the_order_s),
		T(names_stay_in_their_order),
		T(the_authority_is_its_key),
		T(usages_are_the_profile_s),
		T(nothing_is_there_that_was_not_ordered),
		T(policies_are_the_profile_s),
		T(places_are_the_profile_s),
		T(the_place_is_the_serial_s),
		T(must_staple_is_as_asked),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
