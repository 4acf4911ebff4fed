/* CAA from the challenge to the signature (RFC 8659, 3; CONFORMANCE 21). */
#include "acme/recheck.h"

#include "acme/acme_int.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static const char *const identities[] = { "ca.test" };

static struct fake_client *
client(struct fake_ca *w, enum caa_check check)
{
	w->config.caa_check = check;
	w->config.caa_recheck_s = 60;
	w->config.caa_ms = 1000;
	w->config.caa_identities = identities;
	w->config.n_caa_identities = 1;
	w->config.linger_ms = 10 * 1000;
	return fake_client_new(w);
}

/* Respond for one name and wait for the verdict. */
static struct fake_order
respond(struct fake_client *c, const char *name)
{
	struct fake_order o = fake_order(c, name);

	(void)fake_post(c, o.http01[0] != NULL ? o.http01[0] : o.dns01[0],
	    "{}");
	(void)fake_post(c, o.authz[0], "");
	return o;
}

/* CAA-14, CAA-01 CAA-15 CHA-10 CHA-11: all of it ends, and says why. */
TEST(what_caa_forbids_is_not_valid)
{
	static const enum caa_check checks[] = { CAA_ON, CAA_LENIENT };
	struct fake_ca *w = *state;

	for (size_t i = 0; i < 2; i++) {
		struct fake_client *c = client(w, checks[i]);
		struct fake_order o;
		struct fake_reply *r;

		fake_caa_says(&w->network, PROBE_WRONG, 5);
		o = respond(c, "a.example");
		r = fake_post(c, o.authz[0], "");
		assert_string_equal(fake_json(w, r, "status"), "invalid");
		assert_string_equal(fake_json(w, r, "challenges.0.error.type"),
		    "urn:ietf:params:acme:error:caa");
		assert_string_equal(fake_json(w, r,
		                        "challenges.0.error.detail"),
		    "CAA record for a.example prevents issuance");
		r = fake_post(c, o.path, "");
		assert_string_equal(fake_json(w, r, "status"), "invalid");
		assert_string_equal(fake_json(w, r, "error.type"),
		    "urn:ietf:params:acme:error:caa");
		assert_int_equal(w->network.caa.looks, 1);
		assert_non_null(strstr(fake_authz_record(w, o.authz[0])
		                           ->evidence,
		    "\"who\":\"fake CAA\""));
	}
}

/* CAA-07 CAA-08: for whom, by what, and who we are. */
TEST(s8657_it_is_told_who_asks_and_how)
{
	static const char *const names[] = { "ca.test", "::1" };
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_ON);
	const struct fake_caa *caa = &w->network.caa;
	const char *id = strrchr(c->kid, '/') + 1, *want;
	struct fake_order o;

	w->config.names = names;
	w->config.n_names = 2;
	w->config.directory_url = "https://ca.test/acme/directory";
	o = respond(c, "*.a.example");
	assert_string_equal(fake_status(c, o.authz[0]), "valid");
	assert_string_equal(caa->name, "a.example");
	assert_true(caa->wildcard);
	assert_false(caa->lenient);
	assert_string_equal(caa->method, "dns-01");
	assert_string_equal(caa->issuer, "ca.test");
	want = arena_printf(w->arena,
	    "https://ca.test:8443/acme/account/%s "
	    "https://ca.test/acme/account/%s "
	    "https://[::1]:8443/acme/account/%s "
	    "https://[::1]/acme/account/%s",
	    id, id, id, id);
	assert_string_equal(caa->accounts, want);
	(void)respond(c, "b.example");
	assert_string_equal(caa->method, "http-01");
	assert_false(caa->wildcard);
}

/* CAA-10: SERVFAIL is no permission, and is asked again before it is no. */
TEST(strictly_an_error_is_no_permission)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_ON);
	int64_t began = loop_now(w->loop);
	struct fake_order o;
	struct fake_reply *r;

	fake_caa_says(&w->network, PROBE_UNREACHED, 5);
	o = respond(c, "a.example");
	r = fake_post(c, o.authz[0], "");
	assert_string_equal(fake_json(w, r, "challenges.0.error.type"),
	    "urn:ietf:params:acme:error:dns");
	assert_int_equal(w->network.caa.looks, 3);
	assert_in_range(loop_now(w->loop) - began, 1490, 3500);

	fake_caa_says(&w->network, PROBE_UNREACHED, 0);
	w->network.caa.results[1] = PROBE_PROVED;
	w->network.caa.n_results = 2;
	o = respond(c, "a.example");
	assert_string_equal(fake_status(c, o.authz[0]), "valid");
	assert_int_equal(w->network.caa.looks, 2);
}

