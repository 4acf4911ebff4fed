/* newNonce (RFC 8555, 7.2; CONFORMANCE NON). */
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static struct fake_reply *
ask(struct fake_ca *w, const char *method)
{
	return fake_ask(w,
	    &(struct fake_ask){ .method = method, .path = "/acme/new-nonce" });
}

/* NON-01, NON-02, NON-07, QRK-09, QRK-52. */
TEST(s7_2_head_gives_200_get_gives_204_and_both_a_nonce)
{
	static const struct {
		const char *method;
		int status;
	} rows[] = { { "HEAD", 200 }, { "GET", 204 } };
	struct fake_ca *w = *state;

	for (size_t i = 0; i < 2; i++) {
		struct fake_reply *r = ask(w, rows[i].method);

		assert_int_equal(r->status, rows[i].status);
		assert_int_equal(r->body_len, 0);
		assert_int_equal(fake_headers(r, "Replay-Nonce"), 1);
		assert_string_equal(fake_header(r, "Cache-Control"),
		    "no-store");
		assert_null(fake_header(r, "Content-Type"));
	}
	assert_string_not_equal(fake_header(ask(w, "GET"), "Replay-Nonce"),
	    fake_header(ask(w, "GET"), "Replay-Nonce"));
}

static struct fake_reply *
directory_with(struct fake_client *c, const char *nonce)
{
	struct arena *a = c->w->arena;

	return fake_send(c->w, "/acme/directory",
	    fake_signer_frame(c->signer,
	        arena_printf(a, "\"kid\":\"%s\"", c->kid), nonce,
	        "https://ca.test:8443/acme/directory", "", a));
}

/* NON-06, NON-09, QRK-20, QRK-51. */
TEST(each_nonce_given_is_good_once)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *nonce = fake_header(ask(w, "HEAD"), "Replay-Nonce");
	struct fake_reply *r;

	r = directory_with(c, nonce);
	assert_int_equal(r->status, 200);
	assert_true(fake_problem(w, directory_with(c, nonce), 400, "badNonce"));
	/* NON-06: the refusal brings one that will do. */
	r = directory_with(c, nonce);
	r = directory_with(c, fake_header(r, "Replay-Nonce"));
	assert_int_equal(r->status, 200);
}

/* NON-03. */
TEST(s6_3_post_as_get_gives_one_too)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	assert_int_equal(fake_post(c, "/acme/new-nonce", "")->status, 200);
	assert_true(fake_problem(w, fake_post(c, "/acme/new-nonce", "{}"), 400,
	    "malformed"));
}

/* NON-14. */
TEST(a_nonce_from_before_a_restart_is_refused_once_and_then_all_is_well)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *old = fake_nonce(w);
	struct fake_reply *r;

	fake_ca_restart(w);
	r = directory_with(c, old);
	assert_true(fake_problem(w, r, 400, "badNonce"));
	r = directory_with(c, fake_header(r, "Replay-Nonce"));
	assert_int_equal(r->status, 200);
}

TEST(other_methods_are_refused)
{
	struct fake_ca *w = *state;
	struct fake_reply *r = ask(w, "PUT");

	assert_true(fake_problem(w, r, 405, "malformed"));
	assert_non_null(strstr(fake_header(r, "Allow"), "HEAD"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_2_head_gives_200_get_gives_204_and_both_a_nonce),
		CA_CASE(each_nonce_given_is_good_once),
		CA_CASE(s6_3_post_as_get_gives_one_too),
		CA_CASE(
		    a_nonce_from_before_a_restart_is_refused_once_and_then_all_is_well),
		CA_CASE(other_methods_are_refused),
	};

	return cmocka_run_group_tests_name("new_nonce", tests, NULL, NULL);
}
