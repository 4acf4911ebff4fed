/* An account (RFC 8555, 7.3.2 and 7.3.6; CONFORMANCE ACC, PAG). */
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static struct fake_reply *
post_own(struct fake_client *c, const char *payload)
{
	return fake_post(c, fake_path(c->kid), payload);
}

/* ACC-05, ACC-09, ACC-14, ACC-15. */
TEST(s7_3_it_is_shown_to_its_owner)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = post_own(c, "");

	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_string_equal(fake_header(r, "Location"), c->kid);
	assert_non_null(fake_json(w, r, "orders"));
	assert_non_null(fake_link(w, r, "terms-of-service"));
}

/* PAG-04, ACC-14. */
TEST(somebody_else_s_looks_like_none)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct fake_reply *foreign = fake_post(c, fake_path(other->kid), ""),
	                  *missing = fake_post(c,
	                      "/acme/account/AAAAAAAAAAAAAAAAAAAAAA", "");

	assert_true(fake_problem(w, foreign, 404, "malformed"));
	assert_true(fake_problem(w, missing, 404, "malformed"));
	assert_string_equal(foreign->body, missing->body);
	assert_true(fake_problem(w,
	    fake_post(c, fake_path(other->kid), "{\"status\":\"deactivated\"}"),
	    404, "malformed"));
	assert_int_equal(post_own(other, "")->status, 200);
}

/* ACC-13: an empty list clears them. */
TEST(s7_3_2_contacts_are_replaced_as_a_whole)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;

	r = post_own(c,
	    "{\"contact\":[\"mailto:a@b.example\",\"mailto:c@d.example\"]}");
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "contact.1"), "mailto:c@d.example");
	r = post_own(c, "{\"contact\":[\"mailto:e@f.example\"]}");
	assert_int_equal(fake_json_count(w, r, "contact"), 1);
	fake_ca_restart(w);
	r = post_own(c, "");
	assert_string_equal(fake_json(w, r, "contact.0"), "mailto:e@f.example");
	r = post_own(c, "{\"contact\":[]}");
	assert_null(fake_json(w, r, "contact"));
	assert_null(fake_json(w, post_own(c, ""), "contact"));
}

/* ACC-07, ACC-13, ACC-16: what an update cannot set is ignored. */
TEST(what_says_nothing_changes_nothing)
{
	static const char *const payloads[] = { "{}", "{\"status\":\"valid\"}",
		"{\"contact\":null}", "{\"termsOfServiceAgreed\":false}",
		"{\"orders\":\"https://evil.example\"}" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	size_t events;

	(void)post_own(c, "{\"contact\":[\"mailto:a@b.example\"]}");
	events = fake_events(w, NULL);
	for (size_t i = 0; i < 5; i++) {
		struct fake_reply *r = post_own(c, payloads[i]);

		assert_int_equal(r->status, 200);
		assert_string_equal(fake_json(w, r, "contact.0"),
		    "mailto:a@b.example");
		assert_string_equal(fake_json(w, r, "termsOfServiceAgreed"),
		    "true");
	}
	assert_int_equal(fake_events(w, NULL), events);
}

/* ACC-16: no other status can be asked for. */
TEST(what_cannot_be_said_is_refused_and_changes_nothing)
{
	static const struct {
		const char *payload, *type;
	} rows[] = {
		{ "{\"status\":\"revoked\"}", "malformed" },
		{ "{\"status\":\"\"}", "malformed" },
		{ "{\"status\":\"Deactivated\"}", "malformed" },
		{ "{\"status\":true}", "malformed" },
		{ "{\"contact\":[\"tel:1\"]}", "unsupportedContact" },
		{ "{\"contact\":[\"x\"]}", "invalidContact" },
		{ "{\"status\":\"deactivated\",\"contact\":[\"tel:1\"]}",
		    "unsupportedContact" },
		{ "{\"contact\":[\"mailto:a@b.example\"],\"status\":\"gone\"}",
		    "malformed" },
		{ "[]", "malformed" },
		{ "0", "malformed" },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	size_t events = fake_events(w, NULL);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!fake_problem(w, post_own(c, rows[i].payload), 400,
		        rows[i].type))
			fail_msg("%s", rows[i].payload);
	assert_int_equal(fake_events(w, NULL), events);
	assert_null(fake_json(w, post_own(c, ""), "contact"));
}

/* ACC-16, ACC-17, PAG-06: whatever it signs, and for good. */
TEST(s7_3_6_once_deactivated_its_key_opens_nothing)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	const char *cert = fake_issue(c, "b.example");
	const struct {
		const char *path, *payload;
	} rows[] = {
		{ fake_path(c->kid), "" },
		{ fake_path(c->kid), "{\"status\":\"deactivated\"}" },
		{ fake_path(c->kid), "{\"status\":\"valid\"}" },
		{ "/acme/new-order",
		    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"x\"}]}" },
		{ o.path, "" },
		{ o.finalize, "{\"csr\":\"AAAA\"}" },
		{ o.authz[0], "" },
		{ o.authz[0], "{\"status\":\"deactivated\"}" },
		{ o.http01[0], "{}" },
		{ cert, "" },
		{ "/acme/revoke-cert", "{\"certificate\":\"AAAA\"}" },
		{ "/acme/directory", "" },
	};
	struct fake_reply *r;
	unsigned looks;

	r = post_own(c, "{\"status\":\"deactivated\"}");
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "status"), "deactivated");
	looks = w->network.looks;
	for (int restarted = 0; restarted < 2; restarted++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (!fake_problem(w,
			        fake_post(c, rows[i].path, rows[i].payload),
			        401, "unauthorized"))
				fail_msg("%s %s", rows[i].path,
				    rows[i].payload);
		fake_ca_restart(w);
	}
	assert_int_equal(w->network.looks, looks);
	assert_int_equal(fake_events(w, "account.deactivated"), 1);
}

