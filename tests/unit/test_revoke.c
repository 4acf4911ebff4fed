/* revokeCert (RFC 8555, 7.6; CONFORMANCE REV). */
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "acme/acme_int.h"
#include "acme/compromise.h"
#include "base/b64url.h"
#include "crypto/digest.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

#define PATH "/acme/revoke-cert"

/* A certificate, its path, and its key's holder, who has no account. */
struct issued {
	const char *path, *payload; /* the payload without its last brace */
	struct fake_client *holder;
};

static struct issued
issue_for(struct fake_client *c, const char *names)
{
	struct issued is = { .holder = fake_client_bare(c->w) };
	struct fake_order o = fake_order(c, names);
	struct fake_reply *r;

	if (strcmp(fake_status(c, o.path), "ready") != 0)
		fake_prove(c, &o);
	r = fake_post(c, o.finalize, fake_csr_by(c, is.holder->signer, names));
	assert_int_equal(r->status, 200);
	is.path = fake_path(fake_json(c->w, r, "certificate"));
	is.payload = fake_revocation(c, is.path);
	return is;
}

static const char *
with(struct fake_ca *w, const struct issued *is, const char *rest)
{
	return arena_printf(w->arena, "%s%s}", is->payload, rest);
}

static int
reason_of(struct fake_ca *w, const struct issued *is)
{
	const struct certificate *c = fake_cert_record(w, is->path);

	return c->revoked != 0 ? c->reason : -1;
}

/*
 * REV-04, REV-13: 200 and nothing more.  REV-05: a second time it is
 * alreadyRevoked.
 */
TEST(s7_6_the_account_that_ordered_it_may)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct fake_reply *r = fake_post(c, PATH, with(w, &is, ""));

	assert_int_equal(r->status, 200);
	assert_int_equal(r->body_len, 0);
	assert_null(fake_header(r, "Content-Type"));
	assert_int_equal(reason_of(w, &is), 0);
	assert_int_equal(fake_events(w, "certificate.revoked"), 1);
	assert_true(fake_problem(w, fake_post(c, PATH, with(w, &is, "")), 400,
	    "alreadyRevoked"));
	fake_ca_restart(w);
	assert_true(fake_problem(w, fake_post(c, PATH, with(w, &is, "")), 400,
	    "alreadyRevoked"));
	assert_int_equal(fake_events(w, "certificate.revoked"), 1);
}

/* REV-02 REV-03: by the key alone.  REV-06: the reason is the key's, then. */
TEST(s7_6_who_holds_its_key_may_without_an_account)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct fake_reply *r =
	    fake_post(is.holder, PATH, with(w, &is, ",\"reason\":4"));

	assert_int_equal(r->status, 200);
	/* Who can sign with it shows that it is not safe. */
	assert_int_equal(reason_of(w, &is), 1);
}

/* REV-02: every name of it, and none but such as count still. */
TEST(s7_6_an_account_that_can_prove_every_name_may)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *heir = fake_client_new(w);
	struct issued is = issue_for(c, "a.example,*.b.example");
	struct fake_order part = fake_order(heir, "a.example"),
	                  wrong = fake_order(heir, "b.example"),
	                  rest = fake_order(heir, "*.b.example");
	const char *payload = with(w, &is, "");

	assert_true(fake_problem(w, fake_post(heir, PATH, payload), 403,
	    "unauthorized"));
	fake_prove(heir, &part);
	fake_prove(heir, &wrong);
	assert_true(fake_problem(w, fake_post(heir, PATH, payload), 403,
	    "unauthorized"));
	fake_prove(heir, &rest);
	(void)fake_post(heir, part.authz[0], "{\"status\":\"deactivated\"}");
	assert_true(fake_problem(w, fake_post(heir, PATH, payload), 403,
	    "unauthorized"));
	part = fake_order(heir, "a.example");
	fake_prove(heir, &part);
	assert_int_equal(fake_post(heir, PATH, payload)->status, 200);
	assert_int_equal(reason_of(w, &is), 5);
}

/* REV-02: two proofs of one name; that the newer has ended changes nothing. */
TEST(an_older_proof_counts_when_a_newer_one_has_ended)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *heir = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct fake_order one = fake_order(heir, "a.example"),
	                  two = fake_order(heir, "a.example");

	fake_prove(heir, &one);
	fake_ca_run(w, 2, NULL);
	fake_prove(heir, &two);
	(void)fake_post(heir, two.authz[0], "{\"status\":\"deactivated\"}");
	assert_int_equal(fake_post(heir, PATH, with(w, &is, ""))->status, 200);
}

