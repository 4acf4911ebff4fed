/* The header table (CONFORMANCE 1 and 32), walked over the endpoints. */
#include "acme/endpoints.h"
#include "acme/headers.h"

#include <unistd.h>

#include "base/log.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static const char exposed[] = "Link, Location, Replay-Nonce, Retry-After";

/* A path that leads to the row, to an object that is not there. */
static const char *
path_of(const struct endpoint *row, struct arena *a)
{
	static const char *const values[][2] = {
		{ ":id", "AAAAAAAAAAAAAAAAAAAAAA" },
		{ ":type", "http-01" },
		{ ":profile", "hour" },
		{ ":cert", "AAAA.BBBB" },
		{ ":n", "1" },
	};
	const char *path = row->path;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *at = strstr(path, values[i][0]);

		if (at != NULL)
			path = arena_printf(a, "%.*s%s%s", (int)(at - path),
			    path, values[i][1], at + strlen(values[i][0]));
	}
	return path;
}

static bool
is(const struct fake_reply *r, const char *name, const char *value)
{
	return fake_headers(r, name) == 1 &&
	       strcmp(fake_header(r, name), value) == 0;
}

/* What holds for each reply, whatever it says. */
static void
check_common(struct fake_ca *w, const struct fake_reply *r, bool nonce,
    bool index)
{
	assert_int_equal(fake_headers(r, "Replay-Nonce"), nonce);
	assert_int_equal(fake_headers(r, "Cache-Control"), 1);
	if (nonce)
		assert_true(is(r, "Cache-Control", "no-store"));
	assert_true(is(r, "Access-Control-Allow-Origin", "*"));
	assert_true(is(r, "Access-Control-Expose-Headers", exposed));
	assert_int_equal(fake_link(w, r, "index") != NULL, index);
	if (index)
		assert_string_equal(fake_link(w, r, "index"),
		    "https://ca.test:8443/acme/directory");
	for (size_t i = 0; i < r->n_headers; i++) {
		const char *v = r->headers[i].value;

		/* A link a line, its relation in quotes. */
		if (strcmp(r->headers[i].name, "Link") == 0) {
			assert_non_null(strstr(v, ">;rel=\""));
			assert_null(strstr(v, ", <"));
			assert_null(memchr(v, ' ', strcspn(v, ">")));
		}
	}
}

/*
 * HTTP-06, BLD-03: any page in a browser may read replies.  HTTP-08,
 * HTTP-20, HTTP-21: the way to the directory is on all but itself; a nonce
 * is never kept.  HTTP-09: each link has a line of its own.
 */
TEST(each_endpoint_refuses_with_the_headers_of_the_table)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const struct endpoint *row;

	for (unsigned i = 0; (row = endpoint_at(i)) != NULL; i++) {
		const char *path = path_of(row, w->arena);
		struct fake_reply *r = fake_get(w, path);
		bool directory = strstr(path, "/directory") != NULL;
		bool nonces = strcmp(path, "/acme/new-nonce") == 0;

		check_common(w, r, nonces && r->status < 300, !directory);
		r = fake_send(w, path, "{}");
		assert_true(r->status >= 400);
		check_common(w, r, true, true);
		assert_true(is(r, "Content-Type", "application/problem+json"));
		r = fake_post(c, path, "");
		check_common(w, r, true, !directory);
	}
}

/* HTTP-20, HTTP-21: what succeeds says what it is, and is not kept. */
TEST(what_succeeds_has_the_headers_of_the_table)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	const char *cert;
	struct fake_reply *r = fake_get(w, "/acme/directory");

	check_common(w, r, false, false);
	assert_true(is(r, "Content-Type", "application/json"));
	assert_true(is(r, "Cache-Control", "public, max-age=0, no-cache"));
	r = fake_get(w, "/acme/new-nonce");
	assert_int_equal(r->status, 204);
	check_common(w, r, true, true);
	check_common(w, o.reply, true, true);
	assert_true(is(o.reply, "Content-Type", "application/json"));
	assert_string_equal(fake_path(fake_header(o.reply, "Location")),
	    o.path);
	r = fake_post(c, o.authz[0], "");
	check_common(w, r, true, true);
	r = fake_post(c, o.http01[0], "");
	check_common(w, r, true, true);
	assert_non_null(fake_link(w, r, "up"));
	cert = fake_issue(c, "b.example");
	r = fake_post(c, cert, "");
	check_common(w, r, true, true);
	assert_true(is(r, "Content-Type", "application/pem-certificate-chain"));
}

