/* Who says so, and is it said to us (RFC 8555, 6.2 to 6.5; CONFORMANCE 4). */
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

#define BASE "https://ca.test:8443"

/* A request that is right, but for what a test takes from it. */
struct letter {
	struct fake_client *from;
	const char *path;
	/* Members of the protected header; NULL: as they ought to be. */
	const char *alg, *key, *nonce, *url;
	const char *payload; /* "" if NULL */
	const char *outer;   /* more members of the body */
	bool bad_signature, bad_json;
	struct fake_ask ask; /* what is not JWS */
};

static const char *
body_of(const struct letter *l)
{
	struct arena *a = l->from->w->arena;
	const char *header = arena_printf(a,
	    "{\"alg\":%s,%s,\"nonce\":%s,\"url\":%s}",
	    l->alg != NULL ? l->alg : "\"ES256\"",
	    l->key != NULL ? l->key
	                   : arena_printf(a, "\"kid\":\"%s\"", l->from->kid),
	    l->nonce != NULL
	        ? l->nonce
	        : arena_printf(a, "\"%s\"", fake_nonce(l->from->w)),
	    l->url != NULL ? l->url
	                   : arena_printf(a, "\"" BASE "%s\"", l->path));
	char *body = fake_signer_raw(l->from->signer, header,
	         l->payload != NULL ? l->payload : "", a),
	     *end = body + strlen(body) - 3;

	if (l->bad_signature) /* not the last character: it has spare bits */
		end[-1] = end[-1] == 'A' ? 'B' : 'A';
	if (l->bad_json)
		body[0] = '[';
	return l->outer == NULL ? body
	                        : arena_printf(a, "%.*s,%s}",
	                              (int)strlen(body) - 1, body, l->outer);
}

static struct fake_reply *
post(const struct letter *l)
{
	struct fake_ask ask = l->ask;

	ask.path = l->path;
	ask.body = body_of(l);
	return fake_ask(l->from->w, &ask);
}

/*
 * JWS-01, JWS-03, JWS-07, JWS-08, JWS-15, JWS-16, JWS-17, JWS-18:
 * cONFORMANCE 4: everything is wrong at first, and is put right in the order
 * of the checks.  Each time the first thing that is still wrong is told.
 */
TEST(the_first_check_that_fails_wins)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *gone = fake_client_new(w);
	const char *spent = fake_nonce(w),
	           *missing = "/acme/account/AAAAAAAAAAAAAAAAAAAAAA";
	struct letter l = { .from = gone, .path = missing };

	(void)fake_post(gone, fake_path(gone->kid),
	    "{\"status\":\"deactivated\"}");
	assert_int_equal(post(&(struct letter){ .from = c,
	                          .path = "/acme/directory",
	                          .nonce =
	                              arena_printf(w->arena, "\"%s\"", spent) })
	                     ->status,
	    200);
	l.ask.host = "evil.example";
	l.ask.method = "PUT";
	l.ask.type = "application/json";
	l.bad_json = true;
	l.outer = "\"header\":{}";
	l.alg = "\"HS256\"";
	l.key = "\"kid\":\"" BASE "/acme/account/AAAAAAAAAAAAAAAAAAAAAA\","
	        "\"jwk\":{}";
	l.nonce = arena_printf(w->arena, "\"%s\"", spent);
	l.bad_signature = true;
	l.url = "\"" BASE "/elsewhere\"";
	l.payload = "[]";

	assert_true(fake_problem(w, post(&l), 421, "malformed"));
	l.ask.host = NULL;
	assert_true(fake_problem(w, post(&l), 405, "malformed"));
	l.ask.method = NULL;
	assert_true(fake_problem(w, post(&l), 415, "malformed"));
	l.ask.type = NULL;
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	l.bad_json = false; /* an unprotected header … */
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	l.outer = NULL; /* … both kid and jwk … */
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	l.key = "\"kid\":\"" BASE "/acme/account/AAAAAAAAAAAAAAAAAAAAAA\"";
	assert_true(fake_problem(w, post(&l), 400, "badSignatureAlgorithm"));
	l.alg = NULL;
	assert_true(fake_problem(w, post(&l), 400, "accountDoesNotExist"));
	l.key = NULL;
	assert_true(fake_problem(w, post(&l), 400, "badNonce"));
	l.nonce = NULL; /* … the signature … */
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	l.bad_signature = false;
	assert_true(fake_problem(w, post(&l), 403, "unauthorized"));
	l.url = NULL;
	assert_true(fake_problem(w, post(&l), 401, "unauthorized"));
	l.from = c;
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	l.payload = NULL;
	assert_true(fake_problem(w, post(&l), 404, "malformed"));
	l.path = fake_path(c->kid);
	assert_int_equal(post(&l)->status, 200);
}

