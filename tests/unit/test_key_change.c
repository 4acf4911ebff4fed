/* keyChange (RFC 8555, 7.3.5; CONFORMANCE KCH). */
#include "crypto/jwk.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

#define PATH "/acme/key-change"
#define URL  "https://ca.test:8443" PATH

/* The inner frame of a change by `c` to the key of `to`, as it should be. */
static const char *
inner_by(struct fake_client *c, struct fake_signer *to, const char *header,
    const char *payload)
{
	struct arena *a = c->w->arena;

	if (header == NULL)
		header = arena_printf(a,
		    "{\"alg\":\"ES256\",\"jwk\":%s,\"url\":\"" URL "\"}",
		    fake_signer_jwk(to));
	if (payload == NULL)
		payload = arena_printf(a, "{\"account\":\"%s\",\"oldKey\":%s}",
		    c->kid, fake_signer_jwk(c->signer));
	return fake_signer_raw(to, header, payload, a);
}

static struct fake_reply *
change_to(struct fake_client *c, struct fake_signer *to)
{
	return fake_post(c, PATH, inner_by(c, to, NULL, NULL));
}

/* The same client, with the other's key from now on. */
static void
swap_keys(struct fake_client *c, struct fake_client *other)
{
	struct fake_signer *mine = c->signer;

	c->signer = other->signer;
	other->signer = mine;
}

/* KCH-05: the old key is dead at once, the new one has all that it had. */
TEST(s7_3_5_from_now_on_the_new_key_signs_and_the_old_one_does_not)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w),
	                   *spare = fake_client_bare(w);
	struct fake_order o = fake_order(c, "a.example");
	const char *orders =
	    arena_printf(w->arena, "%s/orders", fake_path(c->kid));
	struct fake_reply *r;

	r = change_to(c, spare->signer);
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_json(w, r, "status"), "valid");
	assert_string_equal(fake_header(r, "Location"), c->kid);
	assert_int_equal(fake_events(w, "account.key_changed"), 1);
	for (int restarted = 0; restarted < 2; restarted++) {
		assert_true(fake_problem(w, fake_post(c, fake_path(c->kid), ""),
		    400, "malformed"));
		swap_keys(c, spare);
		assert_int_equal(fake_post(c, fake_path(c->kid), "")->status,
		    200);
		assert_int_equal(fake_json_count(w, fake_post(c, orders, ""),
		                     "orders"),
		    1);
		assert_string_equal(fake_status(c, o.path), "pending");
		r = fake_post_jwk(c, "/acme/new-account", "{}");
		assert_int_equal(r->status, 200);
		assert_string_equal(fake_header(r, "Location"), c->kid);
		swap_keys(c, spare);
		fake_ca_restart(w);
	}
	/* Nobody's any more: it makes an account of its own. */
	r = fake_post_jwk(c, "/acme/new-account", "{}");
	assert_int_equal(r->status, 201);
}

/* The key authorization that the authorization's http-01 was answered with. */
static const char *
answered_with(struct fake_ca *w, const char *authz)
{
	const struct authz *z = fake_authz_record(w, authz);

	for (size_t i = 0; i < z->n_challenges; i++)
		if (strcmp(z->challenges[i].type, "http-01") == 0)
			return z->challenges[i].key_authz;
	return NULL;
}

/* KCH-05: the current account key is the one of the time of the response. */
TEST(s8_1_responses_given_keep_their_key_and_new_ones_have_the_new)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w),
	                   *spare = fake_client_bare(w);
	struct fake_order before = fake_order(c, "a.example"),
	                  after = fake_order(c, "b.example");
	char old[160];

	fake_network_says(&w->network, PROBE_UNREACHED, 0);
	assert_int_equal(fake_post(c, before.http01[0], "{}")->status, 200);
	memcpy(old, w->network.key_authz, sizeof(old));
	assert_int_equal(change_to(c, spare->signer)->status, 200);
	swap_keys(c, spare);
	/* The next look of the one that is under way. */
	w->network.key_authz[0] = '\0';
	FAKE_UNTIL(w, w->network.key_authz[0] != '\0');
	assert_string_equal(w->network.key_authz, old);
	assert_string_equal(answered_with(w, before.authz[0]), old);
	fake_network_says(&w->network, PROBE_PROVED, 0);
	assert_int_equal(fake_post(c, after.http01[0], "{}")->status, 200);
	assert_string_not_equal(strchr(answered_with(w, after.authz[0]), '.'),
	    strchr(old, '.'));
	assert_true(fake_becomes(c, after.path, "ready"));
}