/* CAA-12: where DNS has no answer, there is no record. */
TEST(leniently_an_error_permits_and_nobody_waits_long)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_LENIENT);
	struct fake_order o;
	int64_t began;

	fake_caa_says(&w->network, PROBE_UNREACHED, 0);
	o = respond(c, "a.example");
	assert_string_equal(fake_status(c, o.authz[0]), "valid");
	assert_int_equal(w->network.caa.looks, 1);
	assert_true(w->network.caa.lenient);

	fake_caa_says(&w->network, PROBE_WRONG, 60 * 1000);
	w->config.caa_ms = 200;
	began = loop_now(w->loop);
	o = respond(c, "b.example");
	assert_string_equal(fake_status(c, o.authz[0]), "valid");
	assert_in_range(loop_now(w->loop) - began, 190, 2000);
	assert_int_equal(w->network.caa.expired, 1);
}

/*
 * CAA-12: an error is one of the DNS.  Whoever has us look at a thousand names
 * of his is not given another's for our having had no time to ask.
 */
TEST(leniently_a_question_that_waits_its_turn_is_no_error)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_LENIENT);
	struct fake_order o;

	fake_caa_says(&w->network, PROBE_WRONG, 60 * 1000);
	w->network.caa.wait = true;
	w->config.caa_ms = 100;
	o = respond(c, "a.example");
	assert_string_equal(fake_status(c, o.authz[0]), "invalid");
	assert_int_equal(w->network.caa.expired, 0);
}

/* It is asked while the name is being looked at, and costs no time. */
TEST(it_is_asked_at_the_same_time)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_ON);
	int64_t began = loop_now(w->loop);
	struct fake_order o;

	fake_network_says(&w->network, PROBE_PROVED, 300);
	fake_caa_says(&w->network, PROBE_PROVED, 300);
	o = respond(c, "a.example");
	assert_string_equal(fake_status(c, o.authz[0]), "valid");
	assert_in_range(loop_now(w->loop) - began, 290, 560);

	/* and waited for */
	fake_network_says(&w->network, PROBE_PROVED, 0);
	fake_caa_says(&w->network, PROBE_WRONG, 300);
	o = respond(c, "b.example");
	assert_string_equal(fake_status(c, o.authz[0]), "invalid");
}

/* CAA-13 IPI-05: addresses have none; nor has anybody, when it is off. */
TEST(who_is_not_asked)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_ON);
	struct fake_order o;

	fake_caa_says(&w->network, PROBE_WRONG, 0);
	o = respond(c, "192.0.2.7");
	assert_string_equal(fake_status(c, o.authz[0]), "valid");
	o = respond(c, "2001:db8::7");
	assert_string_equal(fake_status(c, o.authz[0]), "valid");
	(void)fake_issue(c, "192.0.2.7,2001:db8::7");
	w->config.caa_check = CAA_OFF;
	(void)fake_issue(c, "a.example,*.b.example");
	assert_int_equal(w->network.caa.looks, 0);
}

TEST(what_is_not_proven_is_not_waited_for)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_ON);
	struct fake_order o;

	fake_network_says(&w->network, PROBE_FORBIDDEN, 5);
	fake_caa_says(&w->network, PROBE_WRONG, 60 * 1000);
	o = respond(c, "a.example");
	assert_string_equal(fake_authz_record(w, o.authz[0])
	                        ->challenges[0]
	                        .error.type,
	    "connection");
	fake_settle(w);
	assert_int_equal(w->network.caa.cancelled, 1);
	assert_int_equal(w->ca->n_validations, 0);
}

/* ---- before a certificate is signed ---- */

static struct fake_order
ready(struct fake_client *c, const char *names)
{
	struct fake_order o = fake_order(c, names);

	fake_prove(c, &o);
	return o;
}

/* BLD-37, CAA-11, FIN-13: what was asked lately holds; what was not is asked again. */
TEST(what_was_asked_too_long_ago_is_asked_again)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_ON);
	struct fake_caa *caa = &w->network.caa;
	struct fake_order o = ready(c, "a.example,b.example,192.0.2.7");
	unixtime before = fake_authz_record(w, o.authz[0])->caa_checked;
	struct fake_reply *r;

	assert_int_equal(caa->looks, 2);
	assert_in_range(before, loop_now(w->loop) / 1000 - 2,
	    loop_now(w->loop) / 1000);
	r = fake_post(c, o.finalize,
	    fake_csr(c, "a.example,b.example,192.0.2.7"));
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_int_equal(caa->looks, 2);

	fake_clock(w, 120 * 1000);
	o = ready(c, "a.example,b.example,192.0.2.7"); /* the same proofs */
	assert_int_equal(caa->looks, 2);
	caa->delay_ms = 20;
	r = fake_post(c, o.finalize,
	    fake_csr(c, "a.example,b.example,192.0.2.7"));
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_int_equal(caa->looks, 4);
	assert_string_equal(caa->method, "http-01");
	assert_non_null(strstr(caa->accounts, strrchr(c->kid, '/') + 1));
	assert_true(fake_authz_record(w, o.authz[0])->caa_checked >=
	            before + 119);
	(void)fake_issue(c, "a.example"); /* that holds, too */
	assert_int_equal(caa->looks, 4);
}

