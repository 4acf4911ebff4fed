/* What is counted, and who may see it. */
#include "acme/metrics.h"

#include "acme/acme_int.h"
#include "crypto/token.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static bool
tells(struct fake_ca *w, const char *line)
{
	struct fake_reply *r = fake_get(w, "/metrics");

	return r->status == 200 &&
	       strstr(r->body, arena_printf(w->arena, "\nmayfly_%s\n", line)) !=
	           NULL;
}

/* SEC-12: requests by endpoint, status and error; nonces; ARI. */
TEST(requests_are_counted_by_endpoint_status_and_error)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct http_refusal refused = {
		.status = 413, .method = "POST", .detail = "", .arena = w->arena
	};
	const char *body;

	(void)fake_issue(c, "a.example");
	assert_true(tells(w,
	    "requests_total{endpoint=\"/acme/new-order\",status=\"201\","
	    "error=\"\"} 1"));
	assert_true(tells(w,
	    "requests_total{endpoint=\"/acme/new-account\",status=\"201\","
	    "error=\"\"} 1"));
	(void)fake_send(w, "/acme/new-order", "{}");
	(void)fake_send(w, "/acme/new-order", "{}");
	assert_true(tells(w,
	    "requests_total{endpoint=\"/acme/new-order\",status=\"400\","
	    "error=\"malformed\"} 2"));
	(void)fake_get(w, "/nowhere/1");
	(void)fake_get(w, "/nowhere/2");
	assert_true(tells(w, "requests_total{endpoint=\"none\",status=\"404\","
	                     "error=\"malformed\"} 2"));
	body = fake_frame(c, "/acme/new-order", "");
	(void)fake_send(w, "/acme/new-order", body);
	(void)fake_send(w, "/acme/new-order", body);
	assert_true(tells(w, "nonce_failures_total 1"));
	(void)fake_get(w, "/acme/renewal-info/AAAA.BBBB");
	assert_true(tells(w, "ari_polls_total 1"));
	acme_refuse(&refused, w->ca);
	assert_true(tells(w, "refused_total{status=\"413\"} 1"));
}

/* SEC-12: validations by method and outcome, issuance by time. */
TEST(validations_and_issuances_are_counted)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o;

	(void)fake_issue(c, "a.example");
	fake_settle(w);
	assert_true(tells(w,
	    "validations_total{challenge=\"http-01\",outcome=\"valid\"} 1"));
	assert_true(tells(w, "issuance_seconds_count 1"));
	assert_true(tells(w, "issuance_seconds_bucket{le=\"+Inf\"} 1"));
	assert_true(tells(w, "issuance_seconds_bucket{le=\"10\"} 1"));
	assert_true(tells(w, "issuance_failures_total 0"));

	o = fake_order(c, "b.example");
	fake_network_says(&w->network, PROBE_FORBIDDEN, 0);
	(void)fake_post(c, o.http01[0], "{}");
	assert_true(fake_becomes(c, o.authz[0], "invalid"));
	fake_settle(w);
	assert_non_null(strstr(fake_get(w, "/metrics")->body,
	    "mayfly_validations_total{challenge=\"http-01\",outcome="
	    "\"connection\"} 1"));

	fake_network_says(&w->network, PROBE_PROVED, 0);
	o = fake_order(c, "c.example");
	fake_prove(c, &o);
	w->keeper_refuses = true;
	(void)fake_post(c, o.finalize, fake_csr(c, "c.example"));
	assert_true(fake_becomes(c, o.path, "invalid"));
	fake_settle(w);
	assert_true(tells(w, "issuance_failures_total 1"));
}

/* SEC-12: limits that were hit, and what the store holds. */
TEST(limits_and_the_store_are_told_of)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	assert_true(tells(w, "limit_hits_total{limit=\"orders\"} 0"));
	w->config.limits[LIMIT_ORDERS] = (struct rate){ 1, 1000000 };
	(void)fake_issue(c, "a.example");
	assert_int_equal(fake_post(c, "/acme/new-order",
	                     "{\"identifiers\":[{\"type\":\"dns\",\"value\":"
	                     "\"b\"}]}")
	                     ->status,
	    429);
	assert_true(tells(w, "limit_hits_total{limit=\"orders\"} 1"));
	assert_true(tells(w, "certificates 1"));
}

static void
stat_of(struct http_server *s, struct http_stat *out)
{
	(void)s;
	*out = (struct http_stat){ 1, 2, 3, 4 };
}