/* REV-09: who has only the names cannot have somebody's key blocked. */
TEST(an_heir_says_nothing_of_the_key)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *heir = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct fake_order o = fake_order(heir, "a.example");

	fake_prove(heir, &o);
	assert_int_equal(fake_post(heir, PATH, with(w, &is, ",\"reason\":1"))
	                     ->status,
	    200);
	assert_int_equal(reason_of(w, &is), 5);
	assert_int_equal(fake_events(w, "key.blocked"), 0);
}

/* REV-05: once more for the key, by its holder alone, and no further. */
TEST(the_key_s_holder_may_say_that_it_was_the_key)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	int64_t at;

	assert_int_equal(fake_post(c, PATH, with(w, &is, ",\"reason\":4"))
	                     ->status,
	    200);
	at = fake_cert_record(w, is.path)->revoked;
	fake_clock(w, 5000);
	assert_true(fake_problem(w,
	    fake_post(c, PATH, with(w, &is, ",\"reason\":1")), 400,
	    "alreadyRevoked"));
	assert_int_equal(fake_events(w, "key.blocked"), 0);
	assert_int_equal(fake_post(is.holder, PATH, with(w, &is, ""))->status,
	    200);
	assert_int_equal(reason_of(w, &is), 1);
	assert_int_equal(fake_cert_record(w, is.path)->revoked, at);
	assert_int_equal(fake_events(w, "key.blocked"), 1);
	assert_true(fake_problem(w,
	    fake_post(is.holder, PATH, with(w, &is, "")), 400,
	    "alreadyRevoked"));
	fake_clock_set(w, (fake_cert_record(w, is.path)->not_after + 1) * 1000);
	assert_true(fake_problem(w,
	    fake_post(is.holder, PATH, with(w, &is, "")), 400,
	    "alreadyRevoked"));
}

/* BLD-40, PKY-08, REV-09: what is revoked for its key takes the key with it. */
TEST(a_compromised_key_is_not_accepted_any_more)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct fake_order o = fake_order(other, "b.example");
	const char *csr = fake_csr_by(other, is.holder->signer, "b.example");
	struct fake_reply *r;

	fake_prove(other, &o);
	assert_int_equal(fake_post(c, PATH, with(w, &is, ",\"reason\":1"))
	                     ->status,
	    200);
	assert_int_equal(fake_events(w, "key.blocked"), 1);
	r = fake_post(other, o.finalize, csr);
	assert_true(fake_problem(w, r, 400, "badCSR"));
	assert_non_null(strstr(r->body, "compromised"));
	assert_string_equal(fake_status(other, o.path), "ready");
	r = fake_post_jwk(is.holder, "/acme/new-account", "{}");
	assert_true(fake_problem(w, r, 400, "badPublicKey"));
	fake_ca_restart(w);
	r = fake_post_jwk(is.holder, "/acme/new-account", "{}");
	assert_true(fake_problem(w, r, 400, "badPublicKey"));
}

/* REV-03: a blocked key still revokes what it has been certified in. */
TEST(a_blocked_key_can_still_revoke)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example"), also = is;
	struct fake_order o = fake_order(c, "b.example");
	struct fake_reply *r;

	fake_prove(c, &o);
	r = fake_post(c, o.finalize,
	    fake_csr_by(c, is.holder->signer, "b.example"));
	also.path = fake_path(fake_json(w, r, "certificate"));
	also.payload = fake_revocation(c, also.path);
	assert_int_equal(fake_post(is.holder, PATH, with(w, &is, ""))->status,
	    200);
	assert_int_equal(fake_post(is.holder, PATH, with(w, &also, ""))->status,
	    200);
	assert_int_equal(reason_of(w, &also), 1);
	assert_int_equal(fake_events(w, "key.blocked"), 1);
}

/* REV-09: an order that was ready with the key when it was blocked. */
TEST(a_key_blocked_meanwhile_is_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct fake_order o = fake_order(other, "b.example");
	struct fake_reply *first, *second;
	const char *revocation, *finalize;

	fake_prove(other, &o);
	/* Signed beforehand: the one must not be on disk yet for the other. */
	revocation = fake_frame(is.holder, PATH, with(w, &is, ""));
	finalize = fake_frame(other, o.finalize,
	    fake_csr_by(other, is.holder->signer, "b.example"));
	first = fake_begin(w, PATH, revocation);
	second = fake_begin(w, o.finalize, finalize);
	fake_wait(w, first);
	fake_wait(w, second);
	assert_int_equal(first->status, 200);
	assert_true(fake_problem(w, second, 400, "badCSR"));
	assert_string_equal(fake_status(other, o.path), "ready");
}

