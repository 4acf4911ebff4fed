/* Who has a say about names: asked at newOrder, and again at finalize. */
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static struct fake_reply *
order(struct fake_client *c, const char *path, const char *names)
{
	struct arena *a = c->w->arena;
	const char *items = "";
	char *save = NULL, *copy = arena_text(a, names);

	for (char *s = strtok_r(copy, " ", &save); s != NULL;
	     s = strtok_r(NULL, " ", &save))
		items =
		    arena_printf(a, "%s%s{\"type\":\"dns\",\"value\":\"%s\"}",
		        items, items[0] != '\0' ? "," : "", s);
	return fake_post(c, path,
	    arena_printf(a, "{\"identifiers\":[%s]}", items));
}

static const char *const corp[] = { ".corp" };
static const char *const secret[] = { "secret.corp" };

#define LIST(patterns) ((struct name_list){ (patterns), 1 })

static struct account *
account_of(const struct fake_client *c)
{
	struct snap *s = snap_open(c->w->store);
	struct account *acct;
	struct id id;

	assert_true(id_parse(strrchr(c->kid, '/') + 1, &id));
	acct = snap_account(s, c->w->arena, id);
	snap_close(s);
	return acct;
}

static void
put_account(struct fake_ca *w, const struct account *acct)
{
	struct batch *b = batch_new(w->arena);

	batch_put_account(b, acct);
	fake_commit(w, b);
}

static bool
is_refused(struct fake_ca *w, const struct fake_reply *r, const char *who)
{
	return fake_problem(w, r, 400, "rejectedIdentifier") &&
	       strstr(fake_json(w, r, "detail"), who) != NULL;
}

/* IDN-06: what the CA issues for is the operator's to say. */
TEST(the_ca_has_a_say)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	w->config.allow = LIST(corp);
	w->config.deny = LIST(secret);
	assert_int_equal(order(c, "/acme/new-order", "a.corp")->status, 201);
	assert_true(is_refused(w, order(c, "/acme/new-order", "a.org"),
	    "this CA does not allow"));
	assert_true(is_refused(w, order(c, "/acme/new-order", "secret.corp"),
	    "this CA refuses"));
	/* IDN-07 */
	assert_true(is_refused(w, order(c, "/acme/new-order", "*.corp"),
	    "policy.deny: secret.corp"));
	w->config.wildcards = false;
	assert_true(is_refused(w, order(c, "/acme/new-order", "*.x.corp"),
	    "policy.wildcards"));
}

TEST(the_profile_has_a_say)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	w->profiles[1].allow = LIST(corp);
	assert_int_equal(order(c, "/acme/new-order", "a.org")->status, 201);
	assert_true(is_refused(w, order(c, "/acme/p/hour/new-order", "a.org"),
	    "profiles.hour.allow: .corp"));
	assert_int_equal(order(c, "/acme/p/hour/new-order", "a.corp")->status,
	    201);
}

TEST(the_account_has_a_say)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *d = fake_client_new(w);
	struct account *acct = account_of(c);

	acct->deny = secret;
	acct->n_deny = 1;
	put_account(w, acct);
	assert_true(is_refused(w, order(c, "/acme/new-order", "secret.corp"),
	    "this account"));
	assert_int_equal(order(d, "/acme/new-order", "secret.corp")->status,
	    201);
	acct = account_of(c);
	acct->n_deny = 0;
	put_account(w, acct);
	assert_int_equal(order(c, "/acme/new-order", "secret.corp")->status,
	    201);
}

TEST(the_key_for_external_accounts_has_a_say)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct account *acct = account_of(c);
	struct eab *e = ARENA_NEW(w->arena, struct eab);
	struct batch *b = batch_new(w->arena);
	char kid[ID_TEXT];

	e->id = id_new(1);
	e->created = 1;
	memset(e->key, 7, sizeof(e->key));
	e->allow = corp;
	e->n_allow = 1;
	id_text(e->id, kid);
	batch_put_eab(b, e);
	fake_commit(w, b);
	acct->eab = e->id;
	put_account(w, acct);
	assert_true(is_refused(w, order(c, "/acme/new-order", "a.org"), kid));
	assert_int_equal(order(c, "/acme/new-order", "a.corp")->status, 201);
}

/* ERR-10: certbot's --allow-subset-of-names drops what is listed. */
TEST(each_bad_name_is_told)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;

	w->config.allow = LIST(corp);
	r = order(c, "/acme/new-order", "a.org b.corp c.org");
	assert_true(fake_problem(w, r, 400, "rejectedIdentifier"));
	assert_int_equal(fake_json_count(w, r, "subproblems"), 2);
	assert_string_equal(fake_json(w, r, "subproblems.0.identifier.value"),
	    "a.org");
	assert_string_equal(fake_json(w, r, "subproblems.1.identifier.value"),
	    "c.org");
	assert_string_equal(fake_json(w, r, "subproblems.1.type"),
	    "urn:ietf:params:acme:error:rejectedIdentifier");
}

/* IDN-06: what was ordered in time may not be allowed any more. */
TEST(a_policy_that_has_changed_counts_at_finalize)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "secret.corp");
	struct fake_reply *r;

	fake_prove(c, &o);
	w->config.deny = LIST(secret);
	r = fake_post(c, o.finalize, fake_csr(c, "secret.corp"));
	assert_true(is_refused(w, r, "this CA refuses"));
	assert_string_equal(fake_status(c, o.path), "ready");
	w->config.deny.n = 0;
	r = fake_post(c, o.finalize, fake_csr(c, "secret.corp"));
	assert_int_equal(r->status, 200);
	assert_true(fake_becomes(c, o.path, "valid"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(the_ca_has_a_say),
		CA_CASE(the_profile_has_a_say),
		CA_CASE(the_account_has_a_say),
		CA_CASE(the_key_for_external_accounts_has_a_say),
		CA_CASE(each_bad_name_is_told),
		CA_CASE(a_policy_that_has_changed_counts_at_finalize),
	};

	return cmocka_run_group_tests_name("permit", tests, NULL, NULL);
}
