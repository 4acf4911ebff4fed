/* What every reply has, from the first to the last of a certificate's life. */
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

/* 6.5, 6.5.1, 6.7: to a POST, whatever came of it. */
static void
check_reply(struct fake_ca *w, const struct fake_reply *r, int status)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *nonce = fake_header(r, "Replay-Nonce"),
	           *type = fake_header(r, "Content-Type");
	bool problem =
	    type != NULL && strcmp(type, "application/problem+json") == 0;

	if (r->status != status)
		fail_msg("%d, not %d: %s", r->status, status, r->body);
	assert_int_equal(fake_headers(r, "Replay-Nonce"), 1);
	assert_int_equal(nonce[strspn(nonce, alphabet)], '\0');
	assert_true(strlen(nonce) >= 22); /* 128 bits */
	assert_string_equal(fake_header(r, "Cache-Control"), "no-store");
	assert_int_equal(problem, status >= 400);
	if (problem)
		assert_string_equal(fake_json(w, r, "status"),
		    arena_printf(w->arena, "%d", status));
}

/* ERR-09, NON-04, NON-07, BLD-02, BLD-05, QRK-22, QRK-36, QRK-47. */
TEST(s6_5_whatever_succeeds_brings_one_nonce)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct fake_reply *r = fake_post(c, "/acme/new-account", "{}");
	struct fake_order o;
	const char *cert;

	check_reply(w, r, 201);
	c->kid = fake_header(r, "Location");
	check_reply(w, fake_post_jwk(c, "/acme/new-account", "{}"), 200);
	check_reply(w, fake_post(c, "/acme/directory", ""), 200);
	check_reply(w, fake_post(c, "/acme/new-nonce", ""), 200);
	check_reply(w, fake_post(c, fake_path(c->kid), "{}"), 200);
	o = fake_order(c, "a.example");
	check_reply(w, o.reply, 201);
	check_reply(w, fake_post(c, o.authz[0], ""), 200);
	check_reply(w, fake_post(c, o.http01[0], "{}"), 200);
	assert_true(fake_becomes(c, o.path, "ready"));
	check_reply(w, fake_post(c, o.finalize, fake_csr(c, "a.example")), 200);
	cert = fake_path(fake_json(w, fake_post(c, o.path, ""), "certificate"));
	check_reply(w, fake_post(c, cert, ""), 200);
	check_reply(w,
	    fake_post(c, "/acme/revoke-cert",
	        arena_printf(w->arena, "%s}", fake_revocation(c, cert))),
	    200);
	check_reply(w,
	    fake_post(c, fake_path(c->kid), "{\"status\":\"deactivated\"}"),
	    200);
}

/* ERR-09, NON-05, NON-07, QRK-30, QRK-46, QRK-63, ERR-01. */
TEST(s6_5_whatever_is_refused_brings_one_nonce_too)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *gone = fake_client_new(w);
	const char *account = fake_path(c->kid);
	struct fake_order o = fake_order(c, "a.example");

	(void)fake_post(gone, fake_path(gone->kid),
	    "{\"status\":\"deactivated\"}");
	check_reply(w, fake_post(gone, "/acme/directory", ""), 401);
	check_reply(w, fake_send(w, account, "{"), 400);
	check_reply(w, fake_post(c, "/acme/new-order", "{}"), 400);
	check_reply(w, fake_post(c, o.finalize, fake_csr(c, "a.example")), 403);
	check_reply(w, fake_post(c, "/acme/nowhere", ""), 404);
	check_reply(w, fake_send(w, "/acme/p/nowhere/directory", "{}"), 404);
	check_reply(w,
	    fake_ask(w, &(struct fake_ask){ .path = account,
	                    .type = "application/json",
	                    .body = "{}" }),
	    415);
	check_reply(w,
	    fake_ask(w,
	        &(struct fake_ask){
	            .path = account, .host = "evil.example", .body = "{}" }),
	    421);
	fake_store_full(w, true);
	check_reply(w,
	    fake_post(c, "/acme/new-order",
	        "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"b.example\"}]"
	        "}"),
	    503);
}

/* PAG-01, PAG-08: and fetching leaves no trace. */
TEST(s6_3_what_is_there_can_be_fetched)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *cert = fake_issue(c, "a.example");
	struct fake_order o = fake_order(c, "b.example");
	const char *account = fake_path(c->kid);
	const char *const paths[] = { "/acme/directory", "/acme/new-nonce",
		account, arena_printf(w->arena, "%s/orders", account), o.path,
		o.authz[0], o.http01[0], cert };
	size_t events = fake_events(w, NULL);

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct fake_reply *first = fake_post(c, paths[i], ""),
		                  *again = fake_post(c, paths[i], "");

		assert_int_equal(first->status, 200);
		assert_string_equal(first->body, again->body);
	}
	assert_int_equal(fake_events(w, NULL), events);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s6_5_whatever_succeeds_brings_one_nonce),
		CA_CASE(s6_5_whatever_is_refused_brings_one_nonce_too),
		CA_CASE(s6_3_what_is_there_can_be_fetched),
	};

	return cmocka_run_group_tests_name("replies", tests, NULL, NULL);
}
