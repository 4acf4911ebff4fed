/* From recorded bytes to one certificate, whatever happens (DESIGN 5 and 9). */
#include "acme/issue.h"

#include "acme/acme_int.h"
#include "acme/state.h"
#include "crypto/cert.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

/* An order that the keeper has been asked for and has not answered. */
static struct fake_order
stuck_order(struct fake_client *c)
{
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	fake_prove(c, &o);
	c->w->keeper_silent = true;
	c->w->config.linger_ms = 20;
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_string_equal(fake_json(c->w, r, "status"), "processing");
	c->w->config.linger_ms = 3000;
	return o;
}

/* FIN-16, SEC-09. */
TEST(a_crash_before_the_signature_leads_to_the_same_certificate)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = stuck_order(c);
	const struct order *before = fake_order_record(w, o.path), *after;
	struct fake_reply *r;
	struct id serial;
	const struct certificate *cert;

	for (int i = 0; i < 3; i++) { /* it may crash again */
		fake_ca_restart(w);
		acme_resume(w->ca);
		fake_settle(w);
		assert_string_equal(order_status_text(fake_order_record(w,
		                        o.path)
		                                          ->status),
		    "processing");
	}
	fake_ca_restart(w);
	w->keeper_silent = false;
	acme_resume(w->ca);
	assert_true(fake_becomes(c, o.path, "valid"));
	after = fake_order_record(w, o.path);
	assert_true(id_equal(before->serial, after->serial));
	r = fake_post(c, o.path, "");
	cert = fake_cert_record(w, fake_path(fake_json(w, r, "certificate")));
	assert_int_equal(cert->der_len > before->tbs_len, true);
	assert_memory_equal(cert->der + (cert->der[1] == 0x82 ? 4 : 3),
	    before->tbs, before->tbs_len); /* those very bytes */
	assert_int_equal(cert_serial(cert->der, cert->der_len, &serial,
	                     &(struct fault){ 0 }),
	    OK);
	assert_true(id_equal(serial, before->serial));
	assert_int_equal(fake_events(w, "certificate.issued"), 1);
	assert_int_equal(fake_due_rows(w, DUE_ISSUANCE), 0);
}

/* FIN-16. */
TEST(a_keeper_that_refuses_ends_the_order_and_tells_no_secret)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	fake_prove(c, &o);
	w->keeper_refuses = true;
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "status"), "invalid");
	assert_string_equal(fake_json(w, r, "error.type"),
	    "urn:ietf:params:acme:error:serverInternal");
	assert_null(strstr(r->body, "keeper"));
	assert_null(fake_json(w, r, "certificate"));
	assert_int_equal(fake_due_rows(w, DUE_ISSUANCE), 0);
	assert_int_equal(fake_events(w, "order.invalid"), 1);
	fake_ca_restart(w);
	assert_string_equal(fake_status(c, o.path), "invalid");
	/* The proof is as good as it was: a new order is ready. */
	w->keeper_refuses = false;
	(void)fake_issue(c, "a.example");
}

/* CPR-14: what comes back for another order, properly signed, is not taken. */
TEST(what_was_not_recorded_is_not_stored)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order one = fake_order(c, "a.example"),
	                  two = fake_order(c, "b.example");
	struct fake_reply *r;

	fake_prove(c, &one);
	fake_prove(c, &two);
	(void)fake_post(c, one.finalize, fake_csr(c, "a.example"));
	w->keeper_signs = fake_order_record(w, one.path);
	assert_non_null(w->keeper_signs->tbs);
	r = fake_post(c, two.finalize, fake_csr(c, "b.example"));
	assert_string_equal(fake_json(w, r, "status"), "invalid");
	assert_string_equal(fake_json(w, r, "error.type"),
	    "urn:ietf:params:acme:error:serverInternal");
	assert_null(fake_json(w, r, "certificate"));
	assert_int_equal(fake_events(w, "certificate.issued"), 1);
	w->keeper_signs = NULL;
	(void)fake_issue(c, "b.example");
}

/* FIN-16. */
TEST(what_would_have_expired_before_it_was_signed_is_not_signed)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = stuck_order(c);
	unsigned asks = w->keeper_asks;
	struct fake_reply *r;

	fake_clock_set(w, fake_order_record(w, o.path)->not_after * 1000);
	fake_ca_restart(w);
	w->keeper_silent = false;
	acme_resume(w->ca);
	assert_true(fake_becomes(c, o.path, "invalid"));
	r = fake_post(c, o.path, "");
	assert_string_equal(fake_json(w, r, "error.type"),
	    "urn:ietf:params:acme:error:serverInternal");
	assert_int_equal(w->keeper_asks, asks);
	assert_int_equal(fake_events(w, "certificate.issued"), 0);
}

struct told {
	unsigned times, certificates;
	bool done;
};

