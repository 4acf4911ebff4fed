/* What is refused when it comes too often, and how that is told. */
#include "acme/charge.h"

#include "acme/acme_int.h"
#include "acme/certid.h"
#include "acme/tally.h"
#include "base/b64url.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

enum { HOUR_MS = 3600 * 1000 };

static void
limit(struct fake_ca *w, enum limit which, unsigned n, unsigned per_ms)
{
	w->config.limits[which] = (struct rate){ n, per_ms };
}

static struct fake_reply *
order(struct fake_client *c, const char *name)
{
	return fake_post(c, "/acme/new-order",
	    arena_printf(c->w->arena,
	        "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"%s\"}]}",
	        name));
}

/* RL-01, RL-02, RL-03, RL-08: all that a refusal has to say. */
static bool
is_limited(struct fake_ca *w, const struct fake_reply *r, const char *name,
    const char *seconds)
{
	const char *after = fake_header(r, "Retry-After");

	return fake_problem(w, r, 429, "rateLimited") && after != NULL &&
	       (seconds == NULL || strcmp(after, seconds) == 0) &&
	       strspn(after, "0123456789") == strlen(after) &&
	       strstr(fake_json(w, r, "detail"), name) != NULL &&
	       fake_link(w, r, "help") != NULL &&
	       strstr(fake_link(w, r, "help"),
	           "https://ca.test:8443/limits#") != NULL &&
	       strstr(fake_link(w, r, "help"), name) != NULL;
}

/* RL-07, BLD-21: it would have been within the limit, and did not come to be. */
TEST(what_could_not_be_kept_has_cost_nothing)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	limit(w, LIMIT_ORDERS, 2, HOUR_MS);
	fake_store_full(w, true);
	for (int i = 0; i < 3; i++)
		assert_true(fake_problem(w, order(c, "a.example"), 503,
		    "serverInternal"));
	fake_store_full(w, false);
	assert_int_equal(order(c, "a.example")->status, 201);
}

/*
 * RL-01, RL-03, RL-04: new orders of an account.  RL-02: it comes
 * back when it was told to, and passes.  RL-07: what is refused has cost
 * nothing.
 */
TEST(orders_are_counted_by_account)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *d = fake_client_new(w);

	limit(w, LIMIT_ORDERS, 2, HOUR_MS);
	assert_int_equal(order(c, "a.example")->status, 201);
	for (int i = 0; i < 5; i++) /* refused for another reason */
		assert_true(fake_problem(w, order(c, "a_b"), 400,
		    "rejectedIdentifier"));
	assert_int_equal(order(c, "b.example")->status, 201);
	for (int i = 0; i < 3; i++)
		assert_true(is_limited(w, order(c, "c.example"), "orders",
		    "1800"));
	assert_int_equal(order(d, "c.example")->status, 201);
	fake_clock(w, 1799 * 1000);
	assert_true(is_limited(w, order(c, "c.example"), "orders", NULL));
	fake_clock(w, 1801 * 1000);
	assert_int_equal(order(c, "c.example")->status, 201);
	assert_int_equal(limits_hits(w->ca->deps.limits, LIMIT_ORDERS), 4);
}

/* RL-08: a limited request gets a nonce, and the way to the directory. */
TEST(a_refusal_has_what_every_reply_has)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;

	limit(w, LIMIT_ORDERS, 1, HOUR_MS);
	(void)order(c, "a.example");
	r = order(c, "b.example");
	assert_true(is_limited(w, r, "orders", "3600"));
	assert_int_equal(fake_headers(r, "Replay-Nonce"), 1);
	assert_non_null(fake_link(w, r, "index"));
}

/* RL-04, SEC-02: accounts are counted by address, an IPv6 one by its /48. */
TEST(accounts_are_counted_by_address)
{
	static const char key[] = "{\"termsOfServiceAgreed\":true}";
	struct fake_ca *w = *state;
	static const struct {
		const char *peer;
		bool limited;
	} rows[] = {
		{ "192.0.2.1", false },
		{ "192.0.2.1", true },
		{ "::ffff:192.0.2.1", true },
		{ "192.0.2.2", false },
		{ "2001:db8:1:2::3", false },
		{ "2001:db8:1:ffff::9", true },
		{ "2001:db8:2::3", false },
	};

	limit(w, LIMIT_ACCOUNTS, 1, HOUR_MS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_client *c = fake_client_bare(w);
		struct fake_reply *r;

		w->peer = rows[i].peer;
		r = fake_post_jwk(c, "/acme/new-account", key);
		assert_int_equal(r->status, rows[i].limited ? 429 : 201);
		if (rows[i].limited)
			assert_true(is_limited(w, r, "accounts", "3600"));
		else /* an account that is there costs nothing */
			assert_int_equal(fake_post_jwk(c, "/acme/new-account",
			                     key)
			                     ->status,
			    200);
	}
}