/* REV-09: what was being signed is revoked as soon as it is there. */
TEST(a_certificate_of_a_blocked_key_is_born_revoked)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example"), late = is;
	struct fake_order o = fake_order(c, "b.example");
	struct fake_reply *r;

	fake_prove(c, &o);
	w->keeper_silent = true;
	r = fake_post_begin(c, o.finalize,
	    fake_csr_by(c, is.holder->signer, "b.example"));
	FAKE_UNTIL(w, fake_order_record(w, o.path)->status == ORDER_PROCESSING);
	assert_int_equal(fake_post(is.holder, PATH, with(w, &is, ""))->status,
	    200);
	fake_keeper_restart(w);
	fake_wait(w, r);
	assert_true(fake_becomes(c, o.path, "valid"));
	r = fake_post(c, o.path, "");
	late.path = fake_path(fake_json(w, r, "certificate"));
	assert_int_equal(reason_of(w, &late), 1);
}

/*
 * REV-09, BLD-40: due work finds the other certificates of the key, valid
 * ones only.
 */
TEST(the_key_s_other_certificates_are_revoked)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example"), bystander, last = is;
	struct fake_reply *r;
	const char *paths[3];

	bystander = issue_for(c, "a.example");
	for (int i = 0; i < 3; i++) {
		struct fake_order o = fake_order(c, "a.example");

		r = fake_post(c, o.finalize,
		    fake_csr_by(c, is.holder->signer, "a.example"));
		paths[i] = fake_path(fake_json(w, r, "certificate"));
		fake_ca_run(w, 2, NULL);
	}
	assert_int_equal(fake_post(is.holder, PATH, with(w, &is, ""))->status,
	    200);
	fake_ca_restart(w);
	acme_resume(w->ca);
	for (int i = 0; i < 3; i++) {
		last.path = paths[i];
		FAKE_UNTIL(w, reason_of(w, &last) == 1);
		assert_int_equal(reason_of(w, &last), 1);
	}
	assert_int_equal(reason_of(w, &bystander), -1);
	FAKE_UNTIL(w, fake_due_rows(w, DUE_REVOKE_KEY) == 0);
	assert_int_equal(fake_due_rows(w, DUE_REVOKE_KEY), 0);
	assert_int_equal(fake_events(w, "certificate.revoked"), 4);
}

/*
 * REV-09, SEC-02: of many keys that are reported at once all certificates are
 * found, and nobody looks for more than one key's at a time.
 */
TEST(many_keys_are_looked_for_together)
{
	enum { KEYS = 70 }; /* more than there are rows in one turn */
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is[KEYS];
	size_t passes = 0;
	bool under_way = false;

	for (int i = 0; i < KEYS; i++) {
		struct certificate *other;
		struct batch *b = batch_new(w->arena);

		is[i] = issue_for(c, "a.example");
		other = fake_cert_record(w, is[i].path);
		other->version = 0;
		other->serial = id_new(loop_now(w->loop));
		batch_put_certificate(b, other);
		fake_commit(w, b);
	}
	for (int i = 0; i < KEYS; i++)
		assert_int_equal(fake_post(is[i].holder, PATH,
		                     with(w, &is[i], ""))
		                     ->status,
		    200);
	acme_resume(w->ca);
	for (int turns = 0;
	     turns < 20000 && fake_events(w, "certificate.revoked") < 2 * KEYS;
	     turns++) {
		passes += !under_way && w->ca->compromise != NULL;
		under_way = w->ca->compromise != NULL;
		fake_ca_run(w, 1, NULL);
	}
	assert_int_equal(fake_events(w, "certificate.revoked"), 2 * KEYS);
	assert_int_equal(passes, 1);
	fake_clock(w, 2 * COMPROMISE_LEASE_MS);
	FAKE_UNTIL(w, fake_due_rows(w, DUE_REVOKE_KEY) == 0);
	assert_int_equal(fake_due_rows(w, DUE_REVOKE_KEY), 0);
}