/* What was proven while nobody asked is asked about now. */
TEST(what_was_never_asked_is_asked)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_OFF);
	struct fake_order o = ready(c, "a.example");

	assert_int_equal(w->network.caa.looks, 0);
	w->config.caa_check = CAA_ON;
	assert_string_equal(fake_json(w,
	                        fake_post(c, o.finalize,
	                            fake_csr(c, "a.example")),
	                        "status"),
	    "valid");
	assert_int_equal(w->network.caa.looks, 1);
}

/* CAA-01: the name in the certificate counts, not the domain proved for it. */
TEST(s9444_a_name_below_what_was_proved_is_asked_about_itself)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_ON);
	struct fake_caa *caa = &w->network.caa;
	const char *order, *authz;
	struct fake_reply *r;

	w->config.subdomains = true;
	r = fake_post(c, "/acme/new-order",
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":"
	    "\"www.a.example\",\"ancestorDomain\":\"a.example\"}]}");
	assert_int_equal(r->status, 201);
	order = fake_path(fake_header(r, "Location"));
	authz = fake_path(fake_json(w, r, "authorizations.0"));
	r = fake_post(c, authz, "");
	(void)fake_post(c, fake_path(fake_json(w, r, "challenges.0.url")),
	    "{}");
	assert_true(fake_becomes(c, order, "ready"));
	assert_int_equal(caa->looks, 1);
	assert_string_equal(caa->name, "a.example");
	fake_caa_says(&w->network, PROBE_WRONG, 5);
	r = fake_post(c, arena_printf(w->arena, "%s/finalize", order),
	    fake_csr(c, "www.a.example"));
	assert_true(fake_problem(w, r, 403, "caa"));
	assert_int_equal(caa->looks, 1);
	assert_string_equal(caa->name, "www.a.example");
}

static void
check_forbidden(struct fake_client *c, const struct fake_order *o)
{
	struct fake_ca *w = c->w;
	unsigned asks = w->keeper_asks;
	struct fake_reply *r =
	    fake_post(c, o->finalize, fake_csr(c, "a.example,b.example"));

	assert_true(fake_problem(w, r, 403, "caa"));
	r = fake_post(c, o->path, "");
	assert_string_equal(fake_json(w, r, "status"), "invalid");
	assert_string_equal(fake_json(w, r, "error.type"),
	    "urn:ietf:params:acme:error:caa");
	assert_null(fake_json(w, r, "certificate"));
	assert_int_equal(w->keeper_asks, asks);
	assert_int_equal(fake_events(w, "certificate.issued"), 0);
	assert_int_equal(fake_due_rows(w, DUE_ISSUANCE), 0);
	/* and it stays so */
	r = fake_post(c, o->finalize, fake_csr(c, "a.example,b.example"));
	assert_true(fake_problem(w, r, 403, "orderNotReady"));
}

/* FIN-13: caa/403, and the order is invalid; nothing has been signed. */
TEST(s8659_3_what_is_forbidden_by_then_is_not_issued)
{
	static const unsigned delays[] = { 0, 50 };

	for (size_t i = 0; i < 2; i++) {
		struct fake_ca *w = *state;
		struct fake_client *c = client(w, CAA_LENIENT);
		struct fake_order o;

		w->config.caa_check = CAA_OFF;
		o = ready(c, "a.example,b.example");
		w->config.caa_check = CAA_LENIENT;
		fake_caa_says(&w->network, PROBE_PROVED, delays[i]);
		w->network.caa.results[1] = PROBE_WRONG;
		w->network.caa.n_results = 2;
		check_forbidden(c, &o);
		assert_int_equal(w->network.caa.looks, 2);
	}
}

/* CAA-10: nor what nobody can tell. */
TEST(strictly_what_nobody_can_tell_is_not_issued)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_OFF);
	struct fake_order o = ready(c, "a.example,b.example");

	w->config.caa_check = CAA_ON;
	fake_caa_says(&w->network, PROBE_UNREACHED, 5);
	check_forbidden(c, &o);
	assert_int_equal(w->network.caa.looks, 6);
}