/* 6.5: a nonce is dead once seen, whatever became of its request (NON-09). */
TEST(s6_5_a_nonce_is_spent_by_every_request_that_carries_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_path(c->kid);
	const struct letter rows[] = {
		{ .alg = "\"HS256\"" }, { .alg = "\"none\"" },
		{ .key = "\"kid\":\"" BASE
		         "/acme/account/AAAAAAAAAAAAAAAAAAAAAA\"" },
		{ .key = "\"kid\":\"nonsense\"" },
		{ .key = "\"jwk\":{\"kty\":\"nonsense\"}" },
		{ .bad_signature = true },
		{ .url = "\"" BASE "/acme/directory\"" }, { .payload = "[]" },
		{ .payload = "{\"status\":\"nonsense\"}" },
		{ .path = "/acme/account/AAAAAAAAAAAAAAAAAAAAAA" },
		{ .path = path }, /* what succeeds, too */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct letter l = rows[i], again = { .from = c, .path = path };

		l.from = c;
		if (l.path == NULL)
			l.path = path;
		l.nonce = again.nonce =
		    arena_printf(w->arena, "\"%s\"", fake_nonce(w));
		assert_int_equal(post(&l)->status == 200,
		    i + 1 == sizeof(rows) / sizeof(rows[0]));
		if (!fake_problem(w, post(&again), 400, "badNonce"))
			fail_msg("row %zu", i);
	}
}

/* NON-12. */
TEST(of_two_at_once_with_one_nonce_one_passes)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_path(c->kid), *body = fake_frame(c, path, "");
	struct fake_reply *a = fake_begin(w, path, body),
	                  *b = fake_begin(w, path, body);

	fake_wait(w, a);
	fake_wait(w, b);
	assert_int_equal(a->status, 200);
	assert_true(fake_problem(w, b, 400, "badNonce"));
}

/* NON-10, NON-11, BLD-07, QRK-10. */
TEST(s6_5_nonces_that_are_none_are_told_apart)
{
	static const struct {
		const char *nonce, *type;
	} rows[] = {
		{ "null", "badNonce" },
		{ "\"\"", "badNonce" },
		{ "\"AAAA\"", "badNonce" },
		{ "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", "badNonce" },
		{ "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", "badNonce" },
		{ "\"not+base64/url==\"", "malformed" }, /* 6.5.2 */
		{ "\"\\u0000\"", "malformed" },
		{ "1", "malformed" },
		{ "[]", "malformed" },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct letter l = { .from = c, .path = fake_path(c->kid) };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_reply *r;

		l.nonce = rows[i].nonce;
		r = post(&l);
		if (!fake_problem(w, r, 400, rows[i].type))
			fail_msg("%s", rows[i].nonce);
		if (strcmp(rows[i].type, "badNonce") == 0) /* NON-11 */
			assert_non_null(strstr(r->body,
			    "JWS has an invalid anti-replay nonce"));
	}
}

/* JWS-01. */
TEST(s6_2_the_content_type_is_jose_json)
{
	static const struct {
		const char *type;
		bool good;
	} rows[] = {
		{ "application/jose+json", true },
		{ "Application/JOSE+JSON", true },
		{ "application/jose+json; charset=utf-8", true },
		{ "application/jose+json;charset=UTF-8", true },
		{ "application/jose+json; charset=latin1", false },
		{ "application/jose+json; profile=x", false },
		{ "application/jose+json;", true },
		{ "application/jose+jsonx", false },
		{ "application/jose+jsoncharset=utf-8", false },
		{ "application/jose", false },
		{ "application/json", false },
		{ "text/plain", false },
		{ "", false },
		{ "application/jose+json, application/jose+json", false },
	};
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct letter l = { .from = c, .path = fake_path(c->kid) };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_reply *r;

		l.ask.type = rows[i].type;
		r = post(&l);
		if (rows[i].good ? r->status != 200
		                 : !fake_problem(w, r, 415, "malformed"))
			fail_msg("%s: %s", rows[i].type, r->body);
	}
}

