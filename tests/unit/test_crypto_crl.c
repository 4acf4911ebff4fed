/* Revocation lists: written, judged, and read by OpenSSL. */
#include "crypto/crl.h"

#include <openssl/x509v3.h>

#include "tests/cmocka.h"
#include "tests/issuer.h"

static struct arena *a;
static struct test_ca ca;
static struct issuing by;
static struct fault f;
static struct crl_entry entries[3];
static struct crl_spec spec;

static int
setup_with(EVP_PKEY *key)
{
	a = arena_new();
	f = (struct fault){ 0 };
	ca = test_ca_new(key, BEGIN, END, NULL);
	need(issuing_read(ca.der, ca.len, a, &by, &f) == OK);
	for (int i = 0; i < 3; i++)
		entries[i] = (struct crl_entry){ .serial = id_new(NOW * 1000),
			.revoked = NOW - 10 * i,
			.reason = i };
	spec = (struct crl_spec){ .number = 0x80,
		.this_update = NOW,
		.next_update = NOW + 86400,
		.entries = entries,
		.n_entries = 3 };
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	return setup_with(EVP_EC_gen("P-256"));
}

static int
teardown(void **state)
{
	(void)state;
	test_ca_free(&ca);
	arena_free(a);
	return 0;
}

struct bytes {
	const uint8_t *at;
	size_t len;
};

static struct bytes
build(void)
{
	struct bytes tbs;

	assert_int_equal(crl_build(&by, &spec, a, &tbs.at, &tbs.len, &f), OK);
	return tbs;
}

/* Signed by OpenSSL: no line of ours. */
static struct bytes
signed_by(EVP_PKEY *key, struct bytes tbs)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[1024];
	size_t n = sizeof(sig);
	const bool p384 = EVP_PKEY_get_bits(key) == 384;
	struct bytes der;

	need(EVP_DigestSignInit(ctx, NULL, p384 ? EVP_sha384() : EVP_sha256(),
	         NULL, key) == 1);
	need(EVP_DigestSign(ctx, sig, &n, tbs.at, tbs.len) == 1);
	EVP_MD_CTX_free(ctx);
	der.at = crl_wrap(&by, tbs.at, tbs.len, sig, n, a, &der.len);
	return der;
}

static X509_CRL *
read_crl(struct bytes der)
{
	const uint8_t *p = der.at;
	X509_CRL *l = d2i_X509_CRL(NULL, &p, (long)der.len);

	assert_non_null(l);
	assert_ptr_equal(p, der.at + der.len);
	return l;
}

static enum err
fits(struct bytes tbs, int64_t now)
{
	f = (struct fault){ 0 };
	return crl_fits(&by, &spec.scope, tbs.at, tbs.len, now, &f);
}

/* CRL-01: version, issuer, algorithm, dates, identifier and number. */
TEST(a_list_is_what_5280_asks_for)
{
	X509_CRL *l = read_crl(signed_by(ca.key, build()));
	AUTHORITY_KEYID *akid =
	    X509_CRL_get_ext_d2i(l, NID_authority_key_identifier, NULL, NULL);
	ASN1_INTEGER *n = X509_CRL_get_ext_d2i(l, NID_crl_number, NULL, NULL);
	uint8_t *name = NULL;
	int len = i2d_X509_NAME(X509_CRL_get_issuer(l), &name);
	time_t now = NOW, end = NOW + 86400;

	assert_int_equal(X509_CRL_get_version(l), 1);
	assert_int_equal(X509_CRL_verify(l, ca.key), 1);
	assert_int_equal(len, by.name_len);
	assert_memory_equal(name, by.name, by.name_len);
	OPENSSL_free(name);
	assert_int_equal(X509_CRL_get_ext_count(l), 2);
	assert_non_null(akid->keyid);
	assert_null(akid->issuer);
	assert_int_equal(ASN1_STRING_length(akid->keyid), by.key_id_len);
	assert_memory_equal(ASN1_STRING_get0_data(akid->keyid), by.key_id,
	    by.key_id_len);
	assert_int_equal(ASN1_INTEGER_get(n), 0x80);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_CRL_get0_lastUpdate(l), now),
	    0);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_CRL_get0_nextUpdate(l), end),
	    0);
	ASN1_INTEGER_free(n);
	AUTHORITY_KEYID_free(akid);
	X509_CRL_free(l);
}

