/* OCSP: requests made by OpenSSL and by hand, answers checked by OpenSSL. */
#include "crypto/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "tests/cmocka.h"
#include "tests/issuer.h"

static struct arena *a;
static struct test_ca one, two;
static struct issuing issuers[2];
static struct fault f;
static struct ocsp_query q;
static size_t which;
static struct id serial;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	f = (struct fault){ 0 };
	one = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	two = test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);
	need(issuing_read(one.der, one.len, a, &issuers[0], &f) == OK &&
	     issuing_read(two.der, two.len, a, &issuers[1], &f) == OK);
	serial = id_new(NOW * 1000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	test_ca_free(&one);
	test_ca_free(&two);
	arena_free(a);
	return 0;
}

struct bytes {
	uint8_t *at;
	size_t len;
};

static OCSP_CERTID *
cert_id(const struct test_ca *ca, const EVP_MD *md, const void *bytes,
    size_t len)
{
	BIGNUM *bn = BN_bin2bn(bytes, (int)len, NULL);
	ASN1_INTEGER *n = BN_to_ASN1_INTEGER(bn, NULL);
	OCSP_CERTID *id = OCSP_cert_id_new(md, X509_get_subject_name(ca->cert),
	    X509_get0_pubkey_bitstr(ca->cert), n);

	need(id != NULL);
	ASN1_INTEGER_free(n);
	BN_free(bn);
	return id;
}

static struct bytes
encoded(OCSP_REQUEST *r)
{
	uint8_t *der = NULL;
	int len = i2d_OCSP_REQUEST(r, &der);
	struct bytes out;

	need(len > 0);
	out = (struct bytes){ (uint8_t *)arena_bytes(a, der, (size_t)len),
		(size_t)len };
	OPENSSL_free(der);
	OCSP_REQUEST_free(r);
	return out;
}

static enum ocsp_result
ask(struct bytes b)
{
	return ocsp_read(b.at, b.len, issuers, 2, &which, &q);
}

static OCSP_REQUEST *
request_for(const struct test_ca *ca, const EVP_MD *md)
{
	OCSP_REQUEST *r = OCSP_REQUEST_new();

	need(OCSP_request_add0_id(r, cert_id(ca, md, serial.bytes, ID_SIZE)) !=
	     NULL);
	return r;
}

/* OCS-02: by SHA-1 and SHA-256, of whichever issuer. */
TEST(a_certificate_is_named_by_either_digest)
{
	const EVP_MD *mds[] = { EVP_sha1(), EVP_sha256() };

	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask(encoded(request_for(&one, mds[i]))),
		    OCSP_SUCCESSFUL);
		assert_int_equal(which, 0);
		assert_int_equal(ask(encoded(request_for(&two, mds[i]))),
		    OCSP_SUCCESSFUL);
		assert_int_equal(which, 1);
		assert_int_equal(q.n_certs, 1);
		assert_int_equal(q.certs[0].len, 15 + (serial.bytes[0] != 0));
		assert_memory_equal(q.certs[0].serial,
		    serial.bytes + ID_SIZE - q.certs[0].len, q.certs[0].len);
		assert_int_equal(q.nonce_len, 0);
	}
	assert_int_equal(ask(encoded(request_for(&one, EVP_sha384()))),
	    OCSP_UNAUTHORIZED);
}

/* OCS-02: none of our issuers. */
TEST(an_issuer_that_is_not_ours_is_none)
{
	struct test_ca other =
	    test_ca_new(EVP_EC_gen("P-256"), BEGIN, END, NULL);

	assert_int_equal(ask(encoded(request_for(&other, EVP_sha1()))),
	    OCSP_UNAUTHORIZED);
	test_ca_free(&other);
}

/* OCS-07: those of the first's issuer, as many as fit; others are left out. */
TEST(several_are_asked_for_at_once)
{
	OCSP_REQUEST *r = request_for(&two, EVP_sha1());

	for (uint8_t i = 1; i < 12; i++)
		need(OCSP_request_add0_id(r,
		         cert_id(i == 3 ? &one : &two,
		             i % 2 == 0 ? EVP_sha1() : EVP_sha256(), &i, 1)) !=
		     NULL);
	assert_int_equal(ask(encoded(r)), OCSP_SUCCESSFUL);
	assert_int_equal(which, 1);
	assert_int_equal(q.n_certs, OCSP_CERTS_MAX);
	assert_int_equal(q.certs[1].serial[0], 1);
	assert_int_equal(q.certs[2].serial[0], 2);
	assert_int_equal(q.certs[3].serial[0], 4);
}