/* RL-04, SEC-02: any request counts, pages too, on either listener. */
TEST(requests_are_counted_by_address)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	limit(w, LIMIT_REQUESTS, 3, 60 * 1000);
	fake_clock(w, HOUR_MS);
	assert_int_equal(fake_get(w, "/acme/new-nonce")->status, 204);
	assert_int_equal(fake_get(w, "/healthz")->status, 200);
	assert_int_equal(fake_get(w, "/nowhere")->status, 404);
	assert_true(is_limited(w, fake_get(w, "/acme/new-nonce"), "requests",
	    "20"));
	assert_true(is_limited(w, order(c, "a.example"), "requests", NULL));
	assert_true(fake_problem(w,
	    fake_ask(w,
	        &(struct fake_ask){
	            .method = "GET", .path = "/roots.pem", .plain = true }),
	    429, "rateLimited"));
	w->peer = "192.0.2.7";
	assert_int_equal(fake_get(w, "/acme/new-nonce")->status, 204);
}

/* RL-04: certificates for the same names, whoever orders them. */
TEST(duplicates_are_counted_by_names)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *d = fake_client_new(w);
	struct fake_order o;
	struct fake_reply *r;

	limit(w, LIMIT_DUPLICATES, 2, HOUR_MS);
	(void)fake_issue(c, "a.example,b.example");
	o = fake_order(c, "a.example"); /* another set */
	o = fake_order(c, "b.example,a.example");
	fake_prove(c, &o);
	(void)fake_issue(d, "b.example,a.example");
	r = fake_post(c, "/acme/new-order",
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"},"
	    "{\"type\":\"dns\",\"value\":\"b.example\"}],\"profile\":"
	    "\"hour\"}");
	assert_true(is_limited(w, r, "duplicates", NULL));
	/* One that was ordered before waits at finalize, and stays ready. */
	r = fake_post(c, o.finalize, fake_csr(c, "a.example,b.example"));
	assert_true(is_limited(w, r, "duplicates", NULL));
	assert_string_equal(fake_status(c, o.path), "ready");
	fake_clock(w, 1801 * 1000);
	r = fake_post(c, o.finalize, fake_csr(c, "a.example,b.example"));
	assert_int_equal(r->status, 200);
}

/* What a client makes of a certificate it has. */
static const char *
certid_of(struct fake_ca *w, const struct certificate *x)
{
	const struct ca_chains *issuer = &w->config.chains[x->issuer - 1];
	struct certid id = { issuer->key_id, x->serial.bytes,
		issuer->key_id_len, ID_SIZE };

	return certid_text(&id, w->arena);
}

/* RL-05: who renews what it is time for is not kept from it. */
TEST(renewals_in_their_window_are_let_pass)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *cert = fake_issue(c, "a.example");
	struct certificate *record = fake_cert_record(w, cert);
	struct fake_reply *r;
	const char *payload;

	payload = arena_printf(w->arena,
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}],"
	    "\"replaces\":\"%s\"}",
	    certid_of(w, record));
	limit(w, LIMIT_ORDERS, 1, 24 * HOUR_MS);
	limit(w, LIMIT_DUPLICATES, 1, 24 * HOUR_MS);
	assert_int_equal(order(c, "other.example")->status, 201);
	r = fake_post(c, "/acme/new-order", payload);
	assert_true(is_limited(w, r, "orders", NULL)); /* too early */
	fake_clock_set(w, (record->not_after - 60) * 1000);
	assert_true(is_limited(w, order(c, "a.example"), "orders", NULL));
	r = fake_post(c, "/acme/new-order", payload);
	assert_int_equal(r->status, 201);
}

/*
 * RL-04: who revokes what was issued and says that the next replaces it pays
 * for that like for any other, or there would be no limit.
 */
TEST(what_was_revoked_is_no_renewal)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *cert = fake_issue(c, "a.example"), *payload;
	struct certificate *record = fake_cert_record(w, cert);

	limit(w, LIMIT_ORDERS, 1, 24 * HOUR_MS);
	assert_int_equal(order(c, "other.example")->status, 201);
	payload = arena_printf(w->arena, "{\"certificate\":\"%s\"}",
	    b64url_text(record->der, record->der_len, w->arena));
	assert_int_equal(fake_post(c, "/acme/revoke-cert", payload)->status,
	    200);
	payload = arena_printf(w->arena,
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}],"
	    "\"replaces\":\"%s\"}",
	    certid_of(w, record));
	assert_true(is_limited(w, fake_post(c, "/acme/new-order", payload),
	    "orders", NULL));
}