/* KCH-01, NON-16: what the header of the inner JWS must and must not say. */
TEST(inner_headers_that_are_none_are_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w),
	                   *spare = fake_client_bare(w);
	const char *jwk = fake_signer_jwk(spare->signer);
	struct arena *a = w->arena;
	const char *const bad[] = {
		arena_printf(a, "{\"alg\":\"ES256\",\"jwk\":%s}", jwk),
		arena_printf(a,
		    "{\"alg\":\"ES256\",\"jwk\":%s,\"url\":\"%s/\"}", jwk, URL),
		arena_printf(a,
		    "{\"alg\":\"ES256\",\"jwk\":%s,\"url\":\"" URL
		    "\",\"nonce\":\"%s\"}",
		    jwk, fake_nonce(w)),
		arena_printf(a,
		    "{\"alg\":\"ES256\",\"jwk\":%s,\"url\":\"" URL
		    "\",\"nonce\":null}",
		    jwk),
		arena_printf(a,
		    "{\"alg\":\"ES256\",\"jwk\":%s,\"url\":\"" URL
		    "\",\"kid\":\"%s\"}",
		    jwk, c->kid),
		arena_printf(a,
		    "{\"alg\":\"ES256\",\"kid\":\"%s\",\"url\":\"" URL "\"}",
		    c->kid),
		"{\"alg\":\"ES256\",\"url\":\"" URL "\"}",
		arena_printf(a, "{\"jwk\":%s,\"url\":\"" URL "\"}", jwk),
		"",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!fake_problem(w,
		        fake_post(c, PATH,
		            inner_by(c, spare->signer, bad[i], NULL)),
		        400, "malformed"))
			fail_msg("%s", bad[i]);
	assert_non_null(strstr(fake_post(c, PATH,
	                           inner_by(c, spare->signer, bad[5], NULL))
	                           ->body,
	    "the inner JWS wants jwk"));
	assert_int_equal(fake_events(w, "account.key_changed"), 0);
	assert_int_equal(change_to(c, spare->signer)->status, 200);
}

/* KCH-01: three members in strict base64url, and no other. */
TEST(inner_frames_that_are_none_are_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w),
	                   *spare = fake_client_bare(w);
	const char *good = inner_by(c, spare->signer, NULL, NULL);
	const char *inside = arena_bytes(w->arena, good + 1, strlen(good) - 2);
	const char *const bad[] = { "{}", "[]",
		arena_printf(w->arena, "{%s,\"header\":{}}", inside),
		arena_printf(w->arena, "{%s,\"other\":1}", inside),
		arena_printf(w->arena, "{%s=\"}",
		    arena_bytes(w->arena, inside, strlen(inside) - 1)) };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!fake_problem(w, fake_post(c, PATH, bad[i]), 400,
		        "malformed"))
			fail_msg("%s", bad[i]);
}

/* KCH-02: signed by the key it brings, which is one we accept. */
TEST(inner_signatures_by_another_key_are_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w),
	                   *spare = fake_client_bare(w),
	                   *third = fake_client_bare(w);
	const char *header = arena_printf(w->arena,
	    "{\"alg\":\"ES256\",\"jwk\":%s,\"url\":\"" URL "\"}",
	    fake_signer_jwk(spare->signer));

	assert_true(fake_problem(w,
	    fake_post(c, PATH, inner_by(c, third->signer, header, NULL)), 400,
	    "malformed"));
	assert_true(fake_problem(w,
	    fake_post(c, PATH, inner_by(c, c->signer, header, NULL)), 400,
	    "malformed"));
	assert_true(fake_problem(w,
	    fake_post(c, PATH,
	        inner_by(c, spare->signer,
	            "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"},"
	            "\"url\":\"" URL "\"}",
	            NULL)),
	    400, "badPublicKey"));
	for (int i = 0; i < 2; i++)
		assert_true(fake_problem(w,
		    fake_post(c, PATH,
		        inner_by(c, spare->signer,
		            arena_printf(w->arena,
		                "{\"alg\":\"%s\",\"jwk\":%s,\"url\":\"" URL
		                "\"}",
		                i == 0 ? "HS256" : "none",
		                fake_signer_jwk(spare->signer)),
		            NULL)),
		    400, "badSignatureAlgorithm"));
	assert_true(fake_problem(w,
	    fake_post(c, PATH,
	        inner_by(c, spare->signer,
	            arena_printf(w->arena,
	                "{\"alg\":\"RS256\",\"jwk\":%s,\"url\":\"" URL "\"}",
	                fake_signer_jwk(spare->signer)),
	            NULL)),
	    400, "badPublicKey"));
	assert_int_equal(fake_events(w, "account.key_changed"), 0);
}

