/* Who may order (CONFORMANCE EAB-06, PRO-03): bound accounts, and their keys. */
#include "acme/standing.h"

#include "tests/cmocka.h"
#include "tests/fake/eab.h"

#define ORDER(more) \
	"{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}]" more "}"

#define AUTHZ "{\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"}}"

/* EAB-06: a key that is revoked takes its accounts along, renewals included. */
TEST(accounts_of_a_revoked_key_get_nothing_any_more)
{
	struct fake_ca *w = *state;
	struct eab *e = fake_eab(w, NULL);
	struct fake_client *c = fake_client_bound(w, e),
	                   *other = fake_client_bound(w, fake_eab(w, NULL));
	struct fake_order ready = fake_order(c, "b.example");
	const char *cert = fake_issue(c, "a.example");
	struct fake_reply *r;

	fake_prove(c, &ready);
	fake_eab_revoke(w, e->id);
	for (int restarted = 0; restarted < 2; restarted++) {
		r = fake_post(c, "/acme/new-order", ORDER(""));
		assert_true(fake_problem(w, r, 403, "unauthorized"));
		assert_non_null(strstr(r->body, "revoked"));
		r = fake_post(c, "/acme/new-authz", AUTHZ);
		assert_true(fake_problem(w, r, 403, "unauthorized"));
		r = fake_post(c, ready.finalize, fake_csr(c, "b.example"));
		assert_true(fake_problem(w, r, 403, "unauthorized"));
		assert_string_equal(fake_status(c, ready.path), "ready");
		fake_ca_restart(w);
	}
	/* What it has it may look at, and revoke. */
	assert_int_equal(fake_post(c, cert, "")->status, 200);
	assert_int_equal(fake_post(c, "/acme/revoke-cert",
	                     arena_printf(w->arena, "%s}",
	                         fake_revocation(c, cert)))
	                     ->status,
	    200);
	(void)fake_issue(other, "a.example");
}

/* EAB-06: a key that is gone is no better than one that is revoked. */
TEST(accounts_of_a_key_that_is_gone_get_nothing_either)
{
	struct fake_ca *w = *state;
	struct eab *e = fake_eab(w, NULL);
	struct fake_client *c = fake_client_bound(w, e);
	struct batch *b = batch_new(w->arena);

	batch_delete_eab(b, e->id);
	fake_commit(w, b);
	assert_true(fake_problem(w, fake_post(c, "/acme/new-order", ORDER("")),
	    403, "unauthorized"));
}

/* PRO-03: a profile there is, but not for this account. */
TEST(profiles_that_the_key_does_not_permit_are_refused)
{
	static const char *const hour[] = { "day", "hour" };
	struct fake_ca *w = *state;
	struct eab like = { .profiles = hour, .n_profiles = 2 };
	struct fake_client *c = fake_client_bound(w, fake_eab(w, &like)),
	                   *free_one = fake_client_new(w);

	assert_int_equal(fake_post(c, "/acme/new-order",
	                     ORDER(",\"profile\":\"hour\""))
	                     ->status,
	    201);
	assert_int_equal(fake_post(c, "/acme/p/hour/new-order", ORDER(""))
	                     ->status,
	    201);
	assert_true(fake_problem(w, fake_post(c, "/acme/new-order", ORDER("")),
	    403, "unauthorized"));
	assert_true(fake_problem(w,
	    fake_post(c, "/acme/new-order",
	        ORDER(",\"profile\":\"tenminutes\"")),
	    403, "unauthorized"));
	assert_true(fake_problem(w,
	    fake_post(c, "/acme/new-order", ORDER(",\"profile\":\"none\"")),
	    400, "invalidProfile"));
	assert_int_equal(fake_post(free_one, "/acme/new-order", ORDER(""))
	                     ->status,
	    201);
}

/* PRO-03: also if it was permitted when the order was made. */
TEST(a_profile_that_is_permitted_no_more_is_not_finalized)
{
	static const char *const hour[] = { "hour" };
	struct fake_ca *w = *state;
	struct eab *e = fake_eab(w, NULL);
	struct fake_client *c = fake_client_bound(w, e);
	struct fake_order o = fake_order(c, "a.example");

	fake_prove(c, &o);
	e = fake_eab_record(w, e->id);
	e->profiles = hour;
	e->n_profiles = 1;
	fake_eab_put(w, e);
	assert_true(fake_problem(w,
	    fake_post(c, o.finalize, fake_csr(c, "a.example")), 403,
	    "unauthorized"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(accounts_of_a_revoked_key_get_nothing_any_more),
		CA_CASE(accounts_of_a_key_that_is_gone_get_nothing_either),
		CA_CASE(profiles_that_the_key_does_not_permit_are_refused),
		CA_CASE(a_profile_that_is_permitted_no_more_is_not_finalized),
	};

	return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
