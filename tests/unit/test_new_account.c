/* newAccount (RFC 8555, 7.3, 7.3.1 and 7.3.6; CONFORMANCE ACC). */
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

#define PATH "/acme/new-account"

/* QRK-23, ACC-01, ACC-05, ACC-06, ACC-07, ACC-09, ACC-19, ACC-22. */
TEST(s7_3_an_unknown_key_makes_an_account)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct fake_reply *r = fake_post(c, PATH,
	    "{\"termsOfServiceAgreed\":true,\"contact\":[\"mailto:a@b."
	    "example\","
	    "\"mailto:c@d.example\"],\"orders\":\"x\",\"status\":\"revoked\","
	    "\"onlyReturnExisting\":false,\"unknown\":{\"a\":[1]}}");
	const char *url = fake_header(r, "Location");

	assert_int_equal(r->status, 201);
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_string_equal(fake_json(w, r, "contact.0"), "mailto:a@b.example");
	assert_string_equal(fake_json(w, r, "contact.1"), "mailto:c@d.example");
	assert_string_equal(fake_json(w, r, "termsOfServiceAgreed"), "true");
	assert_string_equal(fake_json(w, r, "orders"),
	    arena_printf(w->arena, "%s/orders", url));
	assert_null(fake_json(w, r, "onlyReturnExisting"));
	assert_null(fake_json(w, r, "unknown"));
	assert_null(fake_json(w, r, "key"));
	assert_null(fake_json(w, r, "createdAt"));
	assert_null(fake_json(w, r, "initialIp"));
	assert_null(strchr(url, '='));
	assert_non_null(fake_link(w, r, "terms-of-service"));
	assert_int_equal(fake_events(w, "account.created"), 1);
	c->kid = url;
	assert_int_equal(fake_post(c, fake_path(url), "")->status, 200);
}

/* ACC-02: and nothing of what is said is done. */
TEST(s7_3_1_a_known_key_finds_its_account_whatever_else_is_said)
{
	static const char *const payloads[] = { "{}",
		"{\"onlyReturnExisting\":true}",
		"{\"contact\":[\"mailto:other@b.example\"]}",
		"{\"contact\":[\"tel:1\"]}",
		"{\"termsOfServiceAgreed\":false}" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	size_t events = fake_events(w, NULL);

	w->config.terms_required = true;
	for (size_t i = 0; i < 5; i++) {
		struct fake_reply *r = fake_post_jwk(c, PATH, payloads[i]);

		assert_int_equal(r->status, 200);
		assert_string_equal(fake_header(r, "Location"), c->kid);
		assert_null(fake_json(w, r, "contact"));
	}
	assert_int_equal(fake_events(w, NULL), events);
	fake_ca_restart(w);
	assert_string_equal(fake_header(fake_post_jwk(c, PATH, "{}"),
	                        "Location"),
	    c->kid);
}

/* ACC-02: the same key, spelled as another client would. */
TEST(keys_are_compared_as_keys_and_not_as_text)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *jwk = fake_signer_jwk(c->signer), *x = strstr(jwk, "\"x\"");
	struct fake_reply *r = fake_send(w, PATH,
	    fake_signer_frame(c->signer,
	        arena_printf(w->arena,
	            "\"jwk\":{ \"use\":\"sig\", %.*s, \"kty\" : \"EC\", "
	            "\"crv\":\"P-256\",\"kid\":\"mine\"}",
	            (int)(strlen(x) - 1), x),
	        fake_nonce(w), "https://ca.test:8443" PATH, "{}", w->arena));

	assert_int_equal(r->status, 200);
	assert_string_equal(fake_header(r, "Location"), c->kid);
}

/* ACC-03: whatever else would be asked. */
TEST(s7_3_1_only_return_existing_makes_none)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);

	w->config.terms_required = true;
	for (int i = 0; i < 2; i++)
		assert_true(fake_problem(w,
		    fake_post(c, PATH,
		        "{\"onlyReturnExisting\":true,\"contact\":[\"tel:1\"]"
		        "}"),
		    400, "accountDoesNotExist"));
	assert_int_equal(fake_events(w, NULL), 0);
}

