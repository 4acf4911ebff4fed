/* finalize (RFC 8555, 7.4 and 11.1; CONFORMANCE FIN; DESIGN 5 and 9). */
#include <stdlib.h>

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static struct fake_order
ready_order(struct fake_client *c, const char *names)
{
	struct fake_order o = fake_order(c, names);

	fake_prove(c, &o);
	return o;
}

/* FIN-02, FIN-03, BLD-11, QRK-35, QRK-40, QRK-48. */
TEST(s7_4_a_ready_order_becomes_a_certificate)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");
	struct fake_reply *r =
	    fake_post(c, o.finalize, fake_csr(c, "a.example"));

	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_string_equal(fake_path(fake_header(r, "Location")), o.path);
	assert_int_equal(fake_post(c, fake_path(fake_json(w, r, "certificate")),
	                     "")
	                     ->status,
	    200);
	assert_null(fake_header(r, "Retry-After"));
	assert_int_equal(fake_events(w, "certificate.issued"), 1);
	r = fake_post(c, o.path, "");
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_non_null(fake_json(w, r, "certificate"));
	assert_int_equal(fake_due_rows(w, DUE_ISSUANCE), 0);
}

/* SEC-03: who was given what, for which key, and what came of it. */
TEST(the_journal_tells_who_asked_and_what_was_issued)
{
	static const struct {
		const char *kind, *says;
	} rows[] = {
		{ "order.created", "a.example" },
		{ "authz.valid", "\"evidence\":[" },
		{ "order.processing", "{\"peer\":\"" },
		{ "order.processing", "\"key\":\"" },
		{ "certificate.issued", "{\"serial\":\"" },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct event e[16];
	struct snap *s;
	struct id acct;
	size_t n;

	(void)fake_issue(c, "a.example");
	assert_true(id_parse(strrchr(c->kid, '/') + 1, &acct));
	s = snap_open(w->store);
	n = snap_events(s, w->arena, 1, e, 16);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t at = 0;

		while (at < n && strcmp(e[at].kind, rows[i].kind) != 0)
			at++;
		assert_true(at < n);
		assert_true(id_equal(e[at].account, acct));
		assert_non_null(strstr(e[at].detail, rows[i].says));
	}
	snap_close(s);
}

/* FIN-01, QRK-62. */
TEST(s7_4_an_order_that_is_not_ready_is_told_so)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order pending = fake_order(c, "a.example"),
	                  done = ready_order(c, "b.example"),
	                  lost = fake_order(c, "c.example");
	const struct fake_order *all[] = { &pending, &done, &lost };

	(void)fake_post(c, done.finalize, fake_csr(c, "b.example"));
	(void)fake_post(c, lost.authz[0], "{\"status\":\"deactivated\"}");
	for (size_t i = 0; i < 3; i++) {
		struct fake_reply *r;

		/* The state is told before the CSR is read. */
		r = fake_post(c, all[i]->finalize, "{\"csr\":\"AAAA\"}");
		assert_true(fake_problem(w, r, 403, "orderNotReady"));
		r = fake_post(c, all[i]->finalize, fake_csr(c, "b.example"));
		assert_true(fake_problem(w, r, 403, "orderNotReady"));
	}
	assert_int_equal(fake_events(w, "certificate.issued"), 1);
}

/* FIN-04, FIN-05: and says what it should be. */
TEST(a_csr_that_is_none_leaves_the_order_ready)
{
	static const struct {
		const char *payload, *type;
	} rows[] = {
		{ "{}", "malformed" },
		{ "{\"csr\":null}", "malformed" },
		{ "{\"csr\":1}", "malformed" },
		{ "{\"csr\":\"\"}", "malformed" },
		{ "{\"csr\":[\"AAAA\"]}", "malformed" },
		{ "{\"csr\":\"AAA=\"}", "malformed" },
		{ "{\"csr\":\"A+/A\"}", "malformed" },
		{ "{\"csr\":\"AAAAA\"}", "malformed" },
		{ "{\"csr\":\"-----BEGIN CERTIFICATE REQUEST-----\"}",
		    "malformed" },
		{ "", "malformed" },
		{ "[]", "malformed" },
		{ "{\"csr\":\"AAAA\"}", "badCSR" },
		{ "{\"csr\":\"MAA\"}", "badCSR" },
		{ "{\"CSR\":\"AAAA\"}", "malformed" },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!fake_problem(w, fake_post(c, o.finalize, rows[i].payload),
		        400, rows[i].type))
			fail_msg("%s", rows[i].payload);
	assert_string_equal(fake_status(c, o.path), "ready");
	assert_int_equal(w->keeper_asks, 0);
	assert_int_equal(fake_post(c, o.finalize, fake_csr(c, "a.example"))
	                     ->status,
	    200);
}