/* CRL-03: serial, date, and a reason that is not critical, unless it is 0. */
TEST(an_entry_says_when_and_why)
{
	X509_CRL *l = read_crl(signed_by(ca.key, build()));
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(l);

	assert_int_equal(sk_X509_REVOKED_num(list), 3);
	for (int i = 0; i < 3; i++) {
		X509_REVOKED *r = sk_X509_REVOKED_value(list, i);
		BIGNUM *bn =
		    ASN1_INTEGER_to_BN(X509_REVOKED_get0_serialNumber(r), NULL);
		uint8_t serial[ID_SIZE];
		int critical = 0;
		ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(r,
		    NID_crl_reason, &critical, NULL);

		assert_int_equal(BN_bn2binpad(bn, serial, ID_SIZE), ID_SIZE);
		assert_memory_equal(serial, entries[i].serial.bytes, ID_SIZE);
		assert_int_equal(
		    ASN1_TIME_cmp_time_t(X509_REVOKED_get0_revocationDate(r),
		        (time_t)entries[i].revoked),
		    0);
		assert_int_equal(X509_REVOKED_get_ext_count(r), i > 0);
		assert_true((reason != NULL) == (i > 0));
		if (reason != NULL) {
			assert_int_equal(ASN1_ENUMERATED_get(reason), i);
			assert_int_equal(critical, 0);
		}
		ASN1_ENUMERATED_free(reason);
		BN_free(bn);
	}
	X509_CRL_free(l);
}

/* CRL-05: absent, not empty. */
TEST(a_list_of_nothing_has_no_list)
{
	struct bytes tbs;
	X509_CRL *l;

	spec.n_entries = 0;
	tbs = build();
	assert_int_equal(fits(tbs, NOW), OK);
	l = read_crl(signed_by(ca.key, tbs));
	assert_null(X509_CRL_get_REVOKED(l));
	X509_CRL_free(l);
}

TEST(every_kind_of_issuer_has_lists)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("P-384"), EVP_RSA_gen(2048) };

	for (size_t i = 0; i < 2; i++) {
		struct bytes tbs;

		(void)teardown(NULL);
		(void)setup_with(keys[i]);
		tbs = build();
		assert_int_equal(fits(tbs, NOW), OK);
		tbs = signed_by(ca.key, tbs);
		assert_int_equal(crl_verify(&by, &spec, tbs.at, tbs.len, &f),
		    OK);
	}
}

/* A minute for clocks that differ; ten days are the most (CRL-01). */
TEST(a_list_holds_from_now_and_for_ten_days_at_most)
{
	assert_int_equal(fits(build(), NOW - 60), OK);
	assert_int_equal(fits(build(), NOW - 61), ERR_INTERNAL);
	assert_int_equal(fits(build(), NOW + 1000000), OK);
	spec.next_update = NOW + CRL_LIFETIME_MAX;
	assert_int_equal(fits(build(), NOW), OK);
	spec.next_update++;
	assert_int_equal(fits(build(), NOW), ERR_INTERNAL);
	spec.next_update = NOW;
	assert_int_equal(fits(build(), NOW), ERR_INTERNAL);
}

/* CRL-03: 6 is a hold, 7 is nothing, 8 is for deltas, 10 is of attributes. */
TEST(only_reasons_that_we_give_are_signed)
{
	for (int reason = 0; reason < 256; reason++) {
		entries[1].reason = reason;
		assert_int_equal(fits(build(), NOW),
		    reason <= 5 || reason == 9 ? OK : ERR_INTERNAL);
	}
}

TEST(entries_of_tomorrow_are_not_signed)
{
	entries[2].revoked = NOW + 60;
	assert_int_equal(fits(build(), NOW), OK);
	entries[2].revoked = NOW + 61;
	assert_int_equal(fits(build(), NOW), ERR_INTERNAL);
}

TEST(serials_that_are_none_of_ours_are_not_signed)
{
	memset(entries[0].serial.bytes, 0, 9);
	assert_int_equal(fits(build(), NOW), ERR_INTERNAL);
}

/* Each octet changed: refused, or still a list that OpenSSL takes as ours. */
TEST(bytes_that_are_bent_are_refused_or_harmless)
{
	struct bytes tbs = build();
	uint8_t *bent = (uint8_t *)arena_bytes(a, tbs.at, tbs.len);
	size_t refused = 0;

	for (size_t i = 0; i < tbs.len; i++) {
		struct bytes der = { bent, tbs.len };
		X509_CRL *l;

		bent[i] ^= 0x41;
		if (fits(der, NOW) == OK) {
			l = read_crl(signed_by(ca.key, der));
			assert_int_equal(X509_NAME_cmp(X509_CRL_get_issuer(l),
			                     X509_get_subject_name(ca.cert)),
			    0);
			X509_CRL_free(l);
		} else {
			refused++;
		}
		bent[i] ^= 0x41;
	}
	assert_true(refused > tbs.len / 2);
	for (size_t i = 0; i < tbs.len; i++)
		assert_int_equal(fits((struct bytes){ tbs.at, i }, NOW),
		    ERR_INTERNAL);
}