static struct bytes
with_nonce(size_t len)
{
	OCSP_REQUEST *r = request_for(&one, EVP_sha1());
	uint8_t nonce[200];

	memset(nonce, 0xa5, sizeof(nonce));
	need(OCSP_request_add1_nonce(r, nonce, (int)len) == 1);
	return encoded(r);
}

/* OCS-05: 1 to 32 octets are kept, longer ones are as good as none. */
TEST(a_nonce_has_32_octets_at_most)
{
	static const size_t kept[] = { 1, 16, 32 }, dropped[] = { 33, 128 };

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ask(with_nonce(kept[i])), OCSP_SUCCESSFUL);
		assert_int_equal(q.nonce_len, kept[i]);
		assert_int_equal(q.nonce[kept[i] - 1], 0xa5);
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ask(with_nonce(dropped[i])), OCSP_SUCCESSFUL);
		assert_int_equal(q.nonce_len, 0);
	}
}

/* OCS-07: who asks, and a signature of theirs, do not matter. */
TEST(a_signed_request_is_read_like_any_other)
{
	OCSP_REQUEST *r = request_for(&one, EVP_sha1());

	need(OCSP_request_set1_name(r, X509_get_subject_name(two.cert)) == 1);
	need(OCSP_request_sign(r, two.cert, two.key, EVP_sha256(), NULL, 0) ==
	     1);
	assert_int_equal(ask(encoded(r)), OCSP_SUCCESSFUL);
	assert_int_equal(q.n_certs, 1);
}

static struct bytes
extended(int nid, int critical)
{
	OCSP_REQUEST *r = request_for(&one, EVP_sha1());
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e;

	need(ASN1_OCTET_STRING_set(value, (const uint8_t *)"\x05\x00", 2) == 1);
	e = X509_EXTENSION_create_by_NID(NULL, nid, critical, value);
	need(e != NULL && OCSP_REQUEST_add_ext(r, e, -1) == 1);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	return encoded(r);
}

TEST(extensions_are_passed_over_unless_they_are_critical)
{
	assert_int_equal(ask(extended(NID_id_pkix_OCSP_acceptableResponses, 0)),
	    OCSP_SUCCESSFUL);
	assert_int_equal(ask(extended(NID_id_pkix_OCSP_acceptableResponses, 1)),
	    OCSP_MALFORMED);
	/* what is no nonce is as good as none */
	assert_int_equal(ask(extended(NID_id_pkix_OCSP_Nonce, 1)),
	    OCSP_SUCCESSFUL);
	assert_int_equal(q.nonce_len, 0);
}

/* OCS-04 */
TEST(what_is_no_request_is_malformed)
{
	struct bytes good = with_nonce(16);
	uint8_t *longer = arena_alloc(a, good.len + 1, 1);
	OCSP_REQUEST *r = request_for(&one, EVP_sha1());
	uint8_t big[21];

	for (size_t i = 0; i < good.len; i++)
		assert_int_equal(ask((struct bytes){ good.at, i }),
		    OCSP_MALFORMED);
	memcpy(longer, good.at, good.len);
	longer[good.len] = 0;
	assert_int_equal(ask((struct bytes){ longer, good.len + 1 }),
	    OCSP_MALFORMED);
	memset(big, 0x7f, sizeof(big));
	need(OCSP_request_add0_id(r,
	         cert_id(&one, EVP_sha1(), big, sizeof(big))) != NULL);
	assert_int_equal(ask(encoded(r)), OCSP_MALFORMED);
	r = OCSP_REQUEST_new();
	assert_int_equal(ask(encoded(r)), OCSP_MALFORMED);
	for (size_t i = 0; i < good.len; i++) { /* never worse than that */
		good.at[i] ^= 0x20;
		(void)ask(good);
		good.at[i] ^= 0x20;
	}
}