/* FIN-07, FIN-05. */
TEST(s7_4_the_names_are_the_order_s_all_and_only)
{
	static const struct {
		const char *order, *csr;
		bool good;
	} rows[] = {
		{ "a.example", "A.Example", true },
		{ "a.example", "b.example", false },
		{ "a.example", "a.example,b.example", false },
		{ "a.example", "*.a.example", false },
		{ "a.example", "b.a.example", false },
		{ "a.example,b.example", "b.example,a.example", true },
		{ "a.example,b.example", "a.example", false },
		{ "*.w.example", "*.w.example", true },
		{ "*.w.example", "w.example", false },
		{ "*.w.example", "x.w.example", false },
		{ "*.w.example", "*.w.example,w.example", false },
		{ "192.0.2.9", "192.0.2.9", true },
		{ "192.0.2.9", "192.0.2.8", false },
		{ "2001:db8::9", "2001:db8:0:0::9", true },
		{ "a.example,192.0.2.9", "a.example", false },
		{ "a.example", "a.example,192.0.2.9", false },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_order o = fake_order(c, rows[i].order);
		struct fake_reply *r;

		if (strcmp(fake_status(c, o.path), "ready") != 0)
			fake_prove(c, &o);
		r = fake_post(c, o.finalize, fake_csr(c, rows[i].csr));
		if (rows[i].good ? r->status != 200
		                 : !fake_problem(w, r, 400, "badCSR"))
			fail_msg("%s for %s: %s", rows[i].csr, rows[i].order,
			    r->body);
		assert_string_equal(fake_status(c, o.path),
		    rows[i].good ? "valid" : "ready");
	}
}

/* FIN-09, PKY-09, SEC-07. */
TEST(s11_1_nobody_s_account_key_is_certified)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w),
	                   *gone = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");
	struct fake_client *const owners[] = { c, other, gone };

	(void)fake_post(gone, fake_path(gone->kid),
	    "{\"status\":\"deactivated\"}");
	for (size_t i = 0; i < 3; i++)
		assert_true(fake_problem(w,
		    fake_post(c, o.finalize,
		        fake_csr_by(c, owners[i]->signer, "a.example")),
		    400, "badCSR"));
	assert_string_equal(fake_status(c, o.path), "ready");
}

/* FIN-11, CPR-13: no profile here can have it, and it is not forgotten. */
TEST(must_staple_is_refused_where_nobody_could_staple)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");
	struct fake_reply *r =
	    fake_post(c, o.finalize, fake_csr(c, "a.example,must-staple"));

	assert_true(fake_problem(w, r, 400, "badCSR"));
	assert_non_null(strstr(r->body, "must-staple"));
	assert_string_equal(fake_status(c, o.path), "ready");
}

/* FIN-18: renewed with the same key, in the very same CSR. */
TEST(a_csr_may_come_again)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *csr = fake_csr(c, "a.example");

	for (int i = 0; i < 3; i++) {
		struct fake_order o = fake_order(c, "a.example");

		if (strcmp(fake_status(c, o.path), "ready") != 0)
			fake_prove(c, &o);
		assert_int_equal(fake_post(c, o.finalize, csr)->status, 200);
		assert_string_equal(fake_status(c, o.path), "valid");
	}
	assert_int_equal(fake_events(w, "certificate.issued"), 3);
}

/* PAG-04. */
TEST(somebody_else_s_order_looks_like_none)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");

	assert_true(fake_problem(w,
	    fake_post(other, o.finalize, fake_csr(c, "a.example")), 404,
	    "malformed"));
	assert_true(fake_problem(w,
	    fake_post(c, "/acme/order/AAAAAAAAAAAAAAAAAAAAAA/finalize",
	        fake_csr(c, "a.example")),
	    404, "malformed"));
	assert_true(fake_problem(w, fake_get(w, o.finalize), 405, "malformed"));
	assert_string_equal(fake_status(c, o.path), "ready");
}