TEST(connections_are_told_by_listener)
{
	struct fake_ca *w = *state;
	struct http_server *some = (struct http_server *)w; /* not looked at */

	metrics_listener(w->ca->deps.metrics, "https", stat_of, some);
	assert_true(tells(w, "connections{listener=\"https\"} 1"));
	assert_true(tells(w, "connections_total{listener=\"https\"} 2"));
	assert_true(tells(w, "http_refused_total{listener=\"https\"} 3"));
	assert_true(tells(w, "http_requests_total{listener=\"https\"} 4"));
}

/* A parser of the format would stumble over anything else. */
TEST(each_line_is_a_comment_or_a_sample)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	char *save = NULL, *body;

	(void)fake_issue(c, "a.example");
	(void)fake_get(w, "/x\"y");
	body = arena_text(w->arena, fake_get(w, "/metrics")->body);
	assert_null(strchr(body, '\r'));
	for (char *l = strtok_r(body, "\n", &save); l != NULL;
	     l = strtok_r(NULL, "\n", &save)) {
		char *value = strrchr(l, ' ');

		assert_non_null(value);
		if (strncmp(l, "# HELP mayfly_", 14) == 0 ||
		    strncmp(l, "# TYPE mayfly_", 14) == 0)
			continue;
		assert_int_equal(strncmp(l, "mayfly_", 7), 0);
		assert_int_equal(strspn(value + 1, "0123456789."),
		    strlen(value + 1));
	}
}

static struct fake_reply *
ask(struct fake_ca *w, const char *authorization, bool plain)
{
	struct fake_ask q = {
		.method = "GET", .path = "/metrics", .plain = plain
	};

	if (authorization != NULL)
		q.extra =
		    (struct http_header){ "Authorization", authorization };
	return fake_ask(w, &q);
}

static bool
is_refused(struct fake_ca *w, struct fake_reply *r, const char *why)
{
	const char *challenge = fake_header(r, "WWW-Authenticate");

	return fake_problem(w, r, 401, "unauthorized") && challenge != NULL &&
	       strncmp(challenge, "Bearer realm=", 13) == 0 &&
	       strstr(challenge, why) != NULL;
}

TEST(with_auth_only_who_has_a_token_sees_them)
{
	static const uint8_t key[TOKEN_KEY_SIZE] = { 7 },
	                     other[TOKEN_KEY_SIZE] = { 8 };
	struct fake_ca *w = *state;
	struct arena *a = w->arena;
	int64_t now = loop_now(w->loop) / 1000;
	const char *good = token_make(key, "metrics", now, now + 100, a);

	w->config.metrics_auth = true;
	assert_true(fake_problem(w, ask(w, NULL, false), 503,
	    "serverInternal")); /* there is no key */
	w->config.token_key = key;
	assert_true(is_refused(w, ask(w, NULL, false), "scope=\"metrics\""));
	assert_true(is_refused(w, ask(w, "Basic YTpi", false), "Bearer"));
	assert_true(is_refused(w, ask(w, "Bearer ", false), "no token"));
	assert_true(is_refused(w,
	    ask(w,
	        arena_printf(a, "Bearer %s",
	            token_make(other, "metrics", now, now + 100, a)),
	        false),
	    "not one of this CA"));
	assert_true(is_refused(w,
	    ask(w,
	        arena_printf(a, "Bearer %s",
	            token_make(key, "metrics", now - 200, now - 100, a)),
	        false),
	    "expired"));
	assert_true(is_refused(w,
	    ask(w,
	        arena_printf(a, "Bearer %s",
	            token_make(key, "admin", now, now + 100, a)),
	        false),
	    "not for metrics"));
	assert_int_equal(ask(w, arena_printf(a, "Bearer %s", good), false)
	                     ->status,
	    200);
	assert_int_equal(ask(w, arena_printf(a, "bearer  %s", good), false)
	                     ->status,
	    200);
	/* In the clear a token is not worth having. */
	assert_true(fake_problem(w,
	    ask(w, arena_printf(a, "Bearer %s", good), true), 404,
	    "malformed"));
	w->config.metrics_auth = false;
	assert_int_equal(ask(w, NULL, true)->status, 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(requests_are_counted_by_endpoint_status_and_error),
		CA_CASE(validations_and_issuances_are_counted),
		CA_CASE(limits_and_the_store_are_told_of),
		CA_CASE(connections_are_told_by_listener),
		CA_CASE(each_line_is_a_comment_or_a_sample),
		CA_CASE(with_auth_only_who_has_a_token_sees_them),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
