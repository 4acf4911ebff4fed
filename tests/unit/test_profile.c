/* A leaf's bytes: what is in them, who accepts them, and who refuses others. */
#include "crypto/profile.h"

#include <strings.h>

#include "crypto/profile_int.h"
#include "tests/cmocka.h"
#include "tests/issuer.h"

static struct arena *a;
static struct fault f;
static const uint8_t *tbs;
static size_t tbs_len;

static struct test_ca ca;
static struct profile *profile;

static void
profile_make(const struct profile_spec *spec)
{
	profile_free(profile);
	profile = profile_new(spec, ca.der, ca.len, &f);
	if (profile == NULL)
		fail_msg("%s", f.detail);
}

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	ca = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	profile_make(&test_spec);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	profile_free(profile);
	profile = NULL;
	test_ca_free(&ca);
	arena_free(a);
	return 0;
}

static enum err
build(struct leaf *leaf)
{
	f = (struct fault){ 0 };
	return tbs_build(profile, leaf, a, &tbs, &tbs_len, &f);
}

/* What the keeper does, in OpenSSL's own way. */
static X509 *
signed_leaf(void)
{
	uint8_t *buf = arena_alloc(a, tbs_len + 2048, 1), sig[1024];
	size_t n = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const struct der alg = profile->algorithm;
	const char *md = alg.at[alg.len - 1] == 3 ? "SHA384" : "SHA256";
	const uint8_t *p = buf;
	struct derw w;
	X509 *x;

	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL,
	                     ca.key, NULL),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &n, tbs, tbs_len), 1);
	EVP_MD_CTX_free(ctx);
	derw_start(&w, buf, tbs_len + 2048);
	derw_open(&w, DER_SEQUENCE);
	derw_raw(&w, tbs, tbs_len);
	derw_raw(&w, alg.at, alg.len);
	derw_bits(&w, sig, n);
	derw_close(&w);
	assert_true(derw_end(&w));
	x = d2i_X509(NULL, &p, (long)w.len);
	assert_non_null(x);
	assert_ptr_equal(p, buf + w.len);
	return x;
}

static int
verify(X509 *x, int64_t at)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int result;

	assert_int_equal(X509_STORE_add_cert(store, ca.cert), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, x, NULL), 1);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	assert_int_equal(X509_VERIFY_PARAM_set_flags(param,
	                     X509_V_FLAG_X509_STRICT |
	                         X509_V_FLAG_CHECK_SS_SIGNATURE),
	    1);
	assert_int_equal(X509_VERIFY_PARAM_set_purpose(param,
	                     X509_PURPOSE_SSL_SERVER),
	    1);
	assert_int_equal(X509_VERIFY_PARAM_set1_host(param, "a.lan", 0), 1);
	(void)X509_verify_cert(ctx);
	result = X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return result;
}

/* Every kind of issuing key; strict verification; the keeper agrees. */
TEST(what_is_built_verifies_and_fits)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("P-256"), EVP_EC_gen("P-384"),
		EVP_RSA_gen(2048) };

	for (size_t i = 0; i < 3; i++) {
		struct leaf leaf = test_leaf(a, NOW);
		X509 *x;

		test_ca_free(&ca);
		ca = test_ca_new(keys[i], BEGIN, END, NULL);
		profile_make(&test_spec);
		assert_int_equal(build(&leaf), OK);
		if (tbs_fits(profile, tbs, tbs_len, &f) != OK)
			fail_msg("%s", f.detail);
		x = signed_leaf();
		assert_int_equal(verify(x, NOW), X509_V_OK);
		/* the last second counts, for OpenSSL it is over */
		assert_int_equal(verify(x, NOW + 598), X509_V_OK);
		assert_int_equal(verify(x, NOW + 599),
		    X509_V_ERR_CERT_HAS_EXPIRED);
		assert_int_equal(verify(x, NOW - 30), X509_V_OK);
		assert_int_equal(verify(x, NOW - 32),
		    X509_V_ERR_CERT_NOT_YET_VALID);
		X509_free(x);
	}
}

