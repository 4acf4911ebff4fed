/* OCSP over HTTP, as clients that are not ours speak it (CONFORMANCE OCS). */
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "crypto/ocsp.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"
#include "tests/fake/parts.h"

#define REVOKE "/acme/revoke-cert"

static X509 *
issuer_of(struct fake_ca *w)
{
	const uint8_t *at = w->parts->issuing.der;

	return d2i_X509(NULL, &at, (long)w->parts->issuing.der_len);
}

static OCSP_CERTID *
cert_id(struct fake_ca *w, const EVP_MD *md, const uint8_t *serial, size_t len)
{
	X509 *issuer = issuer_of(w);
	BIGNUM *bn = BN_bin2bn(serial, (int)len, NULL);
	ASN1_INTEGER *n = BN_to_ASN1_INTEGER(bn, NULL);
	OCSP_CERTID *id = OCSP_cert_id_new(md, X509_get_subject_name(issuer),
	    X509_get0_pubkey_bitstr(issuer), n);

	ASN1_INTEGER_free(n);
	BN_free(bn);
	X509_free(issuer);
	return id;
}

static struct id
serial_of(const char *cert)
{
	struct id id;

	assert_true(id_parse(strrchr(cert, '/') + 1, &id));
	return id;
}

static OCSP_REQUEST *
request_for(struct fake_ca *w, const char *cert)
{
	OCSP_REQUEST *r = OCSP_REQUEST_new();
	struct id id = serial_of(cert);

	assert_non_null(OCSP_request_add0_id(r,
	    cert_id(w, EVP_sha1(), id.bytes, ID_SIZE)));
	return r;
}

static struct fake_reply *
post_bytes(struct fake_ca *w, const void *der, size_t len)
{
	return fake_ask(w, &(struct fake_ask){ .path = "/ocsp",
	                       .type = "application/ocsp-request",
	                       .body = der,
	                       .body_len = len,
	                       .plain = true });
}

static struct fake_reply *
post(struct fake_ca *w, OCSP_REQUEST *r)
{
	uint8_t *der = NULL;
	int len = i2d_OCSP_REQUEST(r, &der);
	struct fake_reply *reply = post_bytes(w, der, (size_t)len);

	assert_int_equal(reply->status, 200);
	assert_string_equal(fake_header(reply, "Content-Type"),
	    "application/ocsp-response");
	OPENSSL_free(der);
	return reply;
}

/* The path that asks the same by GET; `escaped`: as RFC 6960 has it. */
static const char *
get_path(struct fake_ca *w, OCSP_REQUEST *r, bool escaped)
{
	uint8_t *der = NULL;
	int len = i2d_OCSP_REQUEST(r, &der);
	char *text = arena_alloc(w->arena, (size_t)len * 2, 1);
	char *out = arena_alloc(w->arena, (size_t)len * 6, 1), *at = out;

	(void)EVP_EncodeBlock((uint8_t *)text, der, len);
	OPENSSL_free(der);
	for (const char *c = text; *c != '\0'; c++)
		at += escaped && strchr("+/=", *c) != NULL
		          ? sprintf(at, "%%%02X", (unsigned char)*c)
		          : sprintf(at, "%c", *c);
	return arena_printf(w->arena, "/ocsp/%s", out);
}

static int
result_of(const struct fake_reply *r)
{
	const uint8_t *p = (const uint8_t *)r->body;
	OCSP_RESPONSE *resp = d2i_OCSP_RESPONSE(NULL, &p, (long)r->body_len);
	int status;

	assert_non_null(resp);
	assert_ptr_equal(p, r->body + r->body_len);
	status = OCSP_response_status(resp);
	OCSP_RESPONSE_free(resp);
	return status;
}

/* Signed by the issuer, as a client verifies it. */
static OCSP_BASICRESP *
basic_of(struct fake_ca *w, const struct fake_reply *r)
{
	const uint8_t *p = (const uint8_t *)r->body;
	OCSP_RESPONSE *resp = d2i_OCSP_RESPONSE(NULL, &p, (long)r->body_len);
	OCSP_BASICRESP *b;
	STACK_OF(X509) *certs = sk_X509_new_null();
	X509 *issuer = issuer_of(w);

	assert_int_equal(OCSP_response_status(resp), 0);
	b = OCSP_response_get1_basic(resp);
	assert_true(sk_X509_push(certs, issuer) > 0);
	assert_int_equal(OCSP_basic_verify(b, certs, NULL,
	                     OCSP_TRUSTOTHER | OCSP_NOVERIFY),
	    1);
	sk_X509_free(certs);
	X509_free(issuer);
	OCSP_RESPONSE_free(resp);
	return b;
}

