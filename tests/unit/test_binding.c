/* External account binding in newAccount (RFC 8555, 7.3.4; CONFORMANCE EAB). */
#include "acme/binding.h"

#include "base/b64url.h"
#include "tests/cmocka.h"
#include "tests/fake/eab.h"

#define PATH "/acme/new-account"

static struct fake_reply *
register_with(struct fake_client *c, const struct eab *e)
{
	return fake_post_jwk(c, PATH, fake_bound(c, fake_binding(c, e)));
}

static size_t
accounts(struct fake_ca *w)
{
	struct store_stat stat;

	store_stat(w->store, &stat);
	return stat.accounts;
}

/* EAB-04: as it was sent, to whoever asks from then on. */
TEST(s7_3_4_a_binding_that_is_proven_is_shown)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct eab *e = fake_eab(w, NULL);
	const char *binding = fake_binding(c, e);
	struct fake_reply *r = fake_post_jwk(c, PATH, fake_bound(c, binding));

	assert_int_equal(r->status, 201);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(fake_json(w, r, "externalAccountBinding"),
		    binding);
		assert_int_equal(fake_json_count(w, r,
		                     "externalAccountBinding"),
		    3);
		c->kid = fake_header(r, "Location");
		fake_ca_restart(w);
		r = fake_post(c, fake_path(c->kid), "");
	}
	assert_int_equal(fake_eab_record(w, e->id)->uses, 1);
}

/* EAB-01, DIR-08: none, where one is needed; and the directory says so beforehand. */
TEST(s7_3_4_where_one_is_required_no_account_is_made_without)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct fake_reply *directory = fake_get(w, "/acme/directory");

	assert_null(fake_json(w, directory, "meta.externalAccountRequired"));
	w->config.eab_required = true;
	directory = fake_get(w, "/acme/directory");
	assert_string_equal(fake_json(w, directory,
	                        "meta.externalAccountRequired"),
	    "true");
	assert_true(fake_problem(w, fake_post_jwk(c, PATH, "{}"), 403,
	    "externalAccountRequired"));
	assert_true(fake_problem(w,
	    fake_post_jwk(c, PATH, "{\"externalAccountBinding\":null}"), 403,
	    "externalAccountRequired"));
	assert_int_equal(accounts(w), 0);
	assert_int_equal(register_with(c, fake_eab(w, NULL))->status, 201);
}

/* EAB-02, EAB-08: also where none is needed. */
TEST(bindings_that_are_none_make_no_account)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct eab *e = fake_eab(w, NULL);
	const char *good = fake_binding(c, e);
	const char *inside = arena_bytes(w->arena, good + 1, strlen(good) - 2);
	char *const long_one = arena_alloc(w->arena, 20001, 1);
	const char *const bad[] = { "{}", "[]", "\"x\"", "1", "true",
		arena_printf(w->arena, "{%s,\"header\":{}}", inside),
		fake_binding(fake_client_bare(w), e), /* another key's */
		arena_printf(w->arena,
		    "{\"protected\":\"e30\",\"payload\":\"%s\","
		    "\"signature\":\"e30\"}",
		    (const char *)memset(long_one, 'A', 20000)) };

	for (int required = 0; required < 2; required++) {
		w->config.eab_required = required;
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			if (!fake_problem(w,
			        fake_post_jwk(c, PATH, fake_bound(c, bad[i])),
			        400, "malformed"))
				fail_msg("%s", bad[i]);
	}
	assert_int_equal(accounts(w), 0);
	assert_int_equal(fake_eab_record(w, e->id)->uses, 0);
}

/* NON-16: a nonce inside is an error, though it be a good one. */
TEST(s7_3_4_there_is_no_nonce_in_a_binding)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct eab *e = fake_eab(w, NULL);
	char kid[ID_TEXT];

	id_text(e->id, kid);
	assert_true(fake_problem(w,
	    fake_post_jwk(c, PATH,
	        fake_bound(c,
	            fake_mac_frame("HS256", e->key, sizeof(e->key),
	                arena_printf(w->arena,
	                    "{\"alg\":\"HS256\",\"kid\":\"%s\",\"url\":"
	                    "\"https://ca.test:8443" PATH
	                    "\",\"nonce\":\"%s\"}",
	                    kid, fake_nonce(w)),
	                fake_signer_jwk(c->signer), w->arena))),
	    400, "malformed"));
}

/* EAB-02, EAB-03, EAB-08: no such kid, or another key: nobody can tell. */
TEST(unknown_kids_and_wrong_macs_look_alike)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bare(w);
	struct eab *e = fake_eab(w, NULL), wrong = *e, unknown = *e;
	struct fake_reply *r[3];
	char *bent;

	wrong.key[0] ^= 1;
	unknown.id = id_new(1);
	r[0] = register_with(c, &wrong);
	r[1] = register_with(c, &unknown);
	bent = arena_text(w->arena, fake_binding(c, e));
	r[2] = fake_post_jwk(c, PATH,
	    fake_bound(c,
	        fake_mac_frame("HS256", e->key, sizeof(e->key),
	            "{\"alg\":\"HS256\",\"kid\":\"no id of ours\",\"url\":"
	            "\"https://ca.test:8443" PATH "\"}",
	            fake_signer_jwk(c->signer), w->arena)));
	for (int i = 0; i < 3; i++) {
		assert_true(fake_problem(w, r[i], 403, "unauthorized"));
		assert_string_equal(r[i]->body, r[0]->body);
	}
	/* EAB-03: the MAC is over what was sent. */
	bent[strlen(bent) - 3] = bent[strlen(bent) - 3] == 'A' ? 'B' : 'A';
	r[0] = fake_post_jwk(c, PATH, fake_bound(c, bent));
	assert_int_not_equal(r[0]->status, 201);
	assert_int_equal(accounts(w), 0);
	assert_int_equal(fake_eab_record(w, e->id)->uses, 0);
}