/* PRO-07. */
TEST(the_extensions_are_the_profiles_and_the_names)
{
	static const int nids[] = { NID_authority_key_identifier, NID_key_usage,
		NID_ext_key_usage, NID_no_rev_avail, NID_subject_alt_name };
	static const int critical[] = { 0, 1, 0, 0, 1 };
	struct leaf leaf = test_leaf(a, NOW);
	X509 *x;

	assert_int_equal(build(&leaf), OK);
	x = signed_leaf();
	assert_int_equal(X509_get_version(x), X509_VERSION_3);
	assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(x)), 0);
	assert_int_equal(X509_get_ext_count(x), 5);
	for (int i = 0; i < 5; i++) {
		X509_EXTENSION *e = X509_get_ext(x, i);
		ASN1_OBJECT *o = X509_EXTENSION_get_object(e);

		assert_int_equal(OBJ_obj2nid(o), nids[i]);
		assert_int_equal(X509_EXTENSION_get_critical(e), critical[i]);
	}
	assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_SERVER);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(X509_check_ip_asc(x, "10.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(x, "fd00::1", 0), 1);
	assert_int_equal(X509_check_host(x, "a.lan", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(x, "x.b.lan", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(x, "b.lan", 0, 0, NULL), 0);
	X509_free(x);
}

TEST(policies_and_client_usage_come_out)
{
	static const char *const oids[] = { "1.3.6.1.4.1.99999.1", "2.999.3" };
	struct profile_spec spec = test_spec;
	struct leaf leaf = test_leaf(a, NOW);
	CERTIFICATEPOLICIES *policies;
	X509 *x;

	spec.policies = oids;
	spec.n_policies = 2;
	spec.usages = USAGE_SERVER_AUTH | USAGE_CLIENT_AUTH;
	spec.no_rev_avail = false;
	profile_make(&spec);
	assert_int_equal(build(&leaf), OK);
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), OK);
	x = signed_leaf();
	assert_int_equal(verify(x, NOW), X509_V_OK);
	assert_int_equal(X509_get_ext_count(x), 5);
	assert_int_equal(X509_get_extended_key_usage(x),
	    XKU_SSL_SERVER | XKU_SSL_CLIENT);
	policies = X509_get_ext_d2i(x, NID_certificate_policies, NULL, NULL);
	assert_int_equal(sk_POLICYINFO_num(policies), 2);
	CERTIFICATEPOLICIES_free(policies);
	X509_free(x);
}

/* What an access description or a distribution point leads to. */
static void
leads_to(const GENERAL_NAME *name, const char *want)
{
	int type;
	const ASN1_STRING *uri = GENERAL_NAME_get0_value(name, &type);

	assert_int_equal(type, GEN_URI);
	assert_int_equal(ASN1_STRING_length(uri), strlen(want));
	assert_memory_equal(ASN1_STRING_get0_data(uri), want, strlen(want));
}

/* CPR-11: one distribution point with one http URL, and both kinds of access. */
TEST(crl_and_ocsp_and_issuer_are_where_the_profile_says)
{
	struct profile_spec spec = test_spec;
	struct leaf leaf = test_leaf(a, NOW);
	AUTHORITY_INFO_ACCESS *aia;
	CRL_DIST_POINTS *crls;
	DIST_POINT *crl;
	X509 *x;

	spec.no_rev_avail = false;
	spec.crl_url = "http://ca.lan:8080/crl/1.crl";
	spec.ocsp_url = "http://ca.lan:8080/ocsp";
	spec.issuer_url = "http://ca.lan:8080/issuer/1.cer";
	profile_make(&spec);
	assert_int_equal(build(&leaf), OK);
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), OK);
	x = signed_leaf();
	assert_int_equal(verify(x, NOW), X509_V_OK);
	assert_int_equal(X509_get_ext_count(x), 6);
	crls = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	assert_int_equal(sk_DIST_POINT_num(crls), 1);
	crl = sk_DIST_POINT_value(crls, 0);
	assert_null(crl->reasons);
	assert_null(crl->CRLissuer);
	assert_int_equal(sk_GENERAL_NAME_num(crl->distpoint->name.fullname), 1);
	leads_to(sk_GENERAL_NAME_value(crl->distpoint->name.fullname, 0),
	    spec.crl_url);
	CRL_DIST_POINTS_free(crls);
	aia = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	assert_int_equal(sk_ACCESS_DESCRIPTION_num(aia), 2);
	assert_int_equal(OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(aia, 0)
	                                 ->method),
	    NID_ad_OCSP);
	leads_to(sk_ACCESS_DESCRIPTION_value(aia, 0)->location, spec.ocsp_url);
	assert_int_equal(OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(aia, 1)
	                                 ->method),
	    NID_ad_ca_issuers);
	leads_to(sk_ACCESS_DESCRIPTION_value(aia, 1)->location,
	    spec.issuer_url);
	AUTHORITY_INFO_ACCESS_free(aia);
	X509_free(x);
}

