/* Names proved by a domain above them (RFC 9444; CONFORMANCE SUB). */
#include "acme/subdomains.h"
#include "tests/fake/ca.h"
#include "tests/order.h"

static struct fake_ca *
allowing(void **state)
{
	struct fake_ca *w = *state;

	w->config.subdomains = true;
	return w;
}

/* Order one name with an ancestor; NULL: none. */
static struct fake_reply *
order_below(struct fake_client *c, const char *name, const char *ancestor)
{
	struct arena *a = c->w->arena;

	return fake_post(c, "/acme/new-order",
	    arena_printf(a,
	        "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"%s\"%s}]}",
	        name,
	        ancestor == NULL
	            ? ""
	            : arena_printf(a, ",\"ancestorDomain\":\"%s\"", ancestor)));
}

static struct fake_reply *
authz_of(struct fake_client *c, struct fake_reply *order)
{
	assert_int_equal(order->status, 201);
	return fake_post(c,
	    fake_path(fake_json(c->w, order, "authorizations.0")), "");
}

/* SUB-01, SUB-03: the ancestor is to be proved, by DNS, and it is said so. */
TEST(s4_a_name_is_proved_by_its_ancestor)
{
	struct fake_ca *w = allowing(state);
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = order_below(c, "x.y.Corp.example",
	                      "CORP.example"),
	                  *z = authz_of(c, r);

	assert_string_equal(fake_json(w, r, "identifiers.0.value"),
	    "x.y.corp.example");
	assert_string_equal(fake_json(w, z, "identifier.value"),
	    "corp.example");
	assert_string_equal(fake_json(w, z, "subdomainAuthAllowed"), "true");
	assert_null(fake_json(w, z, "wildcard"));
	assert_int_equal(fake_json_count(w, z, "challenges"), 1);
	assert_string_equal(fake_json(w, z, "challenges.0.type"), "dns-01");
	order_prove(c, r);
	assert_string_equal(fake_status(c, order_path(r)), "ready");
	r = fake_post(c, fake_path(fake_json(w, r, "finalize")),
	    fake_csr(c, "x.y.corp.example"));
	assert_string_equal(fake_json(w, r, "status"), "valid");
}

/* SUB-01: one proof for all the names that it is asked to stand for. */
TEST(names_below_one_ancestor_share_it)
{
	struct fake_ca *w = allowing(state);
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = fake_post(c, "/acme/new-order",
	    "{\"identifiers\":["
	    "{\"type\":\"dns\",\"value\":\"a.corp.example\","
	    "\"ancestorDomain\":\"corp.example\"},"
	    "{\"type\":\"dns\",\"value\":\"b.corp.example\","
	    "\"ancestorDomain\":\"corp.example\"},"
	    "{\"type\":\"dns\",\"value\":\"corp.example\"}]}");
	const char *path = order_path(r);

	assert_int_equal(fake_json_count(w, r, "identifiers"), 3);
	assert_int_equal(fake_json_count(w, r, "authorizations"), 2);
	order_prove(c, r);
	assert_string_equal(fake_status(c, path), "pending");
	assert_int_equal(fake_order_record(w, path)->n_idents, 3);
}

/* SUB-01: a wildcard may be proved by what is above it, if that is asked for. */
TEST(a_wildcard_is_proved_by_its_ancestor)
{
	struct fake_ca *w = allowing(state);
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = order_below(c, "*.x.corp.example",
	                      "corp.example"),
	                  *z = authz_of(c, r);

	assert_string_equal(fake_json(w, z, "identifier.value"),
	    "corp.example");
	assert_null(fake_json(w, z, "wildcard"));
	order_prove(c, r);
	r = fake_post(c, fake_path(fake_json(w, r, "finalize")),
	    fake_csr(c, "*.x.corp.example"));
	assert_string_equal(fake_json(w, r, "status"), "valid");
}

/* SUB-01: the flag stands in the directory, and works, if it is configured. */
TEST(it_is_offered_only_where_it_is_configured)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = fake_get(w, "/acme/directory"), *z;

	assert_null(fake_json(w, r, "meta.subdomainAuthAllowed"));
	z = authz_of(c, order_below(c, "x.corp.example", "corp.example"));
	assert_string_equal(fake_json(w, z, "identifier.value"),
	    "x.corp.example");
	assert_null(fake_json(w, z, "subdomainAuthAllowed"));
	z = fake_post(c, "/acme/new-authz",
	    "{\"identifier\":{\"type\":\"dns\",\"value\":\"corp.example\","
	    "\"subdomainAuthAllowed\":true}}");
	assert_null(fake_json(w, z, "subdomainAuthAllowed"));
	w->config.subdomains = true;
	r = fake_get(w, "/acme/directory");
	assert_string_equal(fake_json(w, r, "meta.subdomainAuthAllowed"),
	    "true");
}