/* REV-09: more than one batch takes, in one pass. */
TEST(many_certificates_of_a_key_are_revoked)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct certificate *like = fake_cert_record(w, is.path);
	int64_t now = loop_now(w->loop);

	for (int i = 0; i < 12; i++) {
		struct batch *b = batch_new(w->arena);

		for (int j = 0; j < 100; j++) {
			struct certificate *one =
			    ARENA_NEW(w->arena, struct certificate);

			*one = *like;
			one->version = 0;
			one->serial = id_new(now + i);
			if (j % 10 == 0) /* of another key */
				one->spki_sha256[5] ^= 1;
			if (j % 10 == 1)
				one->not_after = now / 1000 - 1;
			batch_put_certificate(b, one);
		}
		fake_commit(w, b);
	}
	acme_resume(w->ca);
	assert_int_equal(fake_post(is.holder, PATH, with(w, &is, ""))->status,
	    200);
	FAKE_UNTIL(w, fake_due_rows(w, DUE_REVOKE_KEY) == 0);
	assert_int_equal(fake_events(w, "certificate.revoked"), 12 * 80 + 1);
}

/* RS256 over the frame a client would send, with a key of 1024 bits. */
static struct fake_reply *
post_by_rsa(struct fake_ca *w, EVP_PKEY *key, const char *payload)
{
	struct arena *a = w->arena;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	BIGNUM *n = NULL;
	uint8_t raw[128], sig[128];
	size_t len = sizeof(sig);
	const char *header, *input;

	assert_int_equal(EVP_PKEY_get_bn_param(key, "n", &n), 1);
	assert_int_equal(BN_bn2binpad(n, raw, sizeof(raw)), sizeof(raw));
	header = arena_printf(a,
	    "{\"alg\":\"RS256\",\"jwk\":{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":"
	    "\"%s\"},\"nonce\":\"%s\",\"url\":\"https://%s%s\"}",
	    b64url_text(raw, sizeof(raw), a), fake_nonce(w), fake_host, PATH);
	input = arena_printf(a, "%s.%s", b64url_text(header, strlen(header), a),
	    b64url_text(payload, strlen(payload), a));
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, (const uint8_t *)input,
	                     strlen(input)),
	    1);
	EVP_MD_CTX_free(ctx);
	BN_free(n);
	return fake_send(w, PATH,
	    arena_printf(a,
	        "{\"protected\":\"%s\",\"payload\":\"%s\",\"signature\":\"%"
	        "s\"}",
	        b64url_text(header, strlen(header), a),
	        b64url_text(payload, strlen(payload), a),
	        b64url_text(sig, len, a)));
}

/* A certificate with that key, as from a time when it was good enough. */
static struct certificate *
certified(struct fake_ca *w, EVP_PKEY *key)
{
	struct certificate *c = ARENA_NEW(w->arena, struct certificate);
	struct batch *b = batch_new(w->arena);
	X509 *x = X509_new();
	BIGNUM *bn;
	uint8_t *der = NULL;
	int len;

	c->serial = id_new(loop_now(w->loop));
	c->issuer = 1;
	c->not_after = loop_now(w->loop) / 1000 + 100;
	bn = BN_bin2bn(c->serial.bytes, ID_SIZE, NULL);
	assert_non_null(BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)));
	BN_free(bn);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 100));
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	len = i2d_X509(x, &der);
	c->der = (uint8_t *)arena_bytes(w->arena, der, (size_t)len);
	c->der_len = (size_t)len;
	OPENSSL_free(der);
	der = NULL;
	len = i2d_PUBKEY(key, &der);
	sha256(der, (size_t)len, c->spki_sha256);
	OPENSSL_free(der);
	X509_free(x);
	batch_put_certificate(b, c);
	fake_commit(w, b);
	return c;
}

/* REV-03: a key too small for an account, but in a certificate of ours. */
TEST(a_key_no_account_may_have_revokes_what_it_is_in)
{
	struct fake_ca *w = *state;
	EVP_PKEY *small = EVP_RSA_gen(1024), *stranger = EVP_RSA_gen(1024);
	struct certificate *c = certified(w, small);
	const char *payload = arena_printf(w->arena, "{\"certificate\":\"%s\"}",
	    b64url_text(c->der, c->der_len, w->arena));
	struct snap *s;

	assert_true(fake_problem(w, post_by_rsa(w, stranger, payload), 403,
	    "unauthorized"));
	assert_int_equal(post_by_rsa(w, small, payload)->status, 200);
	s = snap_open(w->store);
	assert_int_equal(snap_certificate(s, w->arena, c->serial)->reason, 1);
	snap_close(s);
	EVP_PKEY_free(small);
	EVP_PKEY_free(stranger);
}