/* V_OCSP_CERTSTATUS_ of the first certificate. */
static int
status_of(struct fake_ca *w, const struct fake_reply *r, int *reason)
{
	OCSP_BASICRESP *b = basic_of(w, r);
	int status = OCSP_single_get0_status(OCSP_resp_get0(b, 0), reason, NULL,
	    NULL, NULL);

	OCSP_BASICRESP_free(b);
	return status;
}

static int
ask(struct fake_ca *w, const char *cert)
{
	OCSP_REQUEST *q = request_for(w, cert);
	int status = status_of(w, post(w, q), NULL);

	OCSP_REQUEST_free(q);
	return status;
}

static void
revoke_as(struct fake_client *c, const char *cert, const char *rest)
{
	const char *payload =
	    arena_printf(c->w->arena, "%s%s}", fake_revocation(c, cert), rest);

	assert_int_equal(fake_post(c, REVOKE, payload)->status, 200);
}

/* OCS-01 OCS-08: by POST and GET, as soon as it is issued. */
TEST(a_certificate_s_status_is_told_at_once)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example");
	OCSP_REQUEST *q = request_for(w, a);

	for (int way = 0; way < 3; way++)
		for (int plain = 0; plain < 2; plain++) {
			struct fake_reply *r =
			    way == 0 ? post(w, q)
			             : fake_ask(w,
			                   &(struct fake_ask){ .method = "GET",
			                       .path = get_path(w, q, way == 1),
			                       .plain = plain != 0 });

			assert_int_equal(r->status, 200);
			assert_string_equal(fake_header(r, "Content-Type"),
			    "application/ocsp-response");
			assert_int_equal(status_of(w, r, NULL),
			    V_OCSP_CERTSTATUS_GOOD);
			assert_int_equal(fake_headers(r, "Replay-Nonce"), 0);
		}
	OCSP_REQUEST_free(q);
}

/* REV-10 OCS-09: at once, also where the last answer was kept. */
TEST(what_is_revoked_is_never_told_to_be_good)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example"),
	           *b = fake_issue(c, "b.example");
	OCSP_REQUEST *q = request_for(w, a);
	struct fake_reply *first = post(w, q), *again = post(w, q);
	int reason = -1;

	assert_int_equal(first->body_len, again->body_len);
	assert_memory_equal(first->body, again->body, first->body_len);
	assert_int_equal(w->status_asks, 1);
	revoke_as(c, a, ",\"reason\":4");
	assert_int_equal(status_of(w, post(w, q), &reason),
	    V_OCSP_CERTSTATUS_REVOKED);
	assert_int_equal(reason, 4);
	assert_int_equal(w->status_asks, 2);
	OCSP_REQUEST_free(q);
	q = request_for(w, b);
	revoke_as(c, b, "");
	assert_int_equal(status_of(w, post(w, q), &reason),
	    V_OCSP_CERTSTATUS_REVOKED);
	assert_int_equal(reason, -1); /* REV-06: 0 is not said */
	OCSP_REQUEST_free(q);
}

/* OCS-02 */
TEST(what_was_never_issued_is_unknown)
{
	struct fake_ca *w = *state;
	static const uint8_t longest[20] = { 0x7f };
	OCSP_REQUEST *q;

	assert_int_equal(ask(w, arena_printf(w->arena, "/x/%s",
	                            "AAAAAAAAAAAAAAAAAAAAAQ")),
	    V_OCSP_CERTSTATUS_UNKNOWN);
	q = OCSP_REQUEST_new();
	assert_non_null(OCSP_request_add0_id(q,
	    cert_id(w, EVP_sha256(), longest, sizeof(longest))));
	assert_int_equal(status_of(w, post(w, q), NULL),
	    V_OCSP_CERTSTATUS_UNKNOWN);
	OCSP_REQUEST_free(q);
}

/* OCS-05: fresh for each nonce; OCS-06: and kept by nobody. */
TEST(a_nonce_comes_back_in_an_answer_of_its_own)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example");

	assert_int_equal(ask(w, a), V_OCSP_CERTSTATUS_GOOD);
	for (int i = 0; i < 2; i++) {
		OCSP_REQUEST *q = request_for(w, a);
		struct fake_reply *r;
		OCSP_BASICRESP *b;

		assert_int_equal(OCSP_request_add1_nonce(q, NULL, 16), 1);
		r = post(w, q);
		assert_string_equal(fake_header(r, "Cache-Control"),
		    "no-store");
		b = basic_of(w, r);
		assert_int_equal(OCSP_check_nonce(q, b), 1);
		OCSP_BASICRESP_free(b);
		OCSP_REQUEST_free(q);
	}
	assert_int_equal(w->status_asks, 3);
}

