/* The directory (RFC 8555, 7.1.1; DESIGN 4 and 7; CONFORMANCE DIR). */
#include <stdio.h>

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static struct fake_reply *
get_at(struct fake_ca *w, const char *host, const char *path)
{
	return fake_ask(w,
	    &(struct fake_ask){ .method = "GET", .path = path, .host = host });
}

/* DIR-01, DIR-02, DIR-03, DIR-11, DIR-12, NON-17, DIR-04, BLD-24. */
TEST(s7_1_1_it_names_what_there_is_and_nothing_else)
{
	static const char *const there[] = { "newNonce", "newAccount",
		"newOrder", "newAuthz", "revokeCert", "keyChange" };
	struct fake_ca *w = *state;
	struct fake_reply *r = fake_get(w, "/acme/directory");

	assert_int_equal(r->status, 200);
	assert_string_equal(fake_header(r, "Content-Type"), "application/json");
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		const char *url = fake_json(w, r, there[i]);
		struct fake_reply *at;

		assert_non_null(url);
		at = fake_send(w, fake_path(url), "{}");
		assert_true(fake_problem(w, at, 400, "malformed"));
	}
	/* What is appended to it begins with a slash (RFC 9773, 4.1). */
	assert_string_equal(fake_path(fake_json(w, r, "renewalInfo")),
	    "/acme/renewal-info");
	assert_null(strstr(r->body, "\\/")); /* DIR-11 */
	assert_int_equal(fake_headers(r, "Replay-Nonce"), 0);
}

/* Nothing in meta but what is registered, or drafted, and of its type. */
static void
check_members(struct fake_ca *w, const struct fake_reply *r)
{
	static const struct {
		const char *name, *begins;
	} known[] = {
		{ "meta.termsOfService", "https://" },
		{ "meta.website", "https://" },
		{ "meta.caaIdentities", "[" },
		{ "meta.externalAccountRequired", "true" },
		{ "meta.profiles", "{" },
		{ "meta.subdomainAuthAllowed", "true" },
	};
	size_t found = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *is = fake_json(w, r, known[i].name);

		if (is == NULL)
			continue;
		found++;
		assert_int_equal(strncmp(is, known[i].begins,
		                     strlen(known[i].begins)),
		    0);
	}
	assert_int_equal(found, fake_json_count(w, r, "meta"));
}

/* PRO-01, DIR-05, DIR-06, QRK-50, QRK-31. */
TEST(meta_is_always_there_with_terms_website_and_profiles)
{
	static const char *const caa[] = { "ca.example" };
	struct fake_ca *w = *state;
	struct fake_reply *r = fake_get(w, "/acme/directory"), *page;

	page = fake_get(w, fake_path(fake_json(w, r, "meta.termsOfService")));
	assert_int_equal(page->status, 200);
	page = fake_get(w, fake_path(fake_json(w, r, "meta.website")));
	assert_int_equal(page->status, 200);
	assert_non_null(fake_json(w, r, "meta.profiles.tenminutes"));
	assert_non_null(fake_json(w, r, "meta.profiles.hour"));
	assert_null(fake_json(w, r, "meta.profiles.serving"));
	assert_null(fake_json(w, r, "meta.caaIdentities"));
	assert_null(fake_json(w, r, "meta.externalAccountRequired"));
	check_members(w, r);

	w->config.terms_url = "https://ops.example/terms";
	w->config.website = "https://ops.example/";
	w->config.caa_identities = caa;
	w->config.n_caa_identities = 1;
	r = fake_get(w, "/acme/directory");
	assert_string_equal(fake_json(w, r, "meta.termsOfService"),
	    "https://ops.example/terms");
	assert_string_equal(fake_json(w, r, "meta.website"),
	    "https://ops.example/");
	assert_string_equal(fake_json(w, r, "meta.caaIdentities.0"),
	    "ca.example");
	check_members(w, r);
}

/* DIR-08: what is told is what is done. */
TEST(s7_3_4_an_external_account_is_asked_for_when_it_is_required)
{
	struct fake_ca *w = *state;

	for (int required = 0; required < 2; required++) {
		struct fake_client *c = fake_client_bare(w);
		struct fake_reply *r;

		w->config.eab_required = required != 0;
		r = fake_get(w, "/acme/directory");
		assert_int_equal(fake_json(w, r,
		                     "meta.externalAccountRequired") != NULL,
		    required);
		check_members(w, r);
		r = fake_post(c, "/acme/new-account", "{}");
		if (required == 0)
			assert_int_equal(r->status, 201);
		else
			assert_true(fake_problem(w, r, 403,
			    "externalAccountRequired"));
	}
}

/* DIR-13. */
TEST(a_profile_s_own_directory_differs_in_new_order_alone)
{
	struct fake_ca *w = *state;
	struct fake_reply *all = fake_get(w, "/acme/directory"),
	                  *own = fake_get(w, "/acme/p/hour/directory");

	assert_int_equal(own->status, 200);
	assert_string_equal(fake_path(fake_json(w, own, "newOrder")),
	    "/acme/p/hour/new-order");
	assert_string_equal(fake_path(fake_json(w, all, "newOrder")),
	    "/acme/new-order");
	assert_string_equal(fake_json(w, own, "newAccount"),
	    fake_json(w, all, "newAccount"));
	assert_string_equal(fake_json(w, own, "newNonce"),
	    fake_json(w, all, "newNonce"));
	assert_string_equal(fake_json(w, own, "meta"),
	    fake_json(w, all, "meta"));
	assert_true(fake_problem(w, fake_get(w, "/acme/p/none/directory"), 404,
	    "malformed"));
	assert_true(fake_problem(w, fake_get(w, "/acme/p/serving/directory"),
	    404, "malformed"));
}