TEST(changes_at_once_all_happen_one_after_the_other)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_path(c->kid);
	struct fake_reply *a, *b, *d, *late;

	a = fake_post_begin(c, path, "{\"contact\":[\"mailto:a@b.example\"]}");
	b = fake_post_begin(c, path, "{\"contact\":[\"mailto:b@b.example\"]}");
	d = fake_post_begin(c, path, "{\"status\":\"deactivated\"}");
	late = fake_post_begin(c, path, "{\"status\":\"deactivated\"}");
	fake_wait(w, a);
	fake_wait(w, b);
	fake_wait(w, d);
	fake_wait(w, late);
	/* Whichever came first; but the account is deactivated once. */
	assert_int_equal((d->status == 200) + (late->status == 200), 1);
	assert_int_equal(fake_events(w, "account.deactivated"), 1);
	for (int i = 0; i < 2; i++) {
		struct fake_reply *r = i == 0 ? a : b;

		assert_true(r->status == 200 ||
		            fake_problem(w, r, 401, "unauthorized"));
	}
}

TEST(an_order_at_once_with_deactivation_is_not_left_behind)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *d, *o;

	d = fake_post_begin(c, fake_path(c->kid),
	    "{\"status\":\"deactivated\"}");
	o = fake_post_begin(c, "/acme/new-order",
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}]}");
	fake_wait(w, d);
	fake_wait(w, o);
	assert_int_equal(d->status, 200);
	assert_true(fake_problem(w, o, 401, "unauthorized"));
	assert_int_equal(fake_events(w, "order.created"), 0);
}

/* ACC-21, PAG-06: suspended by the CA. */
TEST(an_account_that_the_ca_revoked_is_refused_otherwise)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct batch *b = batch_new(w->arena);
	struct snap *s = snap_open(w->store);
	struct account *acct;
	struct id id;

	assert_true(id_parse(strrchr(c->kid, '/') + 1, &id));
	acct = snap_account(s, w->arena, id);
	snap_close(s);
	acct->status = ACCOUNT_REVOKED;
	batch_put_account(b, acct);
	fake_commit(w, b);
	assert_true(fake_problem(w, post_own(c, ""), 403, "unauthorized"));
	assert_true(fake_problem(w, fake_post_jwk(c, "/acme/new-account", "{}"),
	    403, "unauthorized"));
}

TEST(a_full_store_still_deactivates_but_takes_no_contacts)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	fake_store_full(w, true);
	assert_true(fake_problem(w,
	    fake_post(c, fake_path(c->kid),
	        "{\"contact\":[\"mailto:a@a.example\"]}"),
	    503, "serverInternal"));
	assert_int_equal(fake_post(c, fake_path(c->kid),
	                     "{\"status\":\"deactivated\"}")
	                     ->status,
	    200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_3_it_is_shown_to_its_owner),
		CA_CASE(somebody_else_s_looks_like_none),
		CA_CASE(s7_3_2_contacts_are_replaced_as_a_whole),
		CA_CASE(what_says_nothing_changes_nothing),
		CA_CASE(what_cannot_be_said_is_refused_and_changes_nothing),
		CA_CASE(s7_3_6_once_deactivated_its_key_opens_nothing),
		CA_CASE(changes_at_once_all_happen_one_after_the_other),
		CA_CASE(an_order_at_once_with_deactivation_is_not_left_behind),
		CA_CASE(an_account_that_the_ca_revoked_is_refused_otherwise),
		CA_CASE(a_full_store_still_deactivates_but_takes_no_contacts),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
