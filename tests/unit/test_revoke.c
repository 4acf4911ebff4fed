/* revokeCert (RFC 8555, 7.6; CONFORMANCE REV). */
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

TEST(s7_6_the_account_that_ordered_it_may)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct fake_reply *r = fake_post(c, PATH, with(w, &is, ""));

	assert_int_equal(r->status, 200);
	assert_int_equal(r->body_len, 0);
	assert_int_equal(reason_of(w, &is), 0);
	assert_int_equal(fake_events(w, "certificate.revoked"), 1);
	assert_true(fake_problem(w, fake_post(c, PATH, with(w, &is, "")), 400,
	    "alreadyRevoked"));
	fake_ca_restart(w);
	assert_true(fake_problem(w, fake_post(c, PATH, with(w, &is, "")), 400,
	    "alreadyRevoked"));
	assert_int_equal(fake_events(w, "certificate.revoked"), 1);
}

TEST(s7_6_who_holds_its_key_may_without_an_account)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct fake_reply *r =
	    fake_post(is.holder, PATH, with(w, &is, ",\"reason\":4"));

	assert_int_equal(r->status, 200);
	/* Who can sign with it shows that it is not safe (REV-06). */
	assert_int_equal(reason_of(w, &is), 1);
}

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
	assert_int_equal(reason_of(w, &is), 0);
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

		if (!good)
			fail_msg("%s: %s", rows[i].rest, r->body);
		assert_int_equal(reason_of(w, &is),
		    rows[i].reason >= 0 ? rows[i].reason : -1);
	}
}

TEST(what_is_no_certificate_of_ours_is_refused)
{
	static const struct {
		const char *payload;
		int status;
	} rows[] = {
		{ "{}", 400 },
		{ "", 400 },
		{ "{\"certificate\":null}", 400 },
		{ "{\"certificate\":1}", 400 },
		{ "{\"certificate\":\"\"}", 400 },
		{ "{\"certificate\":\"AAAA\"}", 400 },
		{ "{\"certificate\":\"MAA\"}", 400 },
		{ "{\"certificate\":\"AAA=\"}", 400 },
		{ "{\"certificate\":\"-----BEGIN CERTIFICATE-----\"}", 400 },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!fake_problem(w, fake_post(c, PATH, rows[i].payload),
		        rows[i].status, "malformed"))
			fail_msg("%s", rows[i].payload);
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

TEST(of_many_at_once_one_revokes_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct issued is = issue_for(c, "a.example");
	struct fake_reply *r[6];
	size_t done = 0;

	for (int i = 0; i < 6; i++)
		r[i] = fake_post_begin(i % 2 == 0 ? c : is.holder, PATH,
		    with(w, &is, ""));
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
		CA_CASE(nobody_else_may),
		CA_CASE(s7_6_reasons_are_those_a_subscriber_can_have),
		CA_CASE(what_is_no_certificate_of_ours_is_refused),
		CA_CASE(bytes_that_differ_are_not_ours),
		CA_CASE(another_ca_s_certificate_is_not_found),
		CA_CASE(an_expired_one_is_not_worth_it),
		CA_CASE(of_many_at_once_one_revokes_it),
		CA_CASE(a_full_store_still_revokes),
	};

	return cmocka_run_group_tests_name("revoke", tests, NULL, NULL);
}