static void
tell(void *arg, const struct certificate *c)
{
	struct told *t = arg;

	t->times++;
	t->certificates += c != NULL;
	t->done = t->times == 3;
}

/* FIN-15, SEC-10. */
TEST(asked_thrice_at_once_it_is_issued_once)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = stuck_order(c);
	struct order *rec = fake_order_record(w, o.path);
	struct due due = { .kind = DUE_ISSUANCE,
		.at_ms = loop_now(w->loop),
		.object = rec->id };
	struct told t = { 0 };

	w->keeper_silent = false;
	for (int i = 0; i < 3; i++)
		issue(w->ca, rec, &due, tell, &t);
	assert_int_equal(t.times, 0); /* never before issue() returns */
	fake_ca_run(w, 3000, &t.done);
	assert_true(t.done);
	assert_string_equal(fake_status(c, o.path), "valid");
	assert_int_equal(fake_events(w, "certificate.issued"), 1);
	assert_int_equal(t.certificates, 1);
}

TEST(an_order_that_is_gone_by_then_is_left_alone)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = stuck_order(c);
	struct batch *b = batch_new(w->arena);

	batch_delete_order(b, fake_order_record(w, o.path)->id);
	fake_commit(w, b);
	fake_keeper_restart(w);
	FAKE_UNTIL(w, w->ca->issuances == NULL);
	assert_null(w->ca->issuances);
	assert_int_equal(fake_events(w, "certificate.issued"), 0);
}

TEST(those_under_way_are_forgotten_with_the_ca)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	(void)stuck_order(c);
	assert_non_null(w->ca->issuances); /* the rest is the leak checker's */
}

TEST(a_slow_keeper_keeps_no_other_request_waiting)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = stuck_order(c), other;
	struct fake_reply *waits = fake_post_begin(c, o.path, "");
	int64_t began = loop_now(w->loop);

	other = fake_order(c, "b.example");
	fake_prove(c, &other);
	assert_true(loop_now(w->loop) - began < 2500);
	assert_int_equal(waits->status, 0);
}

TEST(the_chain_is_the_leaf_and_what_its_issuer_has)
{
	struct fake_ca *w = *state;
	static const uint8_t der[] = { 0x30, 0x03, 0x02, 0x01, 0x01 };
	struct certificate c = {
		.der = der, .der_len = sizeof(der), .issuer = 1
	};
	const char *leaf = cert_pem(der, sizeof(der), w->arena);

	assert_string_equal(issue_chain(&w->config, &c, w->arena),
	    arena_printf(w->arena, "%s%s", leaf,
	        w->config.chains[0].list[0].pem));
	c.issuer = 2; /* one that has been taken away */
	assert_string_equal(issue_chain(&w->config, &c, w->arena), leaf);
	c.issuer = 0;
	assert_string_equal(issue_chain(&w->config, &c, w->arena), leaf);
}

/* CPR-04: its end is cut to its issuer's, and beyond that there is none. */
TEST(nothing_is_prepared_that_would_outlive_its_issuer)
{
	static const struct ident name = { IDENT_DNS, "a.example", false };
	struct fake_ca *w = *state;
	struct keypair pair;
	struct issue_key key;
	struct order o = { .idents = &name, .n_idents = 1 };
	struct fault f = { 0 };
	int64_t now = loop_now(w->loop), end = now + 50LL * 86400 * 1000;

	keypair_new(w->arena, &pair);
	key = (struct issue_key){ pair.spki, pair.spki_len, pair.spki_sha256,
		false };
	assert_int_equal(issue_prepare(&o, &w->profiles[0], 1, &key,
	                     end - 60 * 1000, w->arena, &f),
	    OK);
	assert_true(o.not_after <= end / 1000 + 1);
	assert_true(o.not_after < end / 1000 - 60 + 599);
	assert_int_equal(issue_prepare(&o, &w->profiles[0], 1, &key,
	                     end + 60 * 1000, w->arena, &f),
	    ERR_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(
		    a_crash_before_the_signature_leads_to_the_same_certificate),
		CA_CASE(
		    a_keeper_that_refuses_ends_the_order_and_tells_no_secret),
		CA_CASE(what_was_not_recorded_is_not_stored),
		CA_CASE(
		    what_would_have_expired_before_it_was_signed_is_not_signed),
		CA_CASE(asked_thrice_at_once_it_is_issued_once),
		CA_CASE(an_order_that_is_gone_by_then_is_left_alone),
		CA_CASE(those_under_way_are_forgotten_with_the_ca),
		CA_CASE(a_slow_keeper_keeps_no_other_request_waiting),
		CA_CASE(the_chain_is_the_leaf_and_what_its_issuer_has),
		CA_CASE(nothing_is_prepared_that_would_outlive_its_issuer),
	};

	return cmocka_run_group_tests_name("issue", tests, NULL, NULL);
}
