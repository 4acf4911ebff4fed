/* The door: what never became a request, and whose configuration is in use. */
#include "acme/acme_int.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static const struct http_header *
header(const struct http_refusal *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (strcmp(r->headers[i].name, name) == 0)
			return &r->headers[i];
	return NULL;
}

/*
 * HTTP-05, HTTP-08, HTTP-23, NON-05, ERR-01, QRK-28: headers are the same if it never
 * became a request.
 */
TEST(a_refusal_is_a_problem_document_with_http_s_status)
{
	static const struct {
		int status;
		const char *method, *type;
	} rows[] = {
		{ 400, "", "malformed" },
		{ 400, "GET", "malformed" },
		{ 400, "POST", "malformed" },
		{ 408, "POST", "malformed" },
		{ 413, "POST", "malformed" },
		{ 414, "", "malformed" },
		{ 431, "POST", "malformed" },
		{ 501, "POST", NULL },
		{ 503, "POST", "serverInternal" },
		{ 505, "", NULL },
	};
	struct fake_ca *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_refusal r = { .status = rows[i].status,
			.method = rows[i].method,
			.detail = "what was wrong",
			.arena = w->arena };
		struct fake_reply view = { 0 };
		bool post = strcmp(rows[i].method, "POST") == 0;

		acme_refuse(&r, w->ca);
		view.body = arena_bytes(w->arena, r.body, r.body_len);
		view.body_len = r.body_len;
		assert_string_equal(header(&r, "Content-Type")->value,
		    "application/problem+json");
		assert_string_equal(fake_json(w, &view, "status"),
		    arena_printf(w->arena, "%d", rows[i].status));
		assert_string_equal(fake_json(w, &view, "detail"),
		    "what was wrong");
		if (rows[i].type != NULL)
			assert_string_equal(fake_json(w, &view, "type"),
			    arena_printf(w->arena,
			        "urn:ietf:params:acme:error:%s", rows[i].type));
		/* 6.5: on errors, too; and the way to the directory. */
		assert_int_equal(header(&r, "Replay-Nonce") != NULL, post);
		assert_non_null(strstr(header(&r, "Link")->value,
		    "/acme/directory>;rel=\"index\""));
		assert_string_equal(header(&r, "Access-Control-Allow-Origin")
		                        ->value,
		    "*");
		assert_non_null(header(&r, "Cache-Control"));
		assert_string_equal(header(&r, "Content-Language")->value,
		    "en");
		assert_int_equal(header(&r, "Retry-After") != NULL,
		    rows[i].status == 503);
	}
}

/* NON-05, BLD-08. */
TEST(a_refusal_s_nonce_is_good)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct http_refusal r = { .status = 413,
		.method = "POST",
		.detail = "too large",
		.arena = w->arena };
	const char *url = c->kid;

	acme_refuse(&r, w->ca);
	assert_int_equal(fake_send(w, fake_path(url),
	                     fake_signer_frame(c->signer,
	                         arena_printf(w->arena, "\"kid\":\"%s\"", url),
	                         header(&r, "Replay-Nonce")->value, url, "",
	                         w->arena))
	                     ->status,
	    200);
}

static void
gone(struct acme_config *c)
{
	*(bool *)c->gone_arg = true;
}

TEST(a_configuration_stays_while_a_request_goes_by_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	bool is_gone = false;
	struct acme_config first = w->config;
	struct fake_reply *r;

	first.refs = 1;
	first.gone = gone;
	first.gone_arg = &is_gone;
	first.linger_challenge_ms = 1;
	acme_configure(w->ca, &first);
	acme_config_unref(&first);
	assert_false(is_gone);
	fake_network_says(&w->network, PROBE_PROVED, 1000);
	(void)fake_post(c, o.http01[0], "{}");
	r = fake_post_begin(c, o.path, "");
	fake_settle(w);
	acme_configure(w->ca, &w->config);
	assert_false(is_gone);
	fake_wait(w, r);
	assert_string_equal(fake_json(w, r, "status"), "ready");
	assert_true(is_gone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(a_refusal_is_a_problem_document_with_http_s_status),
		CA_CASE(a_refusal_s_nonce_is_good),
		CA_CASE(a_configuration_stays_while_a_request_goes_by_it),
	};

	return cmocka_run_group_tests_name("acme", tests, NULL, NULL);
}