/* CRL-05: an empty list, by hand. */
TEST(an_empty_list_is_not_signed)
{
	struct bytes tbs;
	uint8_t *wider;
	size_t at;

	spec.n_entries = 0;
	tbs = build();
	assert_true(tbs.at[1] < 0x7e);
	wider = arena_alloc(a, tbs.len + 2, 1);
	/* behind the second date */
	for (at = 0; tbs.at[at] != DER_UTC_TIME; at++)
		;
	at += 2 * 15;
	memcpy(wider, tbs.at, at);
	wider[at] = DER_SEQUENCE;
	wider[at + 1] = 0;
	memcpy(wider + at + 2, tbs.at + at, tbs.len - at);
	wider[1] = (uint8_t)(wider[1] + 2);
	assert_int_equal(fits((struct bytes){ wider, tbs.len + 2 }, NOW),
	    ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "empty"));
}

TEST(another_issuer_s_list_is_not_signed)
{
	struct bytes tbs = build();
	struct test_ca other =
	    test_ca_new(EVP_EC_gen("P-384"), BEGIN, END, NULL);

	need(issuing_read(other.der, other.len, a, &by, &f) == OK);
	assert_int_equal(fits(tbs, NOW), ERR_INTERNAL);
	test_ca_free(&other);
	/* of the same name and kind, but another key */
	other = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	need(issuing_read(other.der, other.len, a, &by, &f) == OK);
	assert_int_equal(fits(tbs, NOW), ERR_INTERNAL);
	test_ca_free(&other);
}

/* The second opinion: it sees what we would publish, and what we meant to. */
TEST(what_is_published_is_what_was_meant)
{
	struct bytes der = signed_by(ca.key, build());
	EVP_PKEY *stranger = EVP_EC_gen("P-256");
	struct crl_spec meant = spec;

	assert_int_equal(crl_verify(&by, &meant, der.at, der.len, &f), OK);
	meant.number++;
	assert_int_equal(crl_verify(&by, &meant, der.at, der.len, &f),
	    ERR_INTERNAL);
	meant = spec;
	meant.n_entries--;
	assert_int_equal(crl_verify(&by, &meant, der.at, der.len, &f),
	    ERR_INTERNAL);
	meant = spec;
	meant.next_update++;
	assert_int_equal(crl_verify(&by, &meant, der.at, der.len, &f),
	    ERR_INTERNAL);
	assert_int_equal(crl_verify(&by, &spec, der.at, der.len - 1, &f),
	    ERR_INTERNAL);
	der = signed_by(stranger, build());
	assert_int_equal(crl_verify(&by, &spec, der.at, der.len, &f),
	    ERR_INTERNAL);
	EVP_PKEY_free(stranger);
}

/* CRL-09: as long as it may be, and no longer. */
TEST(a_list_has_room_for_many)
{
	enum { MANY = 250000 };
	struct crl_entry *many = ARENA_ARRAY(a, struct crl_entry, MANY * 2);
	struct bytes tbs;

	for (int i = 0; i < MANY * 2; i++)
		many[i] = (struct crl_entry){ id_new(NOW * 1000), NOW, 1 };
	spec.entries = many;
	spec.n_entries = MANY;
	tbs = build();
	assert_int_equal(fits(tbs, NOW), OK);
	tbs = signed_by(ca.key, tbs);
	assert_int_equal(crl_verify(&by, &spec, tbs.at, tbs.len, &f), OK);
	spec.n_entries = MANY * 2;
	assert_int_equal(crl_build(&by, &spec, a, &tbs.at, &tbs.len, &f),
	    ERR_FULL);
}

TEST(what_is_no_issuer_is_not_read_as_one)
{
	struct test_ca ed =
	    test_ca_new(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), BEGIN, END,
	        NULL);
	struct test_ca bare = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END,
	    "subjectKeyIdentifier");

	assert_int_equal(issuing_read(ed.der, ed.len, a, &by, &f),
	    ERR_INTERNAL);
	assert_int_equal(issuing_read(bare.der, bare.len, a, &by, &f),
	    ERR_INTERNAL);
	assert_int_equal(issuing_read(ca.der, ca.len - 1, a, &by, &f),
	    ERR_INTERNAL);
	test_ca_free(&ed);
	test_ca_free(&bare);
}