/* EAB-06: a one-time key makes one account. */
TEST(a_key_makes_as_many_accounts_as_it_may)
{
	struct fake_ca *w = *state;
	struct eab like = { .uses_max = 2 };
	struct eab *e = fake_eab(w, &like);

	for (int i = 0; i < 2; i++)
		(void)fake_client_bound(w, e);
	assert_true(fake_problem(w, register_with(fake_client_bare(w), e), 403,
	    "unauthorized"));
	assert_int_equal(accounts(w), 2);
	e = fake_eab(w, NULL); /* any number */
	for (int i = 0; i < 4; i++)
		(void)fake_client_bound(w, e);
	assert_int_equal(fake_eab_record(w, e->id)->uses, 4);
}

/* EAB-06: the use and the account are one commit. */
TEST(of_many_at_once_with_a_one_time_key_one_is_bound)
{
	enum { N = 8 };
	struct fake_ca *w = *state;
	struct eab like = { .uses_max = 1 };
	struct eab *e = fake_eab(w, &like);
	struct fake_reply *r[N];
	int made = 0;

	for (int i = 0; i < N; i++) {
		struct fake_client *c = fake_client_bare(w);

		r[i] =
		    fake_post_begin(c, PATH, fake_bound(c, fake_binding(c, e)));
	}
	for (int i = 0; i < N; i++) {
		fake_wait(w, r[i]);
		made += r[i]->status == 201;
		assert_true(r[i]->status == 201 ||
		            fake_problem(w, r[i], 403, "unauthorized"));
	}
	assert_int_equal(made, 1);
	assert_int_equal(accounts(w), 1);
	assert_int_equal(fake_eab_record(w, e->id)->uses, 1);
}

/* EAB-06: expiry and revocation are told to who has proven to know the key. */
TEST(expired_and_revoked_keys_bind_nobody)
{
	struct fake_ca *w = *state;
	int64_t now = loop_now(w->loop) / 1000;
	struct eab like = { .expires = now + 60 };
	struct eab *e = fake_eab(w, &like);
	struct fake_client *c = fake_client_bound(w, e);
	struct fake_reply *r;

	fake_clock(w, 61000);
	r = register_with(fake_client_bare(w), e);
	assert_true(fake_problem(w, r, 403, "unauthorized"));
	assert_non_null(strstr(r->body, "expired"));
	/* It ends no account that was bound while it lasted. */
	(void)fake_order(c, "a.example");
	e = fake_eab(w, NULL);
	fake_eab_revoke(w, e->id);
	r = register_with(fake_client_bare(w), e);
	assert_true(fake_problem(w, r, 403, "unauthorized"));
	assert_non_null(strstr(r->body, "revoked"));
	assert_int_equal(accounts(w), 1);
}

/* EAB-09: an account that is there is found, whatever is bound. */
TEST(s7_3_1_with_a_known_key_a_binding_is_ignored)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct eab like = { .uses_max = 1 };
	struct eab *e = fake_eab(w, &like);
	struct fake_reply *r;

	w->config.eab_required = true;
	r = register_with(c, e);
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_header(r, "Location"), c->kid);
	assert_null(fake_json(w, r, "externalAccountBinding"));
	assert_int_equal(fake_eab_record(w, e->id)->uses, 0);
	r = fake_post_jwk(c, PATH, fake_bound(c, "{\"protected\":\"broken\"}"));
	assert_int_equal(r->status, 200);
}

/* KCH-07: the key of a bound account changes as any other's. */
TEST(s7_3_5_a_bound_account_may_change_its_key)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_bound(w, fake_eab(w, NULL)),
	                   *spare = fake_client_bare(w);
	struct fake_reply *before = fake_post(c, fake_path(c->kid), ""), *r;

	r = fake_post(c, "/acme/key-change",
	    fake_signer_raw(spare->signer,
	        arena_printf(w->arena,
	            "{\"alg\":\"ES256\",\"jwk\":%s,\"url\":"
	            "\"https://ca.test:8443/acme/key-change\"}",
	            fake_signer_jwk(spare->signer)),
	        arena_printf(w->arena, "{\"account\":\"%s\",\"oldKey\":%s}",
	            c->kid, fake_signer_jwk(c->signer)),
	        w->arena));
	assert_int_equal(r->status, 200);
	assert_string_equal(r->body, before->body);
	spare->kid = c->kid;
	(void)fake_order(spare, "a.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_3_4_a_binding_that_is_proven_is_shown),
		CA_CASE(
		    s7_3_4_where_one_is_required_no_account_is_made_without),
		CA_CASE(bindings_that_are_none_make_no_account),
		CA_CASE(s7_3_4_there_is_no_nonce_in_a_binding),
		CA_CASE(unknown_kids_and_wrong_macs_look_alike),
		CA_CASE(a_key_makes_as_many_accounts_as_it_may),
		CA_CASE(of_many_at_once_with_a_one_time_key_one_is_bound),
		CA_CASE(expired_and_revoked_keys_bind_nobody),
		CA_CASE(s7_3_1_with_a_known_key_a_binding_is_ignored),
		CA_CASE(s7_3_5_a_bound_account_may_change_its_key),
	};

	return cmocka_run_group_tests_name("binding", tests, NULL, NULL);
}