/* An answer, signed by OpenSSL, that OpenSSL trusts. */
static OCSP_BASICRESP *
answered(const struct ocsp_status *statuses, unsigned lifetime_s, int64_t *from,
    int64_t *to)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const struct issuing *by = &issuers[which];
	const struct test_ca *ca = which == 0 ? &one : &two;
	uint8_t sig[128], der[4096];
	const uint8_t *tbs, *p = der;
	size_t n = sizeof(sig), len;
	STACK_OF(X509) *certs = sk_X509_new_null();
	OCSP_RESPONSE *r;
	OCSP_BASICRESP *b;

	assert_int_equal(ocsp_build(by, &q, statuses, NOW, lifetime_s, a, &tbs,
	                     &len, &f),
	    OK);
	need(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, ca->key) == 1 &&
	     EVP_DigestSign(ctx, sig, &n, tbs, len) == 1);
	EVP_MD_CTX_free(ctx);
	assert_int_equal(ocsp_wrap(by, tbs, len, sig, n, der, 100), 0);
	len = ocsp_wrap(by, tbs, len, sig, n, der, sizeof(der));
	assert_true(len > 0);
	r = d2i_OCSP_RESPONSE(NULL, &p, (long)len);
	assert_non_null(r);
	assert_int_equal(p - der, len);
	assert_int_equal(OCSP_response_status(r), 0);
	b = OCSP_response_get1_basic(r);
	assert_non_null(b);
	need(sk_X509_push(certs, ca->cert) > 0);
	assert_int_equal(OCSP_basic_verify(b, certs, NULL,
	                     OCSP_TRUSTOTHER | OCSP_NOVERIFY),
	    1);
	sk_X509_free(certs);
	OCSP_RESPONSE_free(r);
	assert_true(ocsp_times(der, len, from, to));
	assert_false(ocsp_times(der, len - 80, from, to));
	assert_true(ocsp_times(der, len, from, to));
	return b;
}

static void
check_single(OCSP_BASICRESP *b, int i, int status, int reason, int64_t at,
    int64_t next)
{
	ASN1_GENERALIZEDTIME *when = NULL, *this = NULL, *then = NULL;
	OCSP_SINGLERESP *s = OCSP_resp_get0(b, i);
	int why = -1;

	assert_int_equal(OCSP_single_get0_status(s, &why, &when, &this, &then),
	    status);
	assert_int_equal(why, reason);
	if (at != 0)
		assert_int_equal(ASN1_TIME_cmp_time_t(when, (time_t)at), 0);
	assert_int_equal(ASN1_TIME_cmp_time_t(this, NOW), 0);
	assert_int_equal(ASN1_TIME_cmp_time_t(then, (time_t)next), 0);
	assert_int_equal(OCSP_SINGLERESP_get_ext_count(s), 0);
}

/*
 * OCS-02: never issued is unknown.  OCS-09: when and why, no reason for 0.
 * OCS-03: producedAt, thisUpdate, nextUpdate; by the issuer's own key, by key.
 */
TEST(an_answer_says_what_is_known)
{
	OCSP_REQUEST *r = request_for(&one, EVP_sha256());
	const struct ocsp_status statuses[] = {
		{ .known = true, .not_after = NOW + 100000 },
		{ .known = true,
		    .revoked = NOW - 77,
		    .reason = 4,
		    .not_after = NOW + 100000 },
		{ .known = true, .revoked = NOW - 5, .not_after = NOW + 99999 },
		{ .known = false },
	};
	const ASN1_OCTET_STRING *by_key = NULL;
	const X509_NAME *by_name = NULL;
	int64_t from, to;
	OCSP_BASICRESP *b;

	for (uint8_t i = 1; i < 4; i++)
		need(OCSP_request_add0_id(r,
		         cert_id(&one, EVP_sha1(), &i, 1)) != NULL);
	assert_int_equal(ask(encoded(r)), OCSP_SUCCESSFUL);
	b = answered(statuses, 3600, &from, &to);
	assert_int_equal(OCSP_resp_count(b), 4);
	check_single(b, 0, V_OCSP_CERTSTATUS_GOOD, -1, 0, NOW + 3600);
	check_single(b, 1, V_OCSP_CERTSTATUS_REVOKED, 4, NOW - 77, NOW + 3600);
	check_single(b, 2, V_OCSP_CERTSTATUS_REVOKED,
	    OCSP_REVOKED_STATUS_NOSTATUS, NOW - 5, NOW + 3600);
	check_single(b, 3, V_OCSP_CERTSTATUS_UNKNOWN, -1, 0, NOW + 60);
	assert_int_equal(OCSP_resp_get0_id(b, &by_key, &by_name), 1);
	assert_null(by_name);
	assert_memory_equal(ASN1_STRING_get0_data(by_key), issuers[0].key_sha1,
	    20);
	assert_int_equal(ASN1_TIME_cmp_time_t(OCSP_resp_get0_produced_at(b),
	                     NOW),
	    0);
	assert_true(sk_X509_num(OCSP_resp_get0_certs(b)) <= 0);
	assert_int_equal(from, NOW);
	assert_int_equal(to, NOW + 3600);
	OCSP_BASICRESP_free(b);
}