TEST(proofs_that_have_run_out_revoke_nothing)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *heir = fake_client_new(w);
	struct fake_order o = fake_order(heir, "a.example");
	struct issued is;

	fake_prove(heir, &o);
	fake_clock_set(w, fake_authz_record(w, o.authz[0])->expires * 1000);
	is = issue_for(c, "a.example");
	assert_true(fake_problem(w, fake_post(heir, PATH, with(w, &is, "")),
	    403, "unauthorized"));
}

/* REV-02 */
TEST(nobody_else_may)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w),
	                   *stranger = fake_client_bare(w);
	struct issued is = issue_for(c, "a.example");
	const char *payload = with(w, &is, "");

	assert_true(fake_problem(w, fake_post(other, PATH, payload), 403,
	    "unauthorized"));
	assert_true(fake_problem(w, fake_post(stranger, PATH, payload), 403,
	    "unauthorized"));
	/* The account's own key is not the certificate's. */
	assert_true(fake_problem(w, fake_post_jwk(c, PATH, payload), 403,
	    "unauthorized"));
	(void)fake_post(c, fake_path(c->kid), "{\"status\":\"deactivated\"}");
	assert_true(fake_problem(w, fake_post(c, PATH, payload), 401,
	    "unauthorized"));
	assert_int_equal(reason_of(w, &is), -1);
	/* Its holder still may. */
	assert_int_equal(fake_post(is.holder, PATH, payload)->status, 200);
}

/* REV-01 REV-06 */
TEST(s7_6_reasons_are_those_a_subscriber_can_have)
{
	static const struct {
		const char *rest;
		int reason; /* -1: badRevocationReason, -2: malformed */
	} rows[] = {
		{ ",\"reason\":0", 0 },
		{ ",\"reason\":1", 1 },
		{ ",\"reason\":3", 3 },
		{ ",\"reason\":4", 4 },
		{ ",\"reason\":5", 5 },
		{ ",\"reason\":null", 0 },
		{ ",\"reason\":2", -1 },
		{ ",\"reason\":6", -1 },
		{ ",\"reason\":7", -1 },
		{ ",\"reason\":8", -1 },
		{ ",\"reason\":9", -1 },
		{ ",\"reason\":10", -1 },
		{ ",\"reason\":11", -1 },
		{ ",\"reason\":-1", -1 },
		{ ",\"reason\":4294967296", -1 },
		{ ",\"reason\":4294967297", -1 },
		{ ",\"reason\":1.0", -2 },
		{ ",\"reason\":\"1\"", -2 },
		{ ",\"reason\":true", -2 },
		{ ",\"reason\":99999999999999999999", -2 },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct issued is = issue_for(c, "a.example");
		struct fake_reply *r =
		    fake_post(c, PATH, with(w, &is, rows[i].rest));
		bool good =
		    rows[i].reason >= 0
		        ? r->status == 200
		        : fake_problem(w, r, 400,
		              rows[i].reason == -1 ? "badRevocationReason"
		                                   : "malformed");

		if (!good || (rows[i].reason == -1 &&
		                 strstr(r->body, "4 (superseded)") == NULL))
			fail_msg("%s: %s", rows[i].rest, r->body);
		assert_int_equal(reason_of(w, &is),
		    rows[i].reason >= 0 ? rows[i].reason : -1);
	}
}

/* REV-01 */
TEST(what_is_no_certificate_is_refused)
{
	static const struct {
		const char *payload, *why;
	} rows[] = {
		{ "{}", "certificate" },
		{ "", "payload" },
		{ "{\"certificate\":null}", "certificate" },
		{ "{\"certificate\":1}", "certificate" },
		{ "{\"certificate\":\"\"}", "certificate" },
		{ "{\"certificate\":\"AAAA\"}", "not a certificate in DER" },
		{ "{\"certificate\":\"MAA\"}", "not a certificate in DER" },
		{ "{\"certificate\":\"AAA=\"}", "base64url" },
		{ "{\"certificate\":\"-----BEGIN CERTIFICATE-----\"}",
		    "not PEM" },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_reply *r = fake_post(c, PATH, rows[i].payload);

		if (!fake_problem(w, r, 400, "malformed") ||
		    strstr(r->body, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].payload, r->body);
	}
}