/* The list as shard 2 of 4 of issuer 7, by so many URLs. */
static struct bytes
build_shard(const char *const *urls, size_t n)
{
	spec.scope = (struct crl_scope){ 7, 4, 2 };
	spec.urls = urls;
	spec.n_urls = n;
	for (int i = 0; i < 3; i++) {
		entries[i].serial.bytes[ID_SIZE - 2] = (uint8_t)(0x80 + 20 * i);
		need(id_part(entries[i].serial, 4) == 2);
	}
	return build();
}

static const char *const shard_urls[] = { "http://ca.lan/crl/7-4-2.crl",
	"http://ca.lan:8080/x/crl/7-4-2.crl" };

/* CRL-06: critical, the URL byte for byte, and nothing else in it. */
TEST(a_shard_says_which_certificates_it_is_for)
{
	struct bytes tbs = build_shard(shard_urls, 1), der;
	X509_CRL *l = read_crl(signed_by(ca.key, tbs));
	int at = X509_CRL_get_ext_by_NID(l, NID_issuing_distribution_point, -1);
	X509_EXTENSION *e = X509_CRL_get_ext(l, at);
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
	static const char want[] = "\x30\x21\xa0\x1f\xa0\x1d\x86\x1b"
	                           "http://ca.lan/crl/7-4-2.crl";

	assert_int_equal(X509_CRL_get_ext_count(l), 3);
	assert_int_equal(X509_EXTENSION_get_critical(e), 1);
	assert_int_equal(ASN1_STRING_length(value), sizeof(want) - 1);
	assert_memory_equal(ASN1_STRING_get0_data(value), want,
	    sizeof(want) - 1);
	X509_CRL_free(l);
	for (size_t n = 1; n <= 2; n++) {
		tbs = build_shard(shard_urls, n);
		assert_int_equal(fits(tbs, NOW), OK);
		der = signed_by(ca.key, tbs);
		assert_int_equal(crl_verify(&by, &spec, der.at, der.len, &f),
		    OK);
	}
}

/* The same bytes as another list's. */
static enum err
fits_as(struct bytes tbs, unsigned issuer, unsigned shards, unsigned shard)
{
	const struct crl_scope other = { issuer, shards, shard };

	return crl_fits(&by, &other, tbs.at, tbs.len, NOW, &f);
}

/* CRL-06: the keeper signs it as what it says it is, and as nothing else. */
TEST(a_shard_is_signed_as_itself_only)
{
	struct bytes tbs = build_shard(shard_urls, 1);

	assert_int_equal(fits_as(tbs, 7, 4, 2), OK);
	assert_int_equal(fits_as(tbs, 7, 0, 0), ERR_INTERNAL);
	assert_int_equal(fits_as(tbs, 6, 4, 2), ERR_INTERNAL);
	assert_int_equal(fits_as(tbs, 7, 2, 1), ERR_INTERNAL);
	assert_int_equal(fits_as(tbs, 7, 4, 1), ERR_INTERNAL);
	assert_int_equal(fits_as(tbs, 7, 256, 128), ERR_INTERNAL);
	assert_int_equal(fits_as(tbs, 7, 4, 4), ERR_INTERNAL);
	spec.n_entries = 0; /* by its point alone */
	tbs = build_shard(shard_urls, 1);
	assert_int_equal(fits_as(tbs, 7, 4, 2), OK);
	assert_int_equal(fits_as(tbs, 7, 4, 1), ERR_INTERNAL);
	assert_int_equal(fits_as(tbs, 7, 2, 1), ERR_INTERNAL);
	assert_int_equal(fits_as(tbs, 7, 0, 0), ERR_INTERNAL);
	spec.scope.shards = spec.scope.shard = 0; /* without the extension */
	tbs = build();
	assert_int_equal(fits_as(tbs, 7, 0, 0), OK);
	assert_int_equal(fits_as(tbs, 7, 4, 2), ERR_INTERNAL);
}