/* KCH-03: which account, and its key of now. */
TEST(payloads_about_somebody_or_something_else_are_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w),
	                   *spare = fake_client_bare(w);
	const char *mine = fake_signer_jwk(c->signer),
	           *new = fake_signer_jwk(spare->signer);
	struct arena *a = w->arena;
	const char *const bad[] = {
		arena_printf(a, "{\"account\":\"%s\",\"oldKey\":%s}",
		    other->kid, mine),
		arena_printf(a, "{\"account\":\"%s\",\"oldKey\":%s}", c->kid,
		    new),
		arena_printf(a, "{\"account\":\"%s\",\"oldKey\":%s}", c->kid,
		    fake_signer_jwk(other->signer)),
		arena_printf(a, "{\"account\":\"%s\"}", c->kid),
		arena_printf(a, "{\"account\":\"%s\",\"oldKey\":{}}", c->kid),
		arena_printf(a, "{\"account\":\"%s\",\"oldKey\":\"x\"}",
		    c->kid),
		arena_printf(a, "{\"oldKey\":%s}", mine),
		arena_printf(a, "{\"account\":1,\"oldKey\":%s}", mine),
		arena_printf(a,
		    "{\"account\":\"https://elsewhere.test%s\","
		    "\"oldKey\":%s}",
		    fake_path(c->kid), mine),
		"[]",
		"",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!fake_problem(w,
		        fake_post(c, PATH,
		            inner_by(c, spare->signer, NULL, bad[i])),
		        400, "malformed"))
			fail_msg("%s", bad[i]);
	assert_int_equal(fake_events(w, "account.key_changed"), 0);
}

/* KCH-04: a key in use is refused, and its account named. */
TEST(s7_3_5_a_key_that_an_account_has_is_a_conflict)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w),
	                   *holder = fake_client_new(w);
	struct fake_reply *r;

	for (int deactivated = 0; deactivated < 2; deactivated++) {
		r = change_to(c, holder->signer);
		assert_true(fake_problem(w, r, 409, "malformed"));
		assert_string_equal(fake_header(r, "Location"), holder->kid);
		(void)fake_post(holder, fake_path(holder->kid),
		    "{\"status\":\"deactivated\"}");
	}
	assert_int_equal(fake_post(c, fake_path(c->kid), "")->status, 200);
}

/* KCH-04: to change nothing is a mistake. */
TEST(the_key_that_it_has_already_is_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = change_to(c, c->signer);

	assert_true(fake_problem(w, r, 400, "malformed"));
	assert_null(fake_header(r, "Location"));
	assert_int_equal(fake_events(w, "account.key_changed"), 0);
}

/* PKY-08: a key that somebody has revoked a certificate for is nobody's. */
TEST(a_blocked_key_is_refused)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w),
	                   *spare = fake_client_bare(w);
	const char *jwk = fake_signer_jwk(spare->signer);
	struct blocked_key blocked = { .since = 1 };
	struct batch *b = batch_new(w->arena);
	struct fault f = { 0 };
	struct jwk *key;

	assert_int_equal(jwk_parse(jwk, strlen(jwk), &key, &f), OK);
	jwk_spki_sha256(key, blocked.spki_sha256);
	jwk_free(key);
	batch_put_blocked_key(b, &blocked);
	fake_commit(w, b);
	assert_true(fake_problem(w, change_to(c, spare->signer), 400,
	    "badPublicKey"));
	assert_int_equal(fake_events(w, "account.key_changed"), 0);
}

