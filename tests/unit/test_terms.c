/* Terms that change (RFC 8555, 7.3.3; CONFORMANCE ACC-18). */
#include "acme/terms.h"

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

#define ORDER "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}]}"
#define TERMS "https://ops.example/terms?v=2&lang=\"en\""

static void
change_terms(struct fake_ca *w, const char *url)
{
	w->config.terms_required = true;
	w->config.terms_url = url;
}

/* The page that a refusal sends people to: its path and query. */
static const char *
page_of(struct fake_client *c)
{
	struct fake_reply *r = fake_post(c, "/acme/new-order", ORDER);

	assert_true(fake_problem(c->w, r, 403, "userActionRequired"));
	return fake_path(fake_json(c->w, r, "instance"));
}

static struct fake_reply *
ask(struct fake_ca *w, const char *method, const char *path)
{
	return fake_ask(w, &(struct fake_ask){ .method = method,
	                       .path = path,
	                       .type = "application/x-www-form-urlencoded" });
}

/* ACC-18: blocked, told what to read and where to agree, then served. */
TEST(s7_3_3_whoever_has_not_agreed_is_sent_to_where_he_can)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order before = fake_order(c, "b.example");
	struct fake_reply *r;
	const char *page;

	fake_prove(c, &before);
	change_terms(w, TERMS);
	r = fake_post(c, "/acme/new-order", ORDER);
	assert_true(fake_problem(w, r, 403, "userActionRequired"));
	assert_string_equal(fake_link(w, r, "terms-of-service"), TERMS);
	page = fake_path(fake_json(w, r, "instance"));
	r = fake_post(c, "/acme/new-authz",
	    "{\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"}}");
	assert_true(fake_problem(w, r, 403, "userActionRequired"));
	r = fake_post(c, before.finalize, fake_csr(c, "b.example"));
	assert_true(fake_problem(w, r, 403, "userActionRequired"));
	assert_string_equal(fake_path(fake_json(w, r, "instance")), page);
	/* It is told of itself all the same. */
	assert_int_equal(fake_post(c, fake_path(c->kid), "")->status, 200);

	r = ask(w, "GET", page);
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_header(r, "Content-Type"),
	    "text/html; charset=utf-8");
	assert_string_equal(fake_header(r, "Cache-Control"), "no-store");
	assert_string_equal(fake_header(r, "Referrer-Policy"), "no-referrer");
	assert_non_null(strstr(r->body, "<form method=\"post\">"));
	assert_non_null(strstr(r->body,
	    "\"https://ops.example/terms?v=2&amp;lang=&quot;en&quot;\""));
	/* To look is not to agree. */
	(void)page_of(c);
	assert_int_equal(ask(w, "HEAD", page)->status, 200);
	(void)page_of(c);

	for (int i = 0; i < 2; i++) /* twice is as good as once */
		assert_int_equal(ask(w, "POST", page)->status, 200);
	assert_int_equal(fake_events(w, "account.terms_agreed"), 1);
	r = ask(w, "GET", page);
	assert_null(strstr(r->body, "<form"));
	(void)fake_order(c, "a.example");
	r = fake_post(c, before.finalize, fake_csr(c, "b.example"));
	assert_int_equal(r->status, 200);
}

/* ACC-18: it is what they agreed to that counts, across a restart, too. */
TEST(agreeing_to_some_terms_is_not_agreeing_to_others)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w); /* to our own page's */
	const char *first, *second;

	change_terms(w, NULL);
	(void)fake_order(c, "a.example");
	change_terms(w, "https://ops.example/1");
	first = page_of(c);
	fake_ca_restart(w);
	assert_string_equal(page_of(c), first);
	assert_int_equal(ask(w, "POST", first)->status, 200);
	fake_ca_restart(w);
	(void)fake_order(c, "a.example");
	change_terms(w, "https://ops.example/2");
	second = page_of(c);
	assert_string_not_equal(first, second);
	/* The old address agrees to nothing any more. */
	assert_int_equal(ask(w, "POST", first)->status, 404);
	(void)page_of(c);
	w->config.terms_required = false;
	(void)fake_order(c, "a.example");
}

TEST(who_never_agreed_has_to_as_well)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);

	c->kid = fake_header(fake_post_jwk(c, "/acme/new-account", "{}"),
	    "Location");
	(void)fake_order(c, "a.example");
	change_terms(w, NULL);
	assert_int_equal(ask(w, "POST", page_of(c))->status, 200);
	assert_string_equal(fake_json(w, fake_post(c, fake_path(c->kid), ""),
	                        "termsOfServiceAgreed"),
	    "true");
	(void)fake_order(c, "a.example");
}

/* ACC-18: nobody agrees for somebody else. */
TEST(pages_cannot_be_guessed)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	const char *mine, *theirs, *mixed;
	char *bent;

	change_terms(w, TERMS);
	mine = page_of(c);
	theirs = page_of(other);
	bent = arena_text(w->arena, mine);
	bent[strlen(bent) - 3] = bent[strlen(bent) - 3] == 'A' ? 'B' : 'A';
	mixed = arena_printf(w->arena, "%.*s%s",
	    (int)(strchr(mine, '.') - mine), mine, strchr(theirs, '.'));
	const char *const bad[] = { bent, mixed, "/terms/agree",
		"/terms/agree?", "/terms/agree?x",
		arena_printf(w->arena, "%sA", mine),
		arena_printf(w->arena, "%.*s", (int)(strchr(mine, '.') - mine),
		    mine) };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ask(w, "GET", bad[i])->status, 404);
		assert_int_equal(ask(w, "POST", bad[i])->status, 404);
	}
	(void)page_of(c);
	assert_int_equal(fake_events(w, "account.terms_agreed"), 0);
	(void)fake_post(c, fake_path(c->kid), "{\"status\":\"deactivated\"}");
	assert_int_equal(ask(w, "POST", mine)->status, 404);
}

TEST(the_page_is_fetched_and_posted_to_over_tls_only)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;
	const char *page;

	change_terms(w, TERMS);
	page = page_of(c);
	r = ask(w, "DELETE", page);
	assert_true(fake_problem(w, r, 405, "malformed"));
	assert_string_equal(fake_header(r, "Allow"), "GET, HEAD, POST");
	r = fake_ask(w, &(struct fake_ask){
	                    .method = "POST", .path = page, .plain = true });
	assert_true(fake_problem(w, r, 404, "malformed"));
	(void)page_of(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_3_3_whoever_has_not_agreed_is_sent_to_where_he_can),
		CA_CASE(agreeing_to_some_terms_is_not_agreeing_to_others),
		CA_CASE(who_never_agreed_has_to_as_well),
		CA_CASE(pages_cannot_be_guessed),
		CA_CASE(the_page_is_fetched_and_posted_to_over_tls_only),
	};

	return cmocka_run_group_tests_name("terms", tests, NULL, NULL);
}