/* OCS-03: what is said of a short life does not outlive it by much. */
TEST(an_answer_ends_soon_after_the_certificate)
{
	static const struct {
		int64_t not_after, next;
	} rows[] = { { 600, 720 }, { 10, 130 }, { -60, 60 }, { -9999, 60 },
		{ 999999, 3600 } };

	assert_int_equal(ask(encoded(request_for(&one, EVP_sha1()))),
	    OCSP_SUCCESSFUL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ocsp_status s = { .known = true,
			.not_after = NOW + rows[i].not_after };
		int64_t from, to;

		OCSP_BASICRESP_free(answered(&s, 3600, &from, &to));
		assert_int_equal(from, NOW);
		assert_int_equal(to, NOW + rows[i].next);
	}
}

/* OCS-05: the nonce comes back as OpenSSL has it. */
TEST(a_nonce_comes_back)
{
	OCSP_REQUEST *r = request_for(&one, EVP_sha1());
	const struct ocsp_status s = { .known = true, .not_after = NOW };
	uint8_t *der = NULL;
	int64_t from, to;
	OCSP_BASICRESP *b;
	int len;

	need(OCSP_request_add1_nonce(r, NULL, 32) == 1);
	len = i2d_OCSP_REQUEST(r, &der);
	assert_int_equal(ask((struct bytes){ der, (size_t)len }),
	    OCSP_SUCCESSFUL);
	b = answered(&s, 60, &from, &to);
	assert_int_equal(OCSP_check_nonce(r, b), 1);
	OCSP_BASICRESP_free(b);
	q.nonce_len = 0;
	b = answered(&s, 60, &from, &to);
	assert_int_equal(OCSP_check_nonce(r, b), -1); /* there is none */
	OCSP_BASICRESP_free(b);
	OPENSSL_free(der);
	OCSP_REQUEST_free(r);
}

/* What the keeper is sent may be of a front in the wrong hands. */
TEST(a_query_that_is_none_is_not_answered)
{
	const struct ocsp_status s[OCSP_CERTS_MAX] = { { .known = true } };
	struct ocsp_query good;
	const uint8_t *tbs;
	size_t len;

	assert_int_equal(ask(encoded(request_for(&one, EVP_sha1()))),
	    OCSP_SUCCESSFUL);
	good = q;
	for (int i = 0; i < 6; i++) {
		q = good;
		if (i == 1)
			q.n_certs = 0;
		if (i == 2)
			q.n_certs = OCSP_CERTS_MAX + 1;
		if (i == 3)
			q.nonce_len = OCSP_NONCE_MAX + 1;
		if (i == 4)
			q.certs[0].naming = 5;
		if (i == 5)
			q.certs[0].len = OCSP_SERIAL_MAX + 1;
		assert_int_equal(ocsp_build(&issuers[0], &q, s, NOW, 60, a,
		                     &tbs, &len, &f),
		    i == 0 ? OK : ERR_INTERNAL);
	}
}

/* OCS-04: unsigned, and to OpenSSL what it should be. */
TEST(a_refusal_says_only_why)
{
	static const enum ocsp_result why[] = { OCSP_MALFORMED, OCSP_INTERNAL,
		OCSP_TRY_LATER, OCSP_UNAUTHORIZED };

	for (size_t i = 0; i < 4; i++) {
		uint8_t der[OCSP_REFUSAL];
		const uint8_t *p = der;
		OCSP_RESPONSE *r;

		ocsp_refuse(why[i], der);
		r = d2i_OCSP_RESPONSE(NULL, &p, sizeof(der));
		assert_non_null(r);
		assert_int_equal(OCSP_response_status(r), why[i]);
		assert_null(OCSP_response_get1_basic(r));
		ERR_clear_error();
		OCSP_RESPONSE_free(r);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_certificate_is_named_by_either_digest),
		T(an_issuer_that_is_not_ours_is_none),
		T(several_are_asked_for_at_once),
		T(a_nonce_has_32_octets_at_most),
		T(a_signed_request_is_read_like_any_other),
		T(extensions_are_passed_over_unless_they_are_critical),
		T(what_is_no_request_is_malformed),
		T(an_answer_says_what_is_known),
		T(an_answer_ends_soon_after_the_certificate),
		T(a_nonce_comes_back),
		T(a_query_that_is_none_is_not_answered),
		T(a_refusal_says_only_why),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