/* JWS-02, JWS-03, JWS-05. */
TEST(s6_2_bodies_of_another_shape_are_refused)
{
	static const char *const outers[] = { "\"header\":{}",
		"\"header\":null", "\"signatures\":[]", "\"payload\":\"\"",
		"\"signature\":\"AAAA\"" };
	static const char *const bodies[] = { "", "{}", "[]", "null", "x",
		"{\"protected\":\"e30\",\"signature\":\"AA\"}",
		"{\"protected\":\"\",\"payload\":\"\",\"signature\":\"\"}",
		"{\"protected\":1,\"payload\":2,\"signature\":3}",
		"eyJhbGciOiJFUzI1NiJ9.e30.AAAA" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct letter l = { .from = c, .path = fake_path(c->kid) };

	for (size_t i = 0; i < sizeof(outers) / sizeof(outers[0]); i++) {
		/* A member that is null counts as absent, but for this one. */
		l.outer = outers[i];
		if (!fake_problem(w, post(&l), 400, "malformed"))
			fail_msg("%s", outers[i]);
	}
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_true(fake_problem(w, fake_send(w, l.path, bodies[i]),
		    400, "malformed"));
	l.outer = NULL;
	assert_int_equal(fake_send(w, l.path,
	                     arena_printf(w->arena, " %s\n", body_of(&l)))
	                     ->status,
	    200);
	assert_true(fake_problem(w,
	    fake_send(w, l.path, arena_printf(w->arena, "%s{}", body_of(&l))),
	    400, "malformed"));
}

/* JWS-08, ERR-04. */
TEST(s6_2_an_algorithm_that_is_not_accepted_is_told_what_is)
{
	static const char *const algs[] = { "\"HS256\"", "\"none\"",
		"\"es256\"", "\"ES256K\"", "\"RS1\"" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct letter l = { .from = c, .path = fake_path(c->kid) };

	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		struct fake_reply *r;

		l.alg = algs[i];
		r = post(&l);
		if (!fake_problem(w, r, 400, "badSignatureAlgorithm"))
			fail_msg("%s", algs[i]);
		assert_non_null(strstr(fake_json(w, r, "algorithms"),
		    "\"ES256\""));
	}
	l.alg = "\"RS256\""; /* accepted, but not with this key */
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
}

/* JWS-15. */
TEST(s6_2_a_kid_is_an_account_s_url)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *id = strrchr(c->kid, '/') + 1;
	const struct {
		const char *kid, *type;
	} rows[] = {
		{ BASE "/acme/account/AAAAAAAAAAAAAAAAAAAAAA",
		    "accountDoesNotExist" },
		{ arena_printf(w->arena, BASE "/acme/account/%s/", id),
		    "malformed" },
		{ arena_printf(w->arena, BASE "/acme/order/%s", id),
		    "malformed" },
		{ arena_printf(w->arena, "http://ca.test:8443/acme/account/%s",
		      id),
		    "malformed" },
		{ arena_printf(w->arena, "https://evil.example/acme/account/%s",
		      id),
		    "malformed" },
		{ arena_printf(w->arena, BASE "/acme/account/%s?a", id),
		    "malformed" },
		{ fake_path(c->kid), "malformed" },
		{ id, "malformed" },
		{ "", "malformed" },
	};
	struct letter l = { .from = c, .path = fake_path(c->kid) };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		l.key = arena_printf(w->arena, "\"kid\":\"%s\"", rows[i].kid);
		if (!fake_problem(w, post(&l), 400, rows[i].type))
			fail_msg("%s", rows[i].kid);
	}
	/* DESIGN 4: by account, on whatever name and port of ours. */
	l.key = arena_printf(w->arena,
	    "\"kid\":\"https://ca.test/acme/account/%s\"", id);
	assert_int_equal(post(&l)->status, 200);
}