/* CPR-13, FIN-11: the very octets, last and not critical, if both want it. */
TEST(must_staple_is_there_if_asked_for_and_allowed)
{
	static const uint8_t want[] = { 0x30, 0x03, 0x02, 0x01, 0x05 };
	struct profile_spec spec = test_spec;
	struct leaf leaf = test_leaf(a, NOW);
	X509_EXTENSION *e;
	X509 *x;

	leaf.must_staple = true;
	assert_int_equal(build(&leaf), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "must-staple"));
	spec.no_rev_avail = false;
	spec.ocsp_url = "http://ca.lan/ocsp";
	spec.must_staple = true;
	profile_make(&spec);
	assert_int_equal(build(&leaf), OK);
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), OK);
	x = signed_leaf();
	e = X509_get_ext(x, X509_get_ext_by_NID(x, NID_tlsfeature, -1));
	assert_non_null(e);
	assert_int_equal(X509_EXTENSION_get_critical(e), 0);
	assert_int_equal(ASN1_STRING_length(X509_EXTENSION_get_data(e)), 5);
	assert_memory_equal(ASN1_STRING_get0_data(X509_EXTENSION_get_data(e)),
	    want, 5);
	X509_free(x);
	leaf.must_staple = false;
	assert_int_equal(build(&leaf), OK);
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), OK);
	x = signed_leaf();
	assert_int_equal(X509_get_ext_by_NID(x, NID_tlsfeature, -1), -1);
	X509_free(x);
	leaf.must_staple = true;
	assert_int_equal(build(&leaf), OK);
	profile_make(&test_spec); /* the keeper goes by its own */
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), ERR_INTERNAL);
}

/* FIN-17, PKY-10: a key that the profile does not take is no key for it. */
TEST(a_profile_takes_its_types_of_keys_only)
{
	struct profile_spec spec = test_spec;
	struct leaf leaf = test_leaf(a, NOW);

	spec.key_types = KEYS_ALL & ~(unsigned)KEYS_P256;
	profile_make(&spec);
	assert_int_equal(build(&leaf), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "tenminutes"));
	assert_non_null(strstr(f.detail, "P-256"));
	profile_make(&test_spec);
	assert_int_equal(build(&leaf), OK);
	profile_make(&spec);
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), ERR_INTERNAL);
	spec.key_types = KEYS_P256;
	profile_make(&spec);
	assert_int_equal(build(&leaf), OK);
}

/* CPR-11, CPR-13: what relying parties could not use, or must not believe. */
TEST(profiles_that_contradict_themselves_are_refused)
{
	struct profile_spec specs[] = { test_spec, test_spec, test_spec,
		test_spec, test_spec, test_spec };

	specs[0].crl_url = "http://ca.lan/crl/1.crl"; /* and noRevAvail */
	specs[1].ocsp_url = "http://ca.lan/ocsp";
	specs[2].issuer_url = "https://ca.lan/issuer/1.cer";
	specs[3].issuer_url = "http://ca.lan/issuer 1.cer";
	specs[4].must_staple = true;
	specs[5].key_types = KEYS_ALL + 1;
	for (size_t i = 0; i < 6; i++) {
		f.detail[0] = '\0';
		assert_null(profile_new(&specs[i], ca.der, ca.len, &f));
		assert_int_not_equal(f.detail[0], '\0');
	}
}