/* REV-08: the very bytes, not a certificate that has the same serial. */
TEST(bytes_that_differ_are_not_ours)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	size_t len = strlen(is.payload);

	for (size_t back = 6; back < 60; back += 9) {
		char *bent = arena_text(w->arena, is.payload);
		struct fake_reply *r;

		bent[len - back] = bent[len - back] == 'A' ? 'B' : 'A';
		r = fake_post(c, PATH, arena_printf(w->arena, "%s}", bent));
		assert_true(fake_problem(w, r, r->status == 404 ? 404 : 400,
		    "malformed"));
	}
	assert_int_equal(reason_of(w, &is), -1);
	assert_true(fake_problem(w,
	    fake_post(c, PATH,
	        arena_printf(w->arena, "%.*sAAAA\"}", (int)(len - 1),
	            is.payload)),
	    400, "malformed"));
}

/* REV-07 */
TEST(another_ca_s_certificate_is_not_found)
{
	struct fake_ca *w = *state, *elsewhere = fake_ca_new();
	struct fake_client *c = fake_client_new(w),
	                   *there = fake_client_new(elsewhere);
	const char *cert = fake_issue(there, "a.example"),
	           *payload = arena_printf(w->arena, "%s}",
	               fake_revocation(there, cert));

	assert_true(fake_problem(w, fake_post(c, PATH, payload), 404,
	    "malformed"));
	fake_ca_free(elsewhere);
}

/* REV-07 */
TEST(an_expired_one_is_not_worth_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	int64_t end = fake_cert_record(w, is.path)->not_after * 1000;

	fake_clock_set(w, end + 1000);
	assert_true(fake_problem(w, fake_post(c, PATH, with(w, &is, "")), 403,
	    "unauthorized"));
	fake_clock_set(w, end); /* 5280: notAfter is its last second */
	assert_int_equal(fake_post(c, PATH, with(w, &is, ""))->status, 200);
}

/* REV-12 */
TEST(of_many_at_once_one_revokes_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct fake_reply *r[6];
	size_t done = 0;

	for (int i = 0; i < 6; i++)
		r[i] = fake_post_begin(c, PATH, with(w, &is, ""));
	for (int i = 0; i < 6; i++) {
		fake_wait(w, r[i]);
		done += r[i]->status == 200;
		assert_true(r[i]->status == 200 ||
		            fake_problem(w, r[i], 400, "alreadyRevoked"));
	}
	assert_int_equal(done, 1);
	assert_int_equal(fake_events(w, "certificate.revoked"), 1);
}

TEST(a_full_store_still_revokes)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");

	fake_store_full(w, true);
	assert_int_equal(fake_post(c, PATH, with(w, &is, ""))->status, 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_6_the_account_that_ordered_it_may),
		CA_CASE(s7_6_who_holds_its_key_may_without_an_account),
		CA_CASE(s7_6_an_account_that_can_prove_every_name_may),
		CA_CASE(proofs_that_have_run_out_revoke_nothing),
		CA_CASE(an_older_proof_counts_when_a_newer_one_has_ended),
		CA_CASE(an_heir_says_nothing_of_the_key),
		CA_CASE(the_key_s_holder_may_say_that_it_was_the_key),
		CA_CASE(a_compromised_key_is_not_accepted_any_more),
		CA_CASE(a_blocked_key_can_still_revoke),
		CA_CASE(a_key_blocked_meanwhile_is_refused),
		CA_CASE(a_certificate_of_a_blocked_key_is_born_revoked),
		CA_CASE(the_key_s_other_certificates_are_revoked),
		CA_CASE(many_keys_are_looked_for_together),
		CA_CASE(many_certificates_of_a_key_are_revoked),
		CA_CASE(a_key_no_account_may_have_revokes_what_it_is_in),
		CA_CASE(nobody_else_may),
		CA_CASE(s7_6_reasons_are_those_a_subscriber_can_have),
		CA_CASE(what_is_no_certificate_is_refused),
		CA_CASE(bytes_that_differ_are_not_ours),
		CA_CASE(another_ca_s_certificate_is_not_found),
		CA_CASE(an_expired_one_is_not_worth_it),
		CA_CASE(of_many_at_once_one_revokes_it),
		CA_CASE(a_full_store_still_revokes),
	};

	return cmocka_run_group_tests_name("revoke", tests, NULL, NULL);
}