/* FIN-15, FIN-01. */
TEST(however_it_is_raced_one_certificate_comes_of_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");
	struct fake_reply *r[10];
	size_t won = 0;

	for (int i = 0; i < 10; i++)
		r[i] = fake_post_begin(c, o.finalize, fake_csr(c, "a.example"));
	for (int i = 0; i < 10; i++) {
		fake_wait(w, r[i]);
		won += r[i]->status == 200;
		assert_true(r[i]->status == 200 ||
		            fake_problem(w, r[i], 403, "orderNotReady"));
	}
	assert_int_equal(won, 1);
	assert_int_equal(fake_events(w, "certificate.issued"), 1);
	assert_int_equal(fake_events(w, "order.processing"), 1);
	assert_int_equal(w->keeper_asks, 1);
}

/* FIN-14. */
TEST(a_name_given_up_at_once_with_it_is_not_certified_unless_it_was_first)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	for (int first = 0; first < 2; first++) {
		struct fake_order o = ready_order(c, "a.example");
		struct fake_reply *f, *d = NULL;

		if (first == 0)
			d = fake_post_begin(c, o.authz[0],
			    "{\"status\":\"deactivated\"}");
		f = fake_post_begin(c, o.finalize, fake_csr(c, "a.example"));
		if (first == 1)
			d = fake_post_begin(c, o.authz[0],
			    "{\"status\":\"deactivated\"}");
		fake_wait(w, f);
		fake_wait(w, d);
		assert_int_equal(d->status, 200);
		if (first == 0)
			assert_true(fake_problem(w, f, 403, "orderNotReady"));
		else
			assert_int_equal(f->status, 200);
		/* What has been promised stays. */
		assert_string_equal(fake_status(c, o.path),
		    first == 0 ? "invalid" : "valid");
	}
}

/* FIN-14. */
TEST(an_account_deactivated_at_once_with_it_gets_nothing)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");
	const char *body = fake_csr(c, "a.example");
	struct fake_reply *d, *f;

	d = fake_post_begin(c, fake_path(c->kid),
	    "{\"status\":\"deactivated\"}");
	f = fake_post_begin(c, o.finalize, body);
	fake_wait(w, d);
	fake_wait(w, f);
	assert_true(fake_problem(w, f, 401, "unauthorized"));
	fake_settle(w);
	assert_int_equal(w->keeper_asks, 0);
	assert_int_equal(fake_events(w, "order.processing"), 0);
}

/* SEC-07, FIN-09. */
TEST(a_key_that_becomes_an_account_s_at_once_with_it_is_not_both)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *late = fake_client_bare(w);
	struct fake_order o = ready_order(c, "a.example");
	struct fake_reply *n, *f;

	n = fake_post_begin(late, "/acme/new-account", "{}");
	fake_wait(w, n);
	f = fake_post(c, o.finalize, fake_csr_by(c, late->signer, "a.example"));
	assert_true(fake_problem(w, f, 400, "badCSR"));
}

TEST(serial_and_bytes_are_durable_before_anything_is_signed)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");
	struct fake_reply *r =
	    fake_post_begin(c, o.finalize, fake_csr(c, "a.example"));
	const struct order *rec;

	w->keeper_silent = true;
	assert_int_equal(w->keeper_asks, 0);
	for (int i = 0; i < 1000 && w->keeper_asks == 0; i++)
		fake_ca_run(w, 0, NULL);
	rec = fake_order_record(w, o.path);
	assert_int_equal(rec->status, ORDER_PROCESSING);
	assert_false(id_zero(rec->serial));
	assert_true(rec->tbs_len > 100);
	assert_int_equal(rec->issuer, 1);
	assert_int_equal(rec->not_after - rec->not_before + 1, 630);
	assert_int_equal(fake_due_rows(w, DUE_ISSUANCE), 1);
	assert_int_equal(r->status, 0);
}

/* ORD-20, FIN-02, FIN-03, BLD-12. */
TEST(it_lingers_until_the_bound_then_says_processing)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");
	struct fake_reply *r;

	w->keeper_silent = true;
	w->config.linger_ms = 100;
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "status"), "processing");
	assert_true(r->took_ms >= 95 && r->took_ms < 2500);
	assert_true(atoi(fake_header(r, "Retry-After")) >= 1);
	assert_string_equal(fake_path(fake_header(r, "Location")), o.path);
	assert_null(fake_json(w, r, "certificate"));
	r = fake_post(c, o.path, "");
	assert_string_equal(fake_json(w, r, "status"), "processing");
	assert_true(atoi(fake_header(r, "Retry-After")) >= 1);
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_true(fake_problem(w, r, 403, "orderNotReady"));
	w->config.linger_ms = 3000;
	r = fake_post_begin(c, o.path, "");
	fake_keeper_restart(w);
	fake_wait(w, r);
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_int_equal(fake_events(w, "certificate.issued"), 1);
}