/* KCH-06: of a change and a new account with one key, one happens. */
TEST(a_new_account_with_the_key_at_once_makes_it_a_conflict)
{
	struct fake_ca *w = *state;

	for (int first = 0; first < 2; first++) {
		struct fake_client *c = fake_client_new(w),
		                   *spare = fake_client_bare(w);
		const char *inner = inner_by(c, spare->signer, NULL, NULL);
		struct fake_reply *made = NULL, *changed;

		if (first == 0)
			made =
			    fake_post_begin(spare, "/acme/new-account", "{}");
		changed = fake_post_begin(c, PATH, inner);
		if (first == 1)
			made =
			    fake_post_begin(spare, "/acme/new-account", "{}");
		fake_wait(w, made);
		fake_wait(w, changed);
		if (changed->status == 200) {
			assert_int_equal(made->status, 200);
			assert_string_equal(fake_header(made, "Location"),
			    c->kid);
		} else {
			assert_int_equal(made->status, 201);
			assert_true(fake_problem(w, changed, 409, "malformed"));
			assert_string_equal(fake_header(changed, "Location"),
			    fake_header(made, "Location"));
		}
	}
}

/* KCH-05: what the old key signed before does not slip in behind the change. */
TEST(of_two_changes_at_once_one_happens)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *one = fake_client_bare(w),
	                   *two = fake_client_bare(w);
	struct fake_reply *a, *b;

	a = fake_post_begin(c, PATH, inner_by(c, one->signer, NULL, NULL));
	b = fake_post_begin(c, PATH, inner_by(c, two->signer, NULL, NULL));
	fake_wait(w, a);
	fake_wait(w, b);
	assert_int_equal(a->status, 200);
	/* Verified before the change, and refused by it; or after. */
	assert_true(b->status == 403 ? fake_problem(w, b, 403, "unauthorized")
	                             : fake_problem(w, b, 400, "malformed"));
	assert_int_equal(fake_events(w, "account.key_changed"), 1);
}

/* KCH-08: the account's URL is what CAA and DNS records name. */
TEST(the_account_keeps_its_url_and_all_that_is_said_of_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w),
	                   *spare = fake_client_bare(w);
	struct fake_reply *before, *after;

	before = fake_post(c, fake_path(c->kid),
	    "{\"contact\":[\"mailto:a@b.example\"]}");
	after = change_to(c, spare->signer);
	assert_int_equal(after->status, 200);
	assert_string_equal(fake_header(after, "Location"),
	    fake_header(before, "Location"));
	assert_string_equal(after->body, before->body);
}

/* RL-01, RL-04: nobody goes to and fro between two keys for ever. */
TEST(changes_are_counted)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w),
	                   *spare = fake_client_bare(w);

	w->config.limits[LIMIT_UPDATES] = (struct rate){ 1, 3600 * 1000 };
	assert_int_equal(change_to(c, spare->signer)->status, 200);
	swap_keys(c, spare);
	assert_true(fake_problem(w, change_to(c, spare->signer), 429,
	    "rateLimited"));
	assert_int_equal(fake_events(w, "account.key_changed"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(changes_are_counted),
		CA_CASE(
		    s7_3_5_from_now_on_the_new_key_signs_and_the_old_one_does_not),
		CA_CASE(
		    s8_1_responses_given_keep_their_key_and_new_ones_have_the_new),
		CA_CASE(inner_headers_that_are_none_are_refused),
		CA_CASE(inner_frames_that_are_none_are_refused),
		CA_CASE(inner_signatures_by_another_key_are_refused),
		CA_CASE(payloads_about_somebody_or_something_else_are_refused),
		CA_CASE(s7_3_5_a_key_that_an_account_has_is_a_conflict),
		CA_CASE(the_key_that_it_has_already_is_refused),
		CA_CASE(a_blocked_key_is_refused),
		CA_CASE(a_new_account_with_the_key_at_once_makes_it_a_conflict),
		CA_CASE(of_two_changes_at_once_one_happens),
		CA_CASE(the_account_keeps_its_url_and_all_that_is_said_of_it),
	};

	return cmocka_run_group_tests_name("key_change", tests, NULL, NULL);
}