/* HTTP-16: no URL of ours is relative, wherever it stands. */
TEST(urls_are_absolute)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r = fake_get(w, "/acme/directory"), *z;
	static const char *const members[] = { "newNonce", "newAccount",
		"newOrder", "revokeCert" };
	static const char ours[] = "https://ca.test:8443/";

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		assert_int_equal(strncmp(fake_json(w, r, members[i]), ours,
		                     sizeof(ours) - 1),
		    0);
	assert_int_equal(strncmp(c->kid, ours, sizeof(ours) - 1), 0);
	z = fake_post(c, o.authz[0], "");
	const char *const urls[] = {
		fake_header(o.reply, "Location"),
		fake_link(w, o.reply, "index"),
		fake_json(w, o.reply, "finalize"),
		fake_json(w, o.reply, "authorizations.0"),
		fake_json(w, z, "challenges.0.url"),
		fake_json(w, fake_post(c, fake_path(c->kid), ""), "orders"),
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		assert_int_equal(strncmp(urls[i], ours, sizeof(ours) - 1), 0);
}

/* HTTP-18: a URL is told in one spelling, and taken in that. */
TEST(a_url_stays_what_it_was)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	const char *url = fake_header(o.reply, "Location");
	struct fake_reply *r = fake_post_jwk(c, "/acme/new-account", "{}");

	assert_string_equal(fake_header(r, "Location"), c->kid);
	r = fake_post(c, fake_path(url), "");
	assert_string_equal(fake_header(r, "Location"), url);
	fake_prove(c, &o);
	r = fake_post(c, o.finalize, fake_csr(c, "a.example"));
	assert_string_equal(fake_header(r, "Location"), url);
	r = fake_post(c, arena_printf(w->arena, "%s/orders", fake_path(c->kid)),
	    "");
	assert_string_equal(fake_json(w, r, "orders.0"), url);
}

static struct fake_reply *
options(struct fake_ca *w, const char *path, bool preflight)
{
	struct fake_ask q = { .method = "OPTIONS", .path = path };

	if (preflight) {
		q.extra = (struct http_header){ "Origin", "https://x.test" };
		q.also = (struct http_header){ "Access-Control-Request-Method",
			"POST" };
	}
	return fake_ask(w, &q);
}

/* HTTP-07: a browser asks first, and is told, without a nonce. */
TEST(options_tells_what_can_be_done)
{
	struct fake_ca *w = *state;
	static const struct {
		const char *path, *methods;
	} rows[] = {
		{ "/acme/directory", "GET, HEAD, POST" },
		{ "/acme/new-nonce", "GET, HEAD, POST" },
		{ "/acme/new-order", "POST" },
		{ "/acme/order/AAAAAAAAAAAAAAAAAAAAAA", "POST" },
		{ "/metrics", "GET, HEAD" },
		{ "*", "GET, HEAD, POST" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_reply *r = options(w, rows[i].path, true);

		assert_int_equal(r->status, 204);
		assert_int_equal(r->body_len, 0);
		assert_int_equal(fake_headers(r, "Replay-Nonce"), 0);
		assert_true(is(r, "Access-Control-Allow-Origin", "*"));
		assert_true(is(r, "Access-Control-Allow-Methods",
		    rows[i].methods));
		assert_non_null(strstr(fake_header(r,
		                           "Access-Control-Allow-Headers"),
		    "Content-Type"));
		assert_true(is(r, "Access-Control-Max-Age", "86400"));
		r = options(w, rows[i].path, false);
		assert_int_equal(r->status, 204);
		assert_true(is(r, "Allow",
		    arena_printf(w->arena, "%s, OPTIONS", rows[i].methods)));
		assert_null(fake_header(r, "Access-Control-Allow-Methods"));
	}
	assert_true(fake_problem(w, options(w, "/acme/nowhere", true), 404,
	    "malformed"));
	assert_true(fake_problem(w,
	    fake_ask(w, &(struct fake_ask){ .method = "OPTIONS",
	                    .path = "/acme/new-order",
	                    .host = "evil.example" }),
	    421, "malformed"));
}

/* HTTP-14: what there is can be done in another way, and that is told. */
TEST(a_wrong_method_is_told_the_right_ones)
{
	static const char *const methods[] = { "PUT", "DELETE", "PATCH", "HEAD",
		"GET" };
	struct fake_ca *w = *state;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		struct fake_reply *r =
		    fake_ask(w, &(struct fake_ask){ .method = methods[i],
		                    .path = "/acme/new-order" });

		assert_true(fake_problem(w, r, 405, "malformed"));
		assert_true(is(r, "Allow", "POST"));
	}
}