/* JWS-17. */
TEST(s6_2_signatures_by_another_key_are_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct letter l = { .from = other, .path = fake_path(c->kid) };

	l.key = arena_printf(w->arena, "\"kid\":\"%s\"", c->kid);
	l.payload = "{\"status\":\"deactivated\"}";
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	l.path = "/acme/new-account";
	l.payload = "{}";
	l.key =
	    arena_printf(w->arena, "\"jwk\":%s", fake_signer_jwk(c->signer));
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	assert_int_equal(fake_post(c, fake_path(c->kid), "")->status, 200);
}

/* JWS-09, JWS-10. */
TEST(s6_2_keys_that_we_do_not_take_are_told_so)
{
	static const char *const jwks[] = { "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct letter l = {
		.from = c, .path = "/acme/new-account", .payload = "{}"
	};

	for (size_t i = 0; i < 3; i++) {
		l.key = arena_printf(w->arena, "\"jwk\":%s", jwks[i]);
		if (!fake_problem(w, post(&l), 400, "badPublicKey"))
			fail_msg("%s", jwks[i]);
	}
	l.key =
	    arena_printf(w->arena, "\"jwk\":%s", fake_signer_jwk(c->signer));
	l.alg = "\"RS256\""; /* JWS-09: it came with the request */
	assert_true(fake_problem(w, post(&l), 400, "badPublicKey"));
	assert_int_equal(fake_events(w, "account.created"), 0);
}

/*
 * PKY-02: of a key that was taken when there were fewer rules the
 * client is told what is wrong; it is no fault of ours.
 */
TEST(an_account_s_key_that_is_not_taken_any_more_is_told_so)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct batch *b = batch_new(w->arena);
	struct snap *s = snap_open(w->store);
	struct account *acct;
	char n[342 + 1] = "";
	struct id id;

	assert_true(id_parse(strrchr(c->kid, '/') + 1, &id));
	acct = snap_account(s, w->arena, id);
	snap_close(s);
	memset(n, 'w', sizeof(n) - 1); /* 2048 bits */
	acct->jwk = arena_printf(w->arena,
	    "{\"e\":\"Aw\",\"kty\":\"RSA\",\"n\":\"%s\"}", n);
	acct->thumbprint = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	batch_put_account(b, acct);
	fake_commit(w, b);
	assert_true(fake_problem(w, fake_post(c, fake_path(c->kid), ""), 400,
	    "badPublicKey"));
}

/* JWS-16, HTTP-19. */
TEST(s6_4_the_url_is_this_request_s_to_the_letter)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_path(c->kid);
	const char *const urls[] = {
		path,
		arena_printf(w->arena, "http://ca.test:8443%s", path),
		arena_printf(w->arena, "https://ca.test%s", path),
		arena_printf(w->arena, "https://ca.test:443%s", path),
		arena_printf(w->arena, "https://CA.test:8443%s", path),
		arena_printf(w->arena, "https://evil.example:8443%s", path),
		arena_printf(w->arena, BASE "%s/", path),
		arena_printf(w->arena, BASE "%s?", path),
		arena_printf(w->arena, BASE "%s?a=b", path),
		arena_printf(w->arena, BASE "%s#x", path),
		arena_printf(w->arena, BASE "/%s", path),
		arena_printf(w->arena, BASE "/%%61cme%s", path + 5),
		arena_printf(w->arena, BASE "%s/orders", path),
		BASE "/acme/new-order",
	};
	struct letter l = { .from = c, .path = path };

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		l.url = arena_printf(w->arena, "\"%s\"", urls[i]);
		if (!fake_problem(w, post(&l), 403, "unauthorized"))
			fail_msg("%s", urls[i]);
	}
	l.url = "\"\"";
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	/* On another name or port it is that one's. */
	l.ask.host = "ca.test";
	l.url = arena_printf(w->arena, "\"https://ca.test%s\"", path);
	assert_int_equal(post(&l)->status, 200);
	l.ask.host = "CA.TEST:14000";
	l.url = arena_printf(w->arena, "\"https://ca.test:14000%s\"", path);
	assert_int_equal(post(&l)->status, 200);
}