/* CPR-16: with all that a profile may say, names, and a big key. */
TEST(a_leaf_is_below_4_kib)
{
	static const char *const oids[] = { "1.3.6.1.4.1.99999.1", "2.999.3" };
	struct profile_spec spec = test_spec;
	struct leaf leaf = test_leaf(a, NOW);
	struct ident names[20];
	EVP_PKEY *key = EVP_RSA_gen(4096);
	uint8_t *der = NULL;

	spec.no_rev_avail = false;
	spec.must_staple = true;
	spec.usages = USAGE_SERVER_AUTH | USAGE_CLIENT_AUTH;
	spec.policies = oids;
	spec.n_policies = 2;
	spec.crl_url = "http://ca.internal.example:8080/crl/100.crl";
	spec.ocsp_url = "http://ca.internal.example:8080/ocsp";
	spec.issuer_url = "http://ca.internal.example:8080/issuer/100.cer";
	profile_make(&spec);
	for (int i = 0; i < 20; i++)
		names[i] = (struct ident){ IDENT_DNS,
			arena_printf(a, "service-%d.namespace.svc.example", i),
			false };
	leaf.names = names;
	leaf.n_names = 20;
	leaf.must_staple = true;
	leaf.spki_len = (size_t)i2d_PUBKEY(key, &der);
	leaf.spki = der;
	assert_int_equal(build(&leaf), OK);
	assert_true(tbs_len + 600 < 4096); /* and a signature by RSA of 4096 */
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

TEST(the_serial_is_the_id)
{
	struct leaf leaf = test_leaf(a, NOW);
	char want[ID_HEX], *got;
	BIGNUM *n;
	X509 *x;

	leaf.serial.bytes[0] = 0xf1; /* as if it were the year 8000 */
	assert_int_equal(build(&leaf), OK);
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), OK);
	x = signed_leaf();
	n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	assert_false(BN_is_negative(n));
	got = BN_bn2hex(n);
	id_hex(leaf.serial, want);
	assert_int_equal(strcasecmp(got, want), 0);
	OPENSSL_free(got);
	BN_free(n);
	X509_free(x);
}

/* PRO-07, SHL-04. */
TEST(validity_is_counted_from_now_and_cut_to_the_issuers)
{
	struct leaf leaf = test_leaf(a, NOW);

	assert_int_equal(build(&leaf), OK);
	assert_true(leaf.not_before == NOW - 30);
	assert_true(leaf.not_after == NOW + 599);
	leaf.now = END - 10;
	assert_int_equal(build(&leaf), OK);
	assert_true(leaf.not_after == END);
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), OK);
	leaf.now = BEGIN + 1;
	assert_int_equal(build(&leaf), OK);
	assert_true(leaf.not_before == BEGIN);
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), OK);
	leaf.now = END + 1;
	assert_int_equal(build(&leaf), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "expired"));
	leaf.now = BEGIN - 1;
	assert_int_equal(build(&leaf), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, "not valid yet"));
}

/* CPR-03: the form changes with the year 2050. */
TEST(a_leaf_may_span_2050)
{
	static const int64_t y2050 = 2524608000;
	struct leaf leaf = test_leaf(a, y2050 - 100);
	X509 *x;

	test_ca_free(&ca);
	ca = test_ca_new(EVP_EC_gen("P-256"), BEGIN, y2050 + 86400, NULL);
	profile_make(&test_spec);
	assert_int_equal(build(&leaf), OK);
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), OK);
	x = signed_leaf();
	assert_int_equal(ASN1_STRING_type(X509_get0_notBefore(x)),
	    V_ASN1_UTCTIME);
	assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(x)),
	    V_ASN1_GENERALIZEDTIME);
	assert_int_equal(verify(x, y2050), X509_V_OK);
	X509_free(x);
}