/* HTTP-15: a client that lost its way gets no page for people. */
TEST(what_is_nowhere_is_a_problem_with_a_way_to_the_directory)
{
	static const char *const paths[] = { "/acme/nowhere", "/nowhere",
		"/acme", "/acme/", "/directory", "/acme/order/",
		"/acme/directory/" };
	struct fake_ca *w = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct fake_reply *r = fake_get(w, paths[i]);

		assert_true(fake_problem(w, r, 404, "malformed"));
		assert_string_equal(fake_link(w, r, "index"),
		    "https://ca.test:8443/acme/directory");
		assert_int_equal(fake_headers(r, "Cache-Control"), 1);
	}
}

/* HTTP-05: any language may be asked for; problems are in ours. */
TEST(problems_say_what_language_they_are_in)
{
	struct fake_ca *w = *state;
	struct fake_reply *r =
	    fake_ask(w, &(struct fake_ask){ .method = "GET",
	                    .path = "/nowhere",
	                    .extra = { "Accept-Language", "tlh, *;q=0.1" } });

	assert_true(fake_problem(w, r, 404, "malformed"));
	assert_true(is(r, "Content-Language", "en"));
	assert_null(fake_header(fake_get(w, "/acme/directory"),
	    "Content-Language"));
}

/* HTTP-27: nonces are the server's to send in a header. */
TEST(a_nonce_in_a_header_of_a_request_is_refused)
{
	static const char *const methods[] = { "GET", "HEAD", "POST" };
	struct fake_ca *w = *state;

	for (size_t i = 0; i < 3; i++)
		assert_true(fake_problem(w,
		    fake_ask(w, &(struct fake_ask){ .method = methods[i],
		                    .path = "/acme/new-nonce",
		                    .body = "{}",
		                    .extra = { "replay-nonce", "abc" } }),
		    400, "malformed"));
}

/* ERR-08: what breaks inside is told under a name that our log has, too. */
TEST(what_broke_inside_can_be_found_again)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct account *acct;
	struct snap *s;
	struct batch *b;
	struct id id;
	struct fake_reply *r, *again;

	assert_true(id_parse(strrchr(c->kid, '/') + 1, &id));
	s = snap_open(w->store);
	acct = snap_account(s, w->arena, id);
	snap_close(s);
	acct->jwk = "{}";
	acct->thumbprint = "no key has this one";
	b = batch_new(w->arena);
	batch_put_account(b, acct);
	fake_commit(w, b);
	w->may_break = true;
	r = fake_post(c, fake_path(c->kid), "");
	assert_true(fake_problem(w, r, 500, "serverInternal"));
	assert_true(is(r, "Retry-After", "60"));
	assert_non_null(strstr(fake_json(w, r, "detail"), "the log"));
	again = fake_post(c, fake_path(c->kid), "");
	assert_string_not_equal(fake_json(w, r, "detail"),
	    fake_json(w, again, "detail"));
}

/* What is logged while a GET of `path` is answered; with an agent, or none. */
static const char *
logged(struct fake_ca *w, const char *agent)
{
	static char text[4096];
	int ends[2], real = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	assert_true(real >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	log_process_set("test");
	log_level_set(LOG_INFO_);
	(void)fake_ask(w, &(struct fake_ask){ .method = "GET",
	                      .path = "/acme/directory",
	                      .extra = { agent != NULL ? "User-Agent" : "X",
	                          agent != NULL ? agent : "y" } });
	log_level_set(LOG_OFF_);
	n = read(ends[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_true(dup2(real, STDERR_FILENO) >= 0);
	(void)close(real);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return text;
}

/* HTTP-04: clients say who they are; one that does not is served and noted. */
TEST(who_asks_is_in_the_log_and_so_is_who_does_not_say)
{
	struct fake_ca *w = *state;

	assert_non_null(strstr(logged(w, "certbot/2.1"),
	    "\"agent\":\"certbot/2.1\""));
	assert_non_null(strstr(logged(w, NULL), "\"agent\":\"-\""));
	assert_non_null(strstr(logged(w, ""), "\"agent\":\"-\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(each_endpoint_refuses_with_the_headers_of_the_table),
		CA_CASE(what_succeeds_has_the_headers_of_the_table),
		CA_CASE(urls_are_absolute),
		CA_CASE(a_url_stays_what_it_was),
		CA_CASE(options_tells_what_can_be_done),
		CA_CASE(a_wrong_method_is_told_the_right_ones),
		CA_CASE(
		    what_is_nowhere_is_a_problem_with_a_way_to_the_directory),
		CA_CASE(problems_say_what_language_they_are_in),
		CA_CASE(a_nonce_in_a_header_of_a_request_is_refused),
		CA_CASE(who_asks_is_in_the_log_and_so_is_who_does_not_say),
		CA_CASE(what_broke_inside_can_be_found_again),
	};

	return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}