/* JWS-18, JWS-19. */
TEST(s6_2_payloads_are_objects_in_utf_8)
{
	static const char *const payloads[] = { "[]", "null", "1", "true",
		"\"{}\"", "{", "{}}", "{\"a\":\"\xff\"}", "{\"a\":\"\\ud800\"}",
		"{\"a\":1,\"a\":2}", "\xef\xbb\xbf{}",
		"{\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}", " " };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct letter l = { .from = c, .path = fake_path(c->kid) };

	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		l.payload = payloads[i];
		if (!fake_problem(w, post(&l), 400, "malformed"))
			fail_msg("%s", payloads[i]);
	}
}

/* JWS-19, JWS-24: "resource" is of a protocol before this one. */
TEST(members_of_payloads_that_we_do_not_know_are_ignored)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct letter l = { .from = c, .path = fake_path(c->kid) };

	l.payload = "{\"resource\":\"reg\",\"a\":{\"b\":[1,null]}}";
	assert_int_equal(post(&l)->status, 200);
}

/* JWS-04, JWS-20. */
TEST(headers_we_do_not_know_are_ignored_unless_they_are_critical)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct letter l = { .from = c, .path = fake_path(c->kid) };
	const char *kid = arena_printf(w->arena, "\"kid\":\"%s\"", c->kid);

	l.key = arena_printf(w->arena, "%s,\"x\":[1],\"typ\":\"JWT\"", kid);
	assert_int_equal(post(&l)->status, 200);
	l.key = arena_printf(w->arena, "%s,\"crit\":[\"x\"],\"x\":1", kid);
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	l.key = arena_printf(w->arena, "%s,\"crit\":[]", kid);
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	l.key = arena_printf(w->arena, "%s,\"b64\":false", kid);
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
	l.key = arena_printf(w->arena, "%s,%s", kid, kid);
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
}

/* BLD-09. */
TEST(a_nonce_in_an_http_header_is_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct letter l = { .from = c, .path = fake_path(c->kid) };

	l.ask.extra = (struct http_header){ "replay-nonce", "x" };
	assert_true(fake_problem(w, post(&l), 400, "malformed"));
}

/* JWS-15. */
TEST(after_the_database_is_reset_a_kid_is_told_to_register_again)
{
	struct fake_ca *w = *state, *fresh = fake_ca_new();
	struct fake_client *c = fake_client_new(w);
	struct fake_client moved = {
		.w = fresh, .signer = c->signer, .kid = c->kid
	};

	assert_true(fake_problem(fresh,
	    fake_post(&moved, "/acme/new-order", "{}"), 400,
	    "accountDoesNotExist"));
	assert_int_equal(fake_post_jwk(&moved, "/acme/new-account", "{}")
	                     ->status,
	    201);
	fake_ca_free(fresh);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(the_first_check_that_fails_wins),
		CA_CASE(s6_5_a_nonce_is_spent_by_every_request_that_carries_it),
		CA_CASE(of_two_at_once_with_one_nonce_one_passes),
		CA_CASE(s6_5_nonces_that_are_none_are_told_apart),
		CA_CASE(s6_2_the_content_type_is_jose_json),
		CA_CASE(s6_2_bodies_of_another_shape_are_refused),
		CA_CASE(s6_2_an_algorithm_that_is_not_accepted_is_told_what_is),
		CA_CASE(s6_2_a_kid_is_an_account_s_url),
		CA_CASE(s6_2_signatures_by_another_key_are_refused),
		CA_CASE(s6_2_keys_that_we_do_not_take_are_told_so),
		CA_CASE(an_account_s_key_that_is_not_taken_any_more_is_told_so),
		CA_CASE(s6_4_the_url_is_this_request_s_to_the_letter),
		CA_CASE(s6_2_payloads_are_objects_in_utf_8),
		CA_CASE(members_of_payloads_that_we_do_not_know_are_ignored),
		CA_CASE(
		    headers_we_do_not_know_are_ignored_unless_they_are_critical),
		CA_CASE(a_nonce_in_an_http_header_is_refused),
		CA_CASE(
		    after_the_database_is_reset_a_kid_is_told_to_register_again),
	};

	return cmocka_run_group_tests_name("authenticate", tests, NULL, NULL);
}