/* QRK-61, ACC-08: by a boolean that is true. */
TEST(terms_that_are_required_must_be_agreed_to)
{
	static const char *const payloads[] = { "{}",
		"{\"termsOfServiceAgreed\":false}",
		"{\"termsOfServiceAgreed\":null}" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct fake_reply *r;

	w->config.terms_required = true;
	w->config.terms_url = "https://ops.example/terms";
	for (size_t i = 0; i < 3; i++) {
		r = fake_post(c, PATH, payloads[i]);
		assert_true(fake_problem(w, r, 403, "userActionRequired"));
		assert_string_equal(fake_link(w, r, "terms-of-service"),
		    "https://ops.example/terms");
		assert_string_equal(fake_json(w, r, "instance"),
		    "https://ops.example/terms");
	}
	assert_true(fake_problem(w,
	    fake_post(c, PATH, "{\"termsOfServiceAgreed\":\"true\"}"), 400,
	    "malformed"));
	assert_int_equal(fake_events(w, NULL), 0);
	r = fake_post(c, PATH, "{\"termsOfServiceAgreed\":true}");
	assert_int_equal(r->status, 201);
}

/* ACC-10, ACC-11, ACC-08. */
TEST(what_is_wrong_with_a_payload_makes_no_account)
{
	static const struct {
		const char *payload, *type;
	} rows[] = {
		{ "{\"contact\":[\"tel:1\"]}", "unsupportedContact" },
		{ "{\"contact\":[\"mailto:x\"]}", "invalidContact" },
		{ "{\"contact\":[\"\"]}", "invalidContact" },
		{ "{\"contact\":\"mailto:a@b.example\"}", "malformed" },
		{ "{\"contact\":[1]}", "malformed" },
		{ "{\"contact\":{}}", "malformed" },
		{ "{\"contact\":[null]}", "malformed" },
		{ "{\"contact\":[\"mailto:a@b\",\"mailto:a@b\",\"mailto:a@b\","
		  "\"mailto:a@b\",\"mailto:a@b\",\"mailto:a@b\",\"mailto:a@b\","
		  "\"mailto:a@b\",\"mailto:a@b\",\"mailto:a@b\","
		  "\"mailto:a@b\"]}",
		    "malformed" },
		{ "{\"onlyReturnExisting\":\"true\"}", "malformed" },
		{ "{\"onlyReturnExisting\":1}", "malformed" },
		{ "{\"contact\":[],\"contact\":[]}", "malformed" },
		{ "[]", "malformed" },
		{ "null", "malformed" },
		{ "", "malformed" }, /* 6.3: it cannot be fetched */
		{ "{} ,", "malformed" },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!fake_problem(w, fake_post(c, PATH, rows[i].payload), 400,
		        rows[i].type))
			fail_msg("%s", rows[i].payload);
	assert_int_equal(fake_events(w, NULL), 0);
}

/* ACC-08, ACC-11: nor need terms be agreed to that are not required. */
TEST(no_contact_is_fine_in_every_spelling)
{
	static const char *const payloads[] = { "{}", "{\"contact\":[]}",
		"{\"contact\":null}" };
	struct fake_ca *w = *state;

	for (size_t i = 0; i < 3; i++) {
		struct fake_reply *r =
		    fake_post(fake_client_bare(w), PATH, payloads[i]);

		assert_int_equal(r->status, 201);
		assert_null(fake_json(w, r, "contact"));
	}
}

/* ACC-04: it never makes another account. */
TEST(s7_3_6_the_key_of_a_deactivated_account_is_spent)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	(void)fake_post(c, fake_path(c->kid), "{\"status\":\"deactivated\"}");
	assert_true(fake_problem(w, fake_post_jwk(c, PATH, "{}"), 401,
	    "unauthorized"));
	assert_true(fake_problem(w,
	    fake_post_jwk(c, PATH, "{\"onlyReturnExisting\":true}"), 401,
	    "unauthorized"));
	assert_int_equal(fake_events(w, "account.created"), 1);
}

TEST(it_wants_jwk_and_not_kid)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	assert_true(fake_problem(w, fake_post(c, PATH, "{}"), 400,
	    "malformed"));
}

/* SEC-07, ACC-20: the rest find it. */
TEST(of_two_at_once_with_one_key_one_makes_the_account)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct fake_reply *r[6];
	int made = 0;

	for (int i = 0; i < 6; i++)
		r[i] = fake_post_begin(c, PATH, "{}");
	for (int i = 0; i < 6; i++) {
		fake_wait(w, r[i]);
		made += r[i]->status == 201;
		assert_true(r[i]->status == 200 || r[i]->status == 201);
		assert_string_equal(fake_header(r[i], "Location"),
		    fake_header(r[0], "Location"));
	}
	assert_int_equal(made, 1);
	assert_int_equal(fake_events(w, "account.created"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_3_an_unknown_key_makes_an_account),
		CA_CASE(
		    s7_3_1_a_known_key_finds_its_account_whatever_else_is_said),
		CA_CASE(keys_are_compared_as_keys_and_not_as_text),
		CA_CASE(s7_3_1_only_return_existing_makes_none),
		CA_CASE(terms_that_are_required_must_be_agreed_to),
		CA_CASE(what_is_wrong_with_a_payload_makes_no_account),
		CA_CASE(no_contact_is_fine_in_every_spelling),
		CA_CASE(s7_3_6_the_key_of_a_deactivated_account_is_spent),
		CA_CASE(it_wants_jwk_and_not_kid),
		CA_CASE(of_two_at_once_with_one_key_one_makes_the_account),
	};

	return cmocka_run_group_tests_name("new_account", tests, NULL, NULL);
}