/* PKY-09: not for the CA's own key either. */
TEST(keys_and_names_that_cannot_be_are_refused)
{
	struct leaf leaf = test_leaf(a, NOW);
	uint8_t *der = NULL;
	size_t len = (size_t)i2d_PUBKEY(ca.key, &der);

	leaf.n_names = 0;
	assert_int_equal(build(&leaf), ERR_BAD_CSR);
	leaf.n_names = 102;
	assert_int_equal(build(&leaf), ERR_BAD_CSR);
	leaf.n_names = 1;
	leaf.spki_len--;
	assert_int_equal(build(&leaf), ERR_BAD_CSR);
	leaf.spki = der;
	leaf.spki_len = len;
	assert_int_equal(build(&leaf), ERR_BAD_CSR);
	assert_non_null(strstr(f.detail, "CA's own"));
	OPENSSL_free(der);
}

TEST(a_hundred_long_names_fit)
{
	struct leaf leaf = test_leaf(a, NOW);
	struct ident *many = ARENA_ARRAY(a, struct ident, 100);
	char *label = arena_alloc(a, 64, 1);
	X509 *x;

	memset(label, 'x', 60);
	for (int i = 0; i < 100; i++)
		many[i] = (struct ident){ IDENT_DNS,
			arena_printf(a, "%02d%s.%s.%s.%s", i, label, label,
			    label, label),
			false };
	leaf.names = many;
	leaf.n_names = 100;
	assert_int_equal(build(&leaf), OK);
	assert_int_equal(tbs_fits(profile, tbs, tbs_len, &f), OK);
	x = signed_leaf();
	X509_free(x);
}

TEST(issuers_and_specs_that_would_not_do_are_refused)
{
	static const char *const missing[] = { "basicConstraints", "keyUsage",
		"subjectKeyIdentifier" };
	static const char *const oids[] = { "one.two" };
	struct profile_spec specs[] = { test_spec, test_spec, test_spec,
		test_spec, test_spec };

	specs[0].name = "";
	specs[1].lifetime_s = 0;
	specs[2].usages = 0;
	specs[3].usages = 4;
	specs[4].policies = oids;
	specs[4].n_policies = 1;
	for (size_t i = 0; i < 5; i++) {
		f.detail[0] = '\0';
		assert_null(profile_new(&specs[i], ca.der, ca.len, &f));
		assert_int_not_equal(f.detail[0], '\0');
	}
	assert_null(profile_new(&test_spec, ca.der, ca.len - 1, &f));
	for (size_t i = 0; i < 3; i++) {
		test_ca_free(&ca);
		ca = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, missing[i]);
		assert_null(profile_new(&test_spec, ca.der, ca.len, &f));
	}
	test_ca_free(&ca);
	ca = test_ca_new(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), BEGIN, END,
	    NULL);
	assert_null(profile_new(&test_spec, ca.der, ca.len, &f));
	assert_non_null(strstr(f.detail, "P-256"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_built_verifies_and_fits),
		T(the_extensions_are_the_profiles_and_the_names),
		T(policies_and_client_usage_come_out),
		T(crl_and_ocsp_and_issuer_are_where_the_profile_says),
		T(must_staple_is_there_if_asked_for_and_allowed),
		T(a_profile_takes_its_types_of_keys_only),
		T(profiles_that_contradict_themselves_are_refused),
		T(a_leaf_is_below_4_kib),
		T(the_serial_is_the_id),
		T(validity_is_counted_from_now_and_cut_to_the_issuers),
		T(a_leaf_may_span_2050),
		T(keys_and_names_that_cannot_be_are_refused),
		T(a_hundred_long_names_fit),
		T(issuers_and_specs_that_would_not_do_are_refused),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