/* SUB-01, SUB-03 */
TEST(what_is_no_ancestor_is_refused)
{
	static const struct {
		const char *name, *ancestor, *type;
	} rows[] = {
		{ "x.corp.example", "orp.example", "malformed" },
		{ "x.corp.example", "other.example", "malformed" },
		{ "corp.example", "x.corp.example", "malformed" },
		{ "x.corp.example", "*.corp.example", "malformed" },
		{ "x.corp.example", "192.0.2.1", "malformed" },
		{ "x.corp.example", "", "rejectedIdentifier" },
		{ "x.corp.example", "corp..example", "rejectedIdentifier" },
		/* SUB-03: nobody speaks for it as a whole */
		{ "x.corp.example", "example", "rejectedIdentifier" },
	};
	struct fake_ca *w = allowing(state);
	struct fake_client *c = fake_client_new(w);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_reply *r =
		    order_below(c, rows[i].name, rows[i].ancestor);

		if (!fake_problem(w, r, 400, rows[i].type))
			fail_msg("%s: %s", rows[i].ancestor, r->body);
		assert_int_equal(fake_json_count(w, r, "subproblems"), 1);
	}
	assert_true(fake_problem(w,
	    fake_post(c, "/acme/new-order",
	        "{\"identifiers\":[{\"type\":\"ip\",\"value\":\"192.0.2.1\","
	        "\"ancestorDomain\":\"corp.example\"}]}"),
	    400, "malformed"));
	assert_int_equal(order_below(c, "corp.example", "corp.example")->status,
	    201);
}

/* SUB-01, SUB-03: the operator's zones bound it. */
TEST(an_ancestor_that_policy_forbids_is_refused)
{
	static const char *const deny[] = { "corp.example" };
	struct fake_ca *w = allowing(state);
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;

	w->config.deny = (struct name_list){ deny, 1 };
	assert_int_equal(order_below(c, "x.corp.example", NULL)->status, 201);
	r = order_below(c, "x.corp.example", "corp.example");
	assert_true(fake_problem(w, r, 400, "rejectedIdentifier"));
}

/* SUB-02: pre-authorised with the flag, it does for names below. */
TEST(s4_2_a_domain_is_authorised_for_what_is_below)
{
	struct fake_ca *w = allowing(state);
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct fake_reply *z = fake_post(c, "/acme/new-authz",
	    "{\"identifier\":{\"type\":\"dns\",\"value\":\"corp.example\","
	    "\"subdomainAuthAllowed\":true}}");
	const char *path = fake_path(fake_header(z, "Location"));
	static const char *const names[] = { "a.corp.example",
		"b.c.corp.example", "corp.example" };

	assert_string_equal(fake_json(w, z, "subdomainAuthAllowed"), "true");
	assert_int_equal(fake_json_count(w, z, "challenges"), 1);
	(void)fake_post(c, fake_path(fake_json(w, z, "challenges.0.url")),
	    "{}");
	assert_true(fake_becomes(c, path, "valid"));
	for (size_t i = 0; i < 3; i++) {
		struct fake_reply *r = order_below(c, names[i], NULL);

		assert_string_equal(fake_json(w, r, "status"), "ready");
		assert_string_equal(fake_path(fake_json(w, r,
		                        "authorizations.0")),
		    path);
	}
	assert_string_equal(fake_json(w,
	                        order_below(c, "a.corp.example",
	                            "corp.example"),
	                        "status"),
	    "ready");
	/* Not for a sibling, a wildcard, or somebody else. */
	assert_string_equal(fake_json(w, order_below(c, "a.example", NULL),
	                        "status"),
	    "pending");
	assert_string_equal(fake_json(w, order_below(c, "*.corp.example", NULL),
	                        "status"),
	    "pending");
	assert_string_equal(fake_json(w,
	                        order_below(other, "a.corp.example", NULL),
	                        "status"),
	    "pending");
	/* Nor for anybody once it is switched off. */
	w->config.subdomains = false;
	assert_string_equal(fake_json(w, order_below(c, "d.corp.example", NULL),
	                        "status"),
	    "pending");
}

/* SUB-02: without the flag, for the name alone. */
TEST(without_the_flag_it_is_good_for_the_name_alone)
{
	static const char *const payloads[] = {
		"{\"identifier\":{\"type\":\"dns\",\"value\":"
		"\"corp.example\"}}",
		"{\"identifier\":{\"type\":\"dns\",\"value\":\"corp.example\","
		"\"subdomainAuthAllowed\":false}}",
	};
	struct fake_ca *w = allowing(state);
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;

	for (size_t i = 0; i < 2; i++) {
		struct fake_reply *z =
		    fake_post(c, "/acme/new-authz", payloads[i]);

		assert_null(fake_json(w, z, "subdomainAuthAllowed"));
		if (i == 0)
			(void)fake_post(c,
			    fake_path(fake_json(w, z, "challenges.0.url")),
			    "{}");
		assert_true(fake_becomes(c,
		    fake_path(fake_header(z, "Location")), "valid"));
	}
	r = order_below(c, "a.corp.example", NULL);
	assert_string_equal(fake_json(w, r, "status"), "pending");
	r = order_below(c, "a.corp.example", "corp.example");
	assert_string_equal(fake_json(w, r, "status"), "pending");
}

/* SUB-03 */
TEST(what_is_above_ends_where_nobody_speaks_for_it)
{
	assert_string_equal(domain_above("a.b.example"), "b.example");
	assert_null(domain_above("b.example"));
	assert_null(domain_above("example"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s4_a_name_is_proved_by_its_ancestor),
		CA_CASE(names_below_one_ancestor_share_it),
		CA_CASE(a_wildcard_is_proved_by_its_ancestor),
		CA_CASE(it_is_offered_only_where_it_is_configured),
		CA_CASE(what_is_no_ancestor_is_refused),
		CA_CASE(an_ancestor_that_policy_forbids_is_refused),
		CA_CASE(s4_2_a_domain_is_authorised_for_what_is_below),
		CA_CASE(without_the_flag_it_is_good_for_the_name_alone),
		CA_CASE(what_is_above_ends_where_nobody_speaks_for_it),
	};

	return cmocka_run_group_tests_name("subdomains", tests, NULL, NULL);
}
