/* What is not ACME: pages for people, balancers and trust stores. */
#include "acme/pages.h"

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static const char *const all[] = { "/", "/terms", "/roots.pem", "/healthz",
	"/readyz", "/metrics" };
enum { PAGES = sizeof(all) / sizeof(all[0]) };

static struct fake_reply *
ask(struct fake_ca *w, const char *method, const char *path, const char *host)
{
	return fake_ask(w,
	    &(struct fake_ask){ .method = method, .path = path, .host = host });
}

TEST(each_is_fetched_by_get_and_head_from_any_host)
{
	struct fake_ca *w = *state;

	for (size_t i = 0; i < PAGES; i++) {
		assert_int_equal(fake_get(w, all[i])->status, 200);
		assert_int_equal(ask(w, "HEAD", all[i], NULL)->status, 200);
		assert_int_equal(ask(w, "GET", all[i], "10.1.2.3:99")->status,
		    200);
		assert_int_equal(fake_headers(fake_get(w, all[i]),
		                     "Replay-Nonce"),
		    0);
	}
}

TEST(our_page_of_terms_leads_to_those_of_the_operator)
{
	struct fake_ca *w = *state;

	assert_non_null(strstr(fake_get(w, "/terms")->body, "no terms"));
	w->config.terms_url = "https://ops.example/terms?a&b";
	assert_null(strstr(fake_get(w, "/terms")->body, "no terms"));
	assert_non_null(strstr(fake_get(w, "/terms")->body,
	    "href=\"https://ops.example/terms?a&amp;b\""));
}

TEST(nothing_can_be_posted_to_them)
{
	struct fake_ca *w = *state;

	for (size_t i = 0; i < PAGES; i++) {
		struct fake_reply *r = ask(w, "POST", all[i], NULL);

		assert_true(fake_problem(w, r, 405, "malformed"));
		assert_string_equal(fake_header(r, "Allow"), "GET, HEAD");
	}
}

/* HTTP-24: / is for people, and not the directory. */
TEST(the_roots_are_the_root_and_the_welcome_says_how_to_begin)
{
	struct fake_ca *w = *state;
	struct fake_reply *r = fake_get(w, "/roots.pem");

	assert_string_equal(r->body, w->config.root_pem);
	r = fake_get(w, "/");
	assert_non_null(strstr(r->body, w->config.directory_url));
	assert_non_null(strstr(r->body, w->config.root_fingerprint));
	assert_non_null(strstr(r->body, "certbot"));
	assert_null(strstr(r->body, "--eab-kid"));
	w->config.eab_required = true;
	assert_non_null(strstr(fake_get(w, "/")->body, "--eab-kid"));
	assert_string_equal(fake_header(r, "Content-Type"),
	    "text/html; charset=utf-8");
	assert_non_null(strstr(fake_header(r, "Content-Security-Policy"),
	    "default-src 'none'"));
}

/* HTTP-23: not ready is told with when to come back. */
TEST(ready_means_that_the_keeper_answers)
{
	struct fake_ca *w = *state;
	struct fake_reply *r = fake_get(w, "/readyz");

	assert_int_equal(r->status, 200);
	assert_non_null(strstr(r->body, "keeper ok"));
	w->keeper_silent = true;
	r = fake_get(w, "/readyz");
	assert_int_equal(r->status, 503);
	assert_non_null(strstr(r->body, "keeper does not answer"));
	assert_non_null(strstr(r->body, "store ok"));
	assert_int_equal(fake_get(w, "/healthz")->status, 200);
}

TEST(who_does_not_wait_for_readiness_is_forgotten)
{
	struct fake_ca *w = *state;
	struct fake_reply *r = fake_ask_begin(w,
	    &(struct fake_ask){ .method = "GET", .path = "/readyz" });

	fake_hang_up(r);
	for (int i = 0; i < 1000 && !r->dropped; i++)
		fake_ca_run(w, 1, NULL);
	assert_true(r->dropped);
}

/* HTTP-01: nothing that is ACME's is done over plain HTTP. */
TEST(s6_1_over_plain_http_there_is_no_acme)
{
	static const char *const paths[] = { "/acme/directory",
		"/acme/new-nonce", "/acme/new-account", "/x" };
	struct fake_ca *w = *state;

	for (size_t i = 0; i < 4; i++) {
		struct fake_reply *r = fake_ask(w,
		    &(struct fake_ask){
		        .method = "GET", .path = paths[i], .plain = true });

		assert_true(fake_problem(w, r, 404, "malformed"));
		r = fake_ask(w,
		    &(struct fake_ask){ .path = paths[i], .plain = true });
		assert_true(fake_problem(w, r, 404, "malformed"));
	}
	assert_int_equal(fake_ask(w, &(struct fake_ask){ .method = "GET",
	                                 .path = "/roots.pem",
	                                 .plain = true })
	                     ->status,
	    200);
}

TEST(the_metrics_count_what_there_is)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;

	(void)fake_issue(c, "a.example");
	r = fake_get(w, "/metrics");
	assert_non_null(strstr(r->body, "\nmayfly_accounts 1\n"));
	assert_non_null(strstr(r->body, "\nmayfly_orders 1\n"));
	assert_non_null(strstr(r->body, "\nmayfly_certificates 1\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(each_is_fetched_by_get_and_head_from_any_host),
		CA_CASE(our_page_of_terms_leads_to_those_of_the_operator),
		CA_CASE(nothing_can_be_posted_to_them),
		CA_CASE(
		    the_roots_are_the_root_and_the_welcome_says_how_to_begin),
		CA_CASE(ready_means_that_the_keeper_answers),
		CA_CASE(who_does_not_wait_for_readiness_is_forgotten),
		CA_CASE(s6_1_over_plain_http_there_is_no_acme),
		CA_CASE(the_metrics_count_what_there_is),
	};

	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