/*
 * RL-04, SEC-02: what changes again and again fills the journal, which is kept
 * for months; what is said again changes nothing, and the end is always free.
 */
TEST(changes_of_an_account_are_counted)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *own = fake_path(c->kid);

	limit(w, LIMIT_UPDATES, 2, HOUR_MS);
	for (int i = 0; i < 2; i++)
		for (int again = 0; again < 3; again++)
			assert_int_equal(fake_post(c, own,
			                     arena_printf(w->arena,
			                         "{\"contact\":[\"mailto:%d@"
			                         "a.example\"]}",
			                         i))
			                     ->status,
			    200);
	assert_int_equal(fake_events(w, "account.updated"), 2);
	assert_true(is_limited(w, fake_post(c, own, "{\"contact\":[]}"),
	    "updates", NULL));
	assert_int_equal(fake_post(c, own, "{\"status\":\"deactivated\"}")
	                     ->status,
	    200);
}

/* RL-04: failed validations, of the account and the name. */
TEST(failures_are_counted_by_account_and_name)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *d = fake_client_new(w);

	limit(w, LIMIT_FAILURES, 2, HOUR_MS);
	fake_network_says(&w->network, PROBE_FORBIDDEN, 0);
	for (int i = 0; i < 2; i++) {
		struct fake_order o = fake_order(c, "a.example");

		(void)fake_post(c, o.http01[0], "{}");
		assert_true(fake_becomes(c, o.authz[0], "invalid"));
		fake_settle(w); /* the verdict counts once it is durable */
	}
	assert_true(is_limited(w, order(c, "a.example"), "failures", NULL));
	assert_int_equal(order(c, "b.example")->status, 201);
	assert_int_equal(order(d, "a.example")->status, 201);
	fake_clock(w, 1801 * 1000);
	assert_int_equal(order(c, "a.example")->status, 201);
}

/* A response that would fail once too often waits, too; then it is taken. */
TEST(a_response_waits_after_failures)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order first = fake_order(c, "a.example"),
	                  second = fake_order(c, "a.example");

	limit(w, LIMIT_FAILURES, 1, 60 * 1000);
	fake_network_says(&w->network, PROBE_FORBIDDEN, 0);
	(void)fake_post(c, first.http01[0], "{}");
	assert_true(fake_becomes(c, first.authz[0], "invalid"));
	fake_settle(w);
	if (strcmp(first.authz[0], second.authz[0]) == 0)
		return; /* the same proof stands in both */
	assert_true(is_limited(w, fake_post(c, second.http01[0], "{}"),
	    "failures", NULL));
	assert_string_equal(fake_status(c, second.authz[0]), "pending");
	fake_clock(w, 61 * 1000);
	assert_int_equal(fake_post(c, second.http01[0], "{}")->status, 200);
}

/* RL-09: a response sent again and again. */
TEST(responses_are_counted_by_authorization)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example"),
	                  p = fake_order(c, "b.example");

	limit(w, LIMIT_CHALLENGES, 3, 60 * 1000);
	fake_prove(c, &o);
	for (int i = 0; i < 2; i++)
		assert_int_equal(fake_post(c, o.http01[0], "{}")->status, 200);
	assert_true(is_limited(w, fake_post(c, o.http01[0], "{}"), "challenges",
	    "20"));
	assert_int_equal(fake_post(c, o.http01[0], "")->status, 200);
	assert_int_equal(fake_post(c, p.http01[0], "{}")->status, 200);
}

/* RL-04, SEC-02: what is not decided yet; a decision gives it back. */
TEST(pending_authorizations_are_counted_by_account)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o, p;

	limit(w, LIMIT_PENDING, 3, HOUR_MS);
	o = fake_order(c, "a.example,b.example");
	p = fake_order(c, "c.example");
	assert_true(is_limited(w, order(c, "d.example"), "pending", "1200"));
	assert_true(is_limited(w,
	    fake_post(c, "/acme/new-authz",
	        "{\"identifier\":{\"type\":\"dns\",\"value\":\"d.example\"}}"),
	    "pending", NULL));
	fake_prove(c, &o);
	fake_settle(w);
	assert_int_equal(order(c, "d.example")->status, 201);
	assert_int_equal(order(c, "e.example")->status, 201);
	assert_true(is_limited(w, order(c, "f.example"), "pending", NULL));
	assert_int_equal(fake_post(c, p.authz[0],
	                     "{\"status\":\"deactivated\"}")
	                     ->status,
	    200);
	assert_int_equal(order(c, "f.example")->status, 201);
}