/* OCS-07 */
TEST(several_are_answered_together)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example"),
	           *b = fake_issue(c, "b.example");
	struct id id = serial_of(b);
	OCSP_REQUEST *q = request_for(w, a);
	OCSP_BASICRESP *basic;

	revoke_as(c, b, "");
	assert_non_null(OCSP_request_add0_id(q,
	    cert_id(w, EVP_sha256(), id.bytes, ID_SIZE)));
	basic = basic_of(w, post(w, q));
	assert_int_equal(OCSP_resp_count(basic), 2);
	assert_int_equal(OCSP_single_get0_status(OCSP_resp_get0(basic, 0), NULL,
	                     NULL, NULL, NULL),
	    V_OCSP_CERTSTATUS_GOOD);
	assert_int_equal(OCSP_single_get0_status(OCSP_resp_get0(basic, 1), NULL,
	                     NULL, NULL, NULL),
	    V_OCSP_CERTSTATUS_REVOKED);
	OCSP_BASICRESP_free(basic);
	OCSP_REQUEST_free(q);
}

/* OCS-04: unsigned, and 200 to HTTP. */
TEST(what_cannot_be_answered_is_refused_in_its_own_words)
{
	static const char *const paths[] = { "/ocsp/", "/ocsp/MAA", "/ocsp/%",
		"/ocsp/%4", "/ocsp/%zz", "/ocsp/MAA-", "/ocsp/MA_A", "/ocsp/M",
		"/ocsp/%00" };
	struct fake_ca *w = *state, *elsewhere = fake_ca_new();
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example");
	OCSP_REQUEST *q = request_for(elsewhere, a);
	struct fake_reply *r;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		r = fake_get(w, paths[i]);
		if (r->status != 200 || result_of(r) != OCSP_MALFORMED)
			fail_msg("%s", paths[i]);
	}
	r = post_bytes(w, "\x30\x00", 2);
	assert_int_equal(result_of(r), OCSP_MALFORMED);
	assert_string_equal(fake_header(r, "Cache-Control"), "no-store");
	/* an issuer that is not ours */
	assert_int_equal(result_of(post(w, q)), OCSP_UNAUTHORIZED);
	OCSP_REQUEST_free(q);
	fake_ca_free(elsewhere);
	q = request_for(w, a);
	w->keeper_refuses = true;
	assert_int_equal(result_of(post(w, q)), OCSP_INTERNAL);
	w->keeper_refuses = false;
	w->keeper_silent = true;
	assert_int_equal(result_of(post(w, q)), OCSP_TRY_LATER);
	fake_keeper_restart(w);
	assert_int_equal(status_of(w, post(w, q), NULL),
	    V_OCSP_CERTSTATUS_GOOD);
	OCSP_REQUEST_free(q);
}

/* OCS-04: who asks more than can be answered is told so at once. */
TEST(too_many_questions_are_to_be_asked_later)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	OCSP_REQUEST *q = request_for(w, fake_issue(c, "a.example"));
	uint8_t *der = NULL;
	int len;
	struct fake_reply *r[40];
	size_t later = 0, good = 0;

	assert_int_equal(OCSP_request_add1_nonce(q, NULL, 16), 1);
	len = i2d_OCSP_REQUEST(q, &der);
	for (int i = 0; i < 40; i++)
		r[i] = fake_ask_begin(w, &(struct fake_ask){ .path = "/ocsp",
		                             .type = "application/ocsp-request",
		                             .body = (const char *)der,
		                             .body_len = (size_t)len });
	for (int i = 0; i < 40; i++) {
		fake_wait(w, r[i]);
		later += result_of(r[i]) == OCSP_TRY_LATER;
		good += result_of(r[i]) == OCSP_SUCCESSFUL;
	}
	assert_int_equal(later, 8);
	assert_int_equal(good, 32);
	OPENSSL_free(der);
	OCSP_REQUEST_free(q);
}

TEST(who_does_not_wait_for_an_answer_is_forgotten)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	OCSP_REQUEST *q = request_for(w, fake_issue(c, "a.example"));
	struct fake_reply *r =
	    fake_ask_begin(w, &(struct fake_ask){ .method = "GET",
	                          .path = get_path(w, q, true) });

	fake_hang_up(r);
	FAKE_UNTIL(w, r->dropped);
	assert_true(r->dropped);
	OCSP_REQUEST_free(q);
}