/* CAA-12: leniently, it is; and nobody waits long for silence. */
TEST(leniently_what_nobody_can_tell_is_issued)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_OFF);
	struct fake_order o = ready(c, "a.example");
	struct fake_reply *r;
	int64_t began;

	w->config.caa_check = CAA_LENIENT;
	w->config.caa_ms = 100;
	fake_caa_says(&w->network, PROBE_WRONG, 60 * 1000);
	began = loop_now(w->loop);
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_in_range(loop_now(w->loop) - began, 90, 1500);
	assert_true(fake_authz_record(w, o.authz[0])->caa_checked > 0);
}

/* FIN-13 FIN-16: a crash while it is asked leads to the same question. */
TEST(after_a_crash_it_is_asked_again)
{
	static const enum probe_result says[] = { PROBE_WRONG, PROBE_PROVED };
	struct fake_ca *w = *state;

	for (size_t i = 0; i < 2; i++) {
		struct fake_client *c = client(w, CAA_OFF);
		struct fake_order o = ready(c, "a.example");
		struct fake_reply *r;

		w->config.caa_check = CAA_ON;
		w->config.linger_ms = 20;
		fake_caa_says(&w->network, PROBE_PROVED, 60 * 1000);
		r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
		assert_string_equal(fake_json(w, r, "status"), "processing");
		fake_ca_restart(w);
		fake_caa_says(&w->network, says[i], 5);
		acme_resume(w->ca);
		assert_true(fake_becomes(c, o.path,
		    says[i] == PROBE_PROVED ? "valid" : "invalid"));
		assert_int_equal(w->network.caa.looks, 1);
		assert_int_equal(fake_due_rows(w, DUE_ISSUANCE), 0);
	}
}

/* FIN-13: nor does it matter that the proof has been pruned meanwhile. */
TEST(without_its_proof_it_is_asked_all_the_same)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w, CAA_ON);
	struct fake_order o = ready(c, "a.example");
	struct batch *b = batch_new(w->arena);

	w->keeper_silent = true;
	w->config.linger_ms = 20;
	(void)fake_post(c, o.finalize, fake_csr(c, "a.example"));
	batch_delete_authz(b, fake_authz_record(w, o.authz[0])->id);
	fake_commit(w, b);
	fake_ca_restart(w);
	w->keeper_silent = false;
	fake_caa_says(&w->network, PROBE_WRONG, 5);
	acme_resume(w->ca);
	assert_true(fake_becomes(c, o.path, "invalid"));
	assert_int_equal(w->network.caa.looks, 1);
	assert_non_null(strstr(w->network.caa.accounts,
	    strrchr(c->kid, '/') + 1));
}

static void
taken(void *arg, const char *chain, const char *key)
{
	(void)chain;
	(void)key;
	*(bool *)arg = true;
}

TEST(our_own_certificate_needs_nobody_s_leave)
{
	struct fake_ca *w = *state;
	bool got = false;

	(void)client(w, CAA_ON);
	fake_caa_says(&w->network, PROBE_WRONG, 0);
	acme_serve_itself(w->ca, taken, &got);
	fake_ca_run(w, 5000, &got);
	assert_true(got);
	assert_int_equal(w->network.caa.looks, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(what_caa_forbids_is_not_valid),
		CA_CASE(s8657_it_is_told_who_asks_and_how),
		CA_CASE(strictly_an_error_is_no_permission),
		CA_CASE(leniently_an_error_permits_and_nobody_waits_long),
		CA_CASE(leniently_a_question_that_waits_its_turn_is_no_error),
		CA_CASE(it_is_asked_at_the_same_time),
		CA_CASE(who_is_not_asked),
		CA_CASE(what_is_not_proven_is_not_waited_for),
		CA_CASE(what_was_asked_too_long_ago_is_asked_again),
		CA_CASE(what_was_never_asked_is_asked),
		CA_CASE(
		    s9444_a_name_below_what_was_proved_is_asked_about_itself),
		CA_CASE(s8659_3_what_is_forbidden_by_then_is_not_issued),
		CA_CASE(strictly_what_nobody_can_tell_is_not_issued),
		CA_CASE(leniently_what_nobody_can_tell_is_issued),
		CA_CASE(after_a_crash_it_is_asked_again),
		CA_CASE(without_its_proof_it_is_asked_all_the_same),
		CA_CASE(our_own_certificate_needs_nobody_s_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