/* CRL-06: nor for URLs that are not all its own, by plain http. */
TEST(a_shard_is_signed_with_its_own_urls_only)
{
	static const char *const wrong[] = { "http://ca.lan/crl/7-4-3.crl",
		"http://ca.lan/crl/17-4-2.crl", "http://ca.lan/crl/7-4-2.crl?",
		"https://ca.lan/crl/7-4-2.crl", "ldap://ca.lan/crl/7-4-2.crl",
		"http:/crl/7-4-2.crl", "crl/7-4-2.crl", "",
		"http://ca.lan/crl/7.crl" };
	const char *urls[CRL_URLS_MAX + 1] = { shard_urls[0] };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		urls[1] = wrong[i];
		assert_int_equal(fits(build_shard(urls + 1, 1), NOW),
		    ERR_INTERNAL);
		assert_int_equal(fits(build_shard(urls, 2), NOW), ERR_INTERNAL);
	}
	assert_int_equal(fits(build_shard(urls, 0), NOW), ERR_INTERNAL);
	for (size_t i = 0; i <= CRL_URLS_MAX; i++)
		urls[i] = shard_urls[0];
	assert_int_equal(fits(build_shard(urls, CRL_URLS_MAX), NOW), OK);
	assert_int_equal(fits(build_shard(urls, CRL_URLS_MAX + 1), NOW),
	    ERR_INTERNAL);
}

/* CRL-06: a serial of another shard has no place in it. */
TEST(a_shard_has_its_own_serials_only)
{
	struct bytes tbs = build_shard(shard_urls, 1);

	assert_int_equal(fits(tbs, NOW), OK);
	entries[1].serial.bytes[ID_SIZE - 2] = 0xc0;
	assert_int_equal(fits(build(), NOW), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "another shard"));
	entries[1].serial.bytes[ID_SIZE - 2] = 0x7f;
	assert_int_equal(fits(build(), NOW), ERR_INTERNAL);
}

/* CRL-06: changed by an octet, it is not critical, or not the only thing. */
TEST(a_shard_says_nothing_else)
{
	struct bytes tbs = build_shard(shard_urls, 1);
	uint8_t *copy = (uint8_t *)arena_bytes(a, tbs.at, tbs.len);
	static const uint8_t oid[] = { 0x55, 0x1d, 0x1c, 0x01, 0x01, 0xff };
	size_t at = 0;

	while (memcmp(copy + at, oid, sizeof(oid)) != 0)
		at++;
	for (size_t i = at; i < tbs.len; i++) {
		/* but for the host, which is the front's to know */
		if (i >= tbs.len - strlen("ca.lan/crl/7-4-2.crl") &&
		    i < tbs.len - strlen("/crl/7-4-2.crl"))
			continue;
		copy[i] ^= 0x01;
		assert_int_equal(fits((struct bytes){ copy, tbs.len }, NOW),
		    ERR_INTERNAL);
		copy[i] ^= 0x01;
	}
}

/* CRL-06: to OpenSSL, too. */
TEST(a_shard_is_published_as_it_was_meant)
{
	struct bytes der = signed_by(ca.key, build_shard(shard_urls, 2));
	struct crl_spec meant = spec;

	assert_int_equal(crl_verify(&by, &meant, der.at, der.len, &f), OK);
	meant.n_urls = 1;
	assert_int_equal(crl_verify(&by, &meant, der.at, der.len, &f),
	    ERR_INTERNAL);
	meant.urls = (const char *const[]){ shard_urls[1], shard_urls[0] };
	meant.n_urls = 2;
	assert_int_equal(crl_verify(&by, &meant, der.at, der.len, &f),
	    ERR_INTERNAL);
	meant = spec;
	meant.scope.shards = 0;
	assert_int_equal(crl_verify(&by, &meant, der.at, der.len, &f),
	    ERR_INTERNAL);
	spec.scope.shards = 0;
	der = signed_by(ca.key, build());
	assert_int_equal(crl_verify(&by, &spec, der.at, der.len, &f), OK);
	spec.scope.shards = 4;
	assert_int_equal(crl_verify(&by, &spec, der.at, der.len, &f),
	    ERR_INTERNAL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_list_is_what_5280_asks_for),
		T(an_entry_says_when_and_why),
		T(a_list_of_nothing_has_no_list),
		T(every_kind_of_issuer_has_lists),
		T(a_list_holds_from_now_and_for_ten_days_at_most),
		T(only_reasons_that_we_give_are_signed),
		T(entries_of_tomorrow_are_not_signed),
		T(serials_that_are_none_of_ours_are_not_signed),
		T(bytes_that_are_bent_are_refused_or_harmless),
		T(an_empty_list_is_not_signed),
		T(another_issuer_s_list_is_not_signed),
		T(what_is_published_is_what_was_meant),
		T(a_list_has_room_for_many),
		T(what_is_no_issuer_is_not_read_as_one),
		T(a_shard_says_which_certificates_it_is_for),
		T(a_shard_is_signed_as_itself_only),
		T(a_shard_is_signed_with_its_own_urls_only),
		T(a_shard_has_its_own_serials_only),
		T(a_shard_says_nothing_else),
		T(a_shard_is_published_as_it_was_meant),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