/* OCS-06: RFC 5019, 6. */
TEST(an_answer_may_be_kept_for_less_than_it_holds)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	OCSP_REQUEST *q = request_for(w, fake_issue(c, "a.example"));
	const char *path = get_path(w, q, true);
	struct fake_reply *r = fake_get(w, path);

	assert_string_equal(fake_header(r, "Cache-Control"),
	    "public, max-age=60");
	assert_non_null(fake_header(r, "Expires"));
	assert_non_null(fake_header(r, "Last-Modified"));
	r = fake_ask(w,
	    &(struct fake_ask){ .method = "GET",
	        .path = path,
	        .extra = { "If-None-Match", fake_header(r, "ETag") } });
	assert_int_equal(r->status, 304);
	/* it is asked for anew when half of its time is over */
	assert_int_equal(w->status_asks, 1);
	fake_clock(w, 340 * 1000);
	(void)fake_get(w, path);
	assert_int_equal(w->status_asks, 1);
	fake_clock(w, 380 * 1000);
	(void)fake_get(w, path);
	assert_int_equal(w->status_asks, 2);
	fake_clock(w, 0); /* an answer of tomorrow is none today */
	(void)fake_get(w, path);
	assert_int_equal(w->status_asks, 3);
	OCSP_REQUEST_free(q);
}

/* OCS-03: a short-lived certificate's answer ends soon after it. */
TEST(an_answer_does_not_outlive_its_certificate_by_much)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example");
	OCSP_REQUEST *q = request_for(w, a);
	struct fake_reply *r = post(w, q);
	int64_t from, to;

	assert_true(ocsp_times((const uint8_t *)r->body, r->body_len, &from,
	    &to));
	assert_int_equal(to, fake_cert_record(w, a)->not_after + 120);
	OCSP_REQUEST_free(q);
}

TEST(it_is_posted_as_what_it_is)
{
	struct fake_ca *w = *state;
	struct fake_reply *r = fake_ask(w,
	    &(struct fake_ask){
	        .path = "/ocsp", .type = "text/plain", .body = "x" });

	assert_int_equal(r->status, 415);
	assert_int_equal(fake_get(w, "/ocsp")->status, 405);
	r = fake_ask(w, &(struct fake_ask){ .path = "/ocsp",
	                    .type = "Application/OCSP-request; x=y",
	                    .body = "x" });
	assert_int_equal(r->status, 200);
	assert_int_equal(result_of(r), OCSP_MALFORMED);
}

/* More certificates than the cache has places: all are told right. */
TEST(answers_that_share_a_place_are_told_apart)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct certificate *like =
	    fake_cert_record(w, fake_issue(c, "a.example"));
	const char *paths[2];

	for (int i = 0; i < 2; i++) {
		struct certificate *one =
		    ARENA_NEW(w->arena, struct certificate);
		struct batch *b = batch_new(w->arena);
		char *text = arena_alloc(w->arena, ID_TEXT, 1);

		*one = *like;
		one->version = 0;
		one->serial.bytes[9] = (uint8_t)(one->serial.bytes[9] + 1 + i);
		one->revoked = i == 1 ? one->not_before : 0;
		batch_put_certificate(b, one);
		fake_commit(w, b);
		id_text(one->serial, text);
		paths[i] = arena_printf(w->arena, "/%s", text);
	}
	for (int round = 0; round < 3; round++) {
		assert_int_equal(ask(w, paths[0]), V_OCSP_CERTSTATUS_GOOD);
		assert_int_equal(ask(w, paths[1]), V_OCSP_CERTSTATUS_REVOKED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(a_certificate_s_status_is_told_at_once),
		CA_CASE(what_is_revoked_is_never_told_to_be_good),
		CA_CASE(what_was_never_issued_is_unknown),
		CA_CASE(a_nonce_comes_back_in_an_answer_of_its_own),
		CA_CASE(several_are_answered_together),
		CA_CASE(what_cannot_be_answered_is_refused_in_its_own_words),
		CA_CASE(too_many_questions_are_to_be_asked_later),
		CA_CASE(who_does_not_wait_for_an_answer_is_forgotten),
		CA_CASE(an_answer_may_be_kept_for_less_than_it_holds),
		CA_CASE(an_answer_does_not_outlive_its_certificate_by_much),
		CA_CASE(it_is_posted_as_what_it_is),
		CA_CASE(answers_that_share_a_place_are_told_apart),
	};

	return cmocka_run_group_tests_name("ocsp", tests, NULL, NULL);
}