/* HTTP-17, QRK-08: the Host of a request counts if it is one of ours. */
TEST(urls_have_the_authority_that_was_asked_for_if_it_is_ours)
{
	struct fake_ca *w = *state;
	struct fake_reply *r = get_at(w, "CA.test:14000", "/acme/directory");

	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "newOrder"),
	    "https://ca.test:14000/acme/new-order");
	assert_null(fake_link(w, r, "index")); /* it is the index */
	assert_string_equal(fake_link(w, get_at(w, "ca.test:14000", "/x"),
	                        "index"),
	    "https://ca.test:14000/acme/directory");
	r = get_at(w, "evil.example", "/acme/directory");
	assert_true(fake_problem(w, r, 421, "malformed"));
	assert_non_null(strstr(fake_json(w, r, "detail"), "ca.test"));
	assert_null(strstr(r->body, "https://evil.example"));
	assert_string_equal(fake_link(w, r, "index"), w->config.directory_url);
}

/* It is made once, but no other's and no former one is shown. */
TEST(each_authority_has_its_own_and_a_new_configuration_a_new_one)
{
	struct fake_ca *w = *state;
	struct acme_config other;
	const char *body;

	for (int i = 0; i < 24; i++) {
		char host[32], url[64];
		struct fake_reply *r;

		(void)snprintf(host, sizeof(host), "ca.test:%d", 1 + i % 6);
		(void)snprintf(url, sizeof(url), "https://%s/acme/%snew-order",
		    host, i % 4 == 0 ? "p/hour/" : "");
		r = get_at(w, host,
		    i % 4 == 0 ? "/acme/p/hour/directory" : "/acme/directory");
		assert_string_equal(fake_json(w, r, "newOrder"), url);
	}
	body = fake_get(w, "/acme/directory")->body;
	assert_string_equal(fake_get(w, "/acme/directory")->body, body);

	other = w->config;
	other.refs = 1;
	other.website = "https://other.example/";
	acme_configure(w->ca, &other);
	assert_string_equal(fake_json(w, fake_get(w, "/acme/directory"),
	                        "meta.website"),
	    "https://other.example/");
	acme_configure(w->ca, &w->config);
	assert_string_equal(fake_get(w, "/acme/directory")->body, body);
}

/* DIR-01. */
TEST(s6_3_it_can_be_fetched_by_post_by_whoever_signs)
{
	struct fake_ca *w = *state;
	struct fake_client *known = fake_client_new(w),
	                   *stranger = fake_client_bare(w);

	assert_int_equal(fake_post(known, "/acme/directory", "")->status, 200);
	assert_int_equal(fake_post(stranger, "/acme/directory", "")->status,
	    200);
	assert_int_equal(fake_post(known, "/acme/p/hour/directory", "")->status,
	    200);
	assert_true(fake_problem(w, fake_post(known, "/acme/directory", "{}"),
	    400, "malformed"));
}

/* DIR-09, BLD-01: a member that no client can know, if that is wanted. */
TEST(a_random_member_is_there_when_it_is_switched_on)
{
	struct fake_ca *w = *state;
	struct fake_reply *r = fake_get(w, "/acme/directory"), *s;
	size_t usual = fake_json_count(w, r, "");

	w->config.directory_random = true;
	r = fake_get(w, "/acme/directory");
	s = fake_get(w, "/acme/directory");
	assert_int_equal(fake_json_count(w, r, ""), usual + 1);
	assert_string_not_equal(r->body, s->body);
	assert_non_null(fake_json(w, r, "newOrder"));
}

/* BLD-04, QRK-60. */
TEST(head_is_get_and_other_methods_are_told_what_there_is)
{
	struct fake_ca *w = *state;
	struct fake_reply *r = fake_ask(w,
	    &(struct fake_ask){ .method = "HEAD", .path = "/acme/directory" });

	assert_int_equal(r->status, 200);
	r = fake_ask(w, &(struct fake_ask){
	                    .method = "DELETE", .path = "/acme/directory" });
	assert_true(fake_problem(w, r, 405, "malformed"));
	assert_string_equal(fake_header(r, "Allow"), "GET, HEAD, POST");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_1_1_it_names_what_there_is_and_nothing_else),
		CA_CASE(meta_is_always_there_with_terms_website_and_profiles),
		CA_CASE(
		    s7_3_4_an_external_account_is_asked_for_when_it_is_required),
		CA_CASE(a_profile_s_own_directory_differs_in_new_order_alone),
		CA_CASE(
		    urls_have_the_authority_that_was_asked_for_if_it_is_ours),
		CA_CASE(
		    each_authority_has_its_own_and_a_new_configuration_a_new_one),
		CA_CASE(s6_3_it_can_be_fetched_by_post_by_whoever_signs),
		CA_CASE(a_random_member_is_there_when_it_is_switched_on),
		CA_CASE(head_is_get_and_other_methods_are_told_what_there_is),
	};

	return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
