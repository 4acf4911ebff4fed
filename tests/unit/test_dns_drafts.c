/* dns-account-01 and dns-persist-01, as their clients meet them. */
#include "acme/acme_int.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static const char *const drafts[] = { "dns-account-01", "dns-persist-01" };
static const char *const identities[] = { "a.ca.test", "b.ca.test", "c.ca.test",
	"d.ca.test", "e.ca.test", "f.ca.test", "g.ca.test", "h.ca.test",
	"i.ca.test", "j.ca.test", "k.ca.test" };

static struct fake_client *
client(struct fake_ca *w)
{
	w->config.challenges = drafts;
	w->config.n_challenges = 2;
	w->config.caa_identities = identities;
	w->config.n_caa_identities = 2;
	return fake_client_new(w);
}

/* The path of a challenge of the order's first name. */
static const char *
challenge(struct fake_client *c, const struct fake_order *o, size_t i)
{
	return fake_path(fake_json(c->w, fake_post(c, o->authz[0], ""),
	    arena_printf(c->w->arena, "challenges.%zu.url", i)));
}

/* DP1-01, AUT-09, BLD-16: who we are and who the client is; no token. */
TEST(dns_persist_01_tells_what_the_record_is_to_say)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w);
	struct fake_order o = fake_order(c, "*.a.example");
	struct fake_reply *r = fake_post(c, o.authz[0], "");

	assert_int_equal(fake_json_count(w, r, "challenges"), 2);
	assert_string_equal(fake_json(w, r, "challenges.0.type"),
	    "dns-account-01");
	assert_non_null(fake_json(w, r, "challenges.0.token"));
	assert_null(fake_json(w, r, "challenges.0.accounturi"));
	assert_string_equal(fake_json(w, r, "challenges.1.type"),
	    "dns-persist-01");
	assert_null(fake_json(w, r, "challenges.1.token"));
	assert_int_equal(fake_json_count(w, r,
	                     "challenges.1.issuer-domain-names"),
	    2);
	assert_string_equal(fake_json(w, r,
	                        "challenges.1.issuer-domain-names.0"),
	    "a.ca.test");
	assert_string_equal(fake_json(w, r, "challenges.1.accounturi"), c->kid);
	w->config.n_caa_identities = 11;
	r = fake_post(c, o.authz[0], "");
	assert_int_equal(fake_json_count(w, r,
	                     "challenges.1.issuer-domain-names"),
	    10);
	/* with nothing to be called by, there is nothing to offer */
	w->config.n_caa_identities = 0;
	o = fake_order(c, "b.example");
	r = fake_post(c, o.authz[0], "");
	assert_int_equal(fake_json_count(w, r, "challenges"), 1);
}

/* CHA-02: without a token it is responded to all the same. */
TEST(dns_persist_01_is_responded_to_like_others)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w);
	struct fake_order o = fake_order(c, "a.example");
	const char *path = challenge(c, &o, 1);
	struct fake_reply *r = fake_post(c, path, "{}");

	assert_int_equal(r->status, 200);
	assert_null(fake_json(w, r, "token"));
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_string_equal(w->network.key_authz, "");
	assert_string_equal(w->network.account_url, c->kid);
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_string_equal(fake_json(w, r, "status"), "valid");
}

/* DP1-05: a proof lasts no longer than its record. */
TEST(dns_persist_01_lasts_as_long_as_the_record)
{
	static const struct {
		unsigned lasts_s, want_s;
	} rows[] = { { 120, 120 }, { 7200, 7200 }, { 0, 8 * 3600 },
		{ 100 * 3600, 8 * 3600 } };
	struct fake_ca *w = *state;
	struct fake_client *c = client(w);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_order o =
		    fake_order(c, arena_printf(w->arena, "n%zu.example", i));
		unixtime now = loop_now(w->loop) / 1000, expires;

		w->network.lasts_s = rows[i].lasts_s;
		(void)fake_post(c, challenge(c, &o, 1), "{}");
		assert_true(fake_becomes(c, o.authz[0], "valid"));
		expires = fake_authz_record(w, o.authz[0])->expires;
		assert_in_range(expires - now, rows[i].want_s,
		    rows[i].want_s + 3);
	}
}

/* DP1-03: a wildcard, or what is below a domain, is asked for as such. */
TEST(what_is_below_the_name_is_asked_for)
{
	struct fake_ca *w = *state;
	struct fake_client *c = client(w);
	struct fake_order o = fake_order(c, "a.example");

	(void)fake_post(c, challenge(c, &o, 1), "{}");
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_false(w->network.beneath);
	o = fake_order(c, "*.a.example");
	(void)fake_post(c, challenge(c, &o, 1), "{}");
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_true(w->network.beneath);
}

/* DA1-01 CHA-06: the URL is the one by which the client responded. */
TEST(dns_account_01_goes_by_the_url_the_client_has)
{
	static const char *const names[] = { "ca.test", "other.test" };
	struct fake_ca *w = *state;
	struct fake_client *c = client(w);
	struct fake_order o = fake_order(c, "a.example");
	const struct authz *z;

	w->config.names = names;
	w->config.n_names = 2;
	(void)fake_post(c, challenge(c, &o, 0), "{}");
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	z = fake_authz_record(w, o.authz[0]);
	assert_string_equal(z->challenges[0].account_url, c->kid);
	assert_string_equal(w->network.account_url, c->kid);
	assert_non_null(z->challenges[0].key_authz);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(dns_persist_01_tells_what_the_record_is_to_say),
		CA_CASE(dns_persist_01_is_responded_to_like_others),
		CA_CASE(dns_persist_01_lasts_as_long_as_the_record),
		CA_CASE(what_is_below_the_name_is_asked_for),
		CA_CASE(dns_account_01_goes_by_the_url_the_client_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