TEST(a_drain_says_processing_and_the_certificate_is_made_all_the_same)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");
	struct fake_reply *r;

	w->keeper_silent = true;
	r = fake_post_begin(c, o.finalize, fake_csr(c, "a.example"));
	fake_settle(w);
	assert_int_equal(r->status, 0);
	acme_drain(w->ca);
	assert_string_equal(fake_json(w, r, "status"), "processing");
	assert_non_null(fake_header(r, "Retry-After"));
	fake_keeper_restart(w);
	assert_true(fake_becomes(c, o.path, "valid"));
}

TEST(who_hangs_up_has_it_issued_all_the_same)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = ready_order(c, "a.example");
	struct fake_reply *r =
	    fake_post_begin(c, o.finalize, fake_csr(c, "a.example"));

	fake_hang_up(r);
	assert_true(fake_becomes(c, o.path, "valid"));
	assert_true(r->dropped);
}

/* PRO-05. */
TEST(a_profile_that_is_not_offered_any_more_issues_nothing)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = fake_post(c, "/acme/p/hour/new-order",
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}]}");
	struct fake_order o = ready_order(c, "a.example");
	const char *path = fake_path(fake_json(w, r, "finalize")),
	           *own = fake_path(fake_json(w, r, "authorizations.0"));

	(void)o;
	(void)fake_post(c,
	    fake_path(fake_json(w, fake_post(c, own, ""), "challenges.0.url")),
	    "{}");
	assert_true(fake_becomes(c, fake_path(fake_header(r, "Location")),
	    "ready"));
	w->config.n_profiles = 1;
	assert_true(fake_problem(w,
	    fake_post(c, path, fake_csr(c, "a.example")), 400,
	    "invalidProfile"));
	w->config.n_profiles = 2;
	r = fake_post(c, path, fake_csr(c, "a.example"));
	assert_string_equal(fake_json(w, r, "status"), "valid");
}

TEST(a_full_store_issues_nothing_new_and_finishes_what_it_began)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order begun = ready_order(c, "a.example"),
	                  late = ready_order(c, "b.example");
	struct fake_reply *r;

	w->keeper_silent = true;
	w->config.linger_ms = 50;
	(void)fake_post(c, begun.finalize, fake_csr(c, "a.example"));
	fake_store_full(w, true);
	r = fake_post(c, late.finalize, fake_csr(c, "b.example"));
	assert_true(fake_problem(w, r, 503, "serverInternal"));
	assert_non_null(fake_header(r, "Retry-After"));
	assert_string_equal(fake_status(c, late.path), "ready");
	fake_keeper_restart(w);
	assert_true(fake_becomes(c, begun.path, "valid"));
	fake_store_full(w, false);
	assert_int_equal(fake_post(c, late.finalize, fake_csr(c, "b.example"))
	                     ->status,
	    200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_4_a_ready_order_becomes_a_certificate),
		CA_CASE(the_journal_tells_who_asked_and_what_was_issued),
		CA_CASE(s7_4_an_order_that_is_not_ready_is_told_so),
		CA_CASE(a_csr_that_is_none_leaves_the_order_ready),
		CA_CASE(s7_4_the_names_are_the_order_s_all_and_only),
		CA_CASE(s11_1_nobody_s_account_key_is_certified),
		CA_CASE(must_staple_is_refused_where_nobody_could_staple),
		CA_CASE(a_csr_may_come_again),
		CA_CASE(somebody_else_s_order_looks_like_none),
		CA_CASE(however_it_is_raced_one_certificate_comes_of_it),
		CA_CASE(
		    a_name_given_up_at_once_with_it_is_not_certified_unless_it_was_first),
		CA_CASE(an_account_deactivated_at_once_with_it_gets_nothing),
		CA_CASE(
		    a_key_that_becomes_an_account_s_at_once_with_it_is_not_both),
		CA_CASE(serial_and_bytes_are_durable_before_anything_is_signed),
		CA_CASE(it_lingers_until_the_bound_then_says_processing),
		CA_CASE(
		    a_drain_says_processing_and_the_certificate_is_made_all_the_same),
		CA_CASE(who_hangs_up_has_it_issued_all_the_same),
		CA_CASE(a_profile_that_is_not_offered_any_more_issues_nothing),
		CA_CASE(
		    a_full_store_issues_nothing_new_and_finishes_what_it_began),
	};

	return cmocka_run_group_tests_name("finalize", tests, NULL, NULL);
}