/* A key for external accounts has a rate of its own. */
TEST(orders_are_counted_by_external_account_key)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct eab *e = ARENA_NEW(w->arena, struct eab);
	struct batch *b = batch_new(w->arena);
	struct account *acct;
	struct snap *s;
	struct id id;

	e->id = id_new(1);
	e->created = 1;
	e->rate = "1/1h";
	memset(e->key, 7, sizeof(e->key));
	assert_true(id_parse(strrchr(c->kid, '/') + 1, &id));
	s = snap_open(w->store);
	acct = snap_account(s, w->arena, id);
	snap_close(s);
	acct->eab = e->id;
	batch_put_eab(b, e);
	batch_put_account(b, acct);
	fake_commit(w, b);
	assert_int_equal(order(c, "a.example")->status, 201);
	assert_true(is_limited(w, order(c, "b.example"), "eab", "3600"));
}

/* SEC-02: one account must not take all places of validations. */
TEST(validations_at_a_time_are_bounded_by_account)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *d = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example,b.example,c.example"),
	                  p = fake_order(d, "a.example");

	w->config.validations_per_account = 2;
	fake_network_says(&w->network, PROBE_PROVED, 1000);
	for (int i = 0; i < 2; i++)
		assert_int_equal(fake_post(c, o.http01[i], "{}")->status, 200);
	assert_true(is_limited(w, fake_post(c, o.http01[2], "{}"), "validation",
	    "2"));
	assert_int_equal(fake_post(d, p.http01[0], "{}")->status, 200);
	assert_true(fake_becomes(c, o.authz[0], "valid"));
	assert_int_equal(fake_post(c, o.http01[2], "{}")->status, 200);
	assert_true(fake_becomes(c, o.authz[2], "valid"));
}

/* RL-03: each limit has its place on the page, with its rate. */
TEST(the_page_tells_of_each_limit)
{
	struct fake_ca *w = *state;
	struct fake_reply *r;

	limit(w, LIMIT_ORDERS, 7, HOUR_MS);
	r = fake_get(w, "/limits");
	assert_int_equal(r->status, 200);
	for (int i = 0; i < LIMIT__COUNT; i++)
		assert_non_null(strstr(r->body,
		    arena_printf(w->arena, "id=\"%s\"",
		        limit_row((enum limit)i)->name)));
	assert_non_null(strstr(r->body, "7/1h"));
}

/* RL-04: without a limiter, nobody is refused. */
TEST(without_a_limiter_all_pass)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct limits *had = w->ca->deps.limits;

	limit(w, LIMIT_ORDERS, 1, HOUR_MS);
	w->ca->deps.limits = NULL;
	for (int i = 0; i < 3; i++)
		assert_int_equal(order(c, "a.example")->status, 201);
	w->ca->deps.limits = had;
}

TEST(a_tally_counts_by_account)
{
	struct tally *t = tally_new();
	struct id a = id_new(1), b = id_new(1);

	b.bytes[ID_SIZE - 1] = a.bytes[ID_SIZE - 1]; /* of one chain */
	tally_add(t, a);
	tally_add(t, a);
	tally_add(t, b);
	assert_int_equal(tally_of(t, a), 2);
	assert_int_equal(tally_of(t, b), 1);
	tally_drop(t, a);
	tally_drop(t, a);
	assert_int_equal(tally_of(t, a), 0);
	assert_int_equal(tally_of(t, b), 1);
	tally_free(t);
	tally_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(what_could_not_be_kept_has_cost_nothing),
		CA_CASE(orders_are_counted_by_account),
		CA_CASE(a_refusal_has_what_every_reply_has),
		CA_CASE(accounts_are_counted_by_address),
		CA_CASE(requests_are_counted_by_address),
		CA_CASE(duplicates_are_counted_by_names),
		CA_CASE(renewals_in_their_window_are_let_pass),
		CA_CASE(what_was_revoked_is_no_renewal),
		CA_CASE(changes_of_an_account_are_counted),
		CA_CASE(failures_are_counted_by_account_and_name),
		CA_CASE(a_response_waits_after_failures),
		CA_CASE(responses_are_counted_by_authorization),
		CA_CASE(pending_authorizations_are_counted_by_account),
		CA_CASE(orders_are_counted_by_external_account_key),
		CA_CASE(validations_at_a_time_are_bounded_by_account),
		CA_CASE(the_page_tells_of_each_limit),
		CA_CASE(without_a_limiter_all_pass),
		cmocka_unit_test(a_tally_counts_by_account),
	};

	return cmocka_run_group_tests_name("charge", tests, NULL, NULL);
}
