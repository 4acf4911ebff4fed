/* From path to row: 404, 405, and what the path names. */
#include "acme/route.h"

#include <stdio.h>

#include "acme/endpoints.h"
#include "tests/cmocka.h"

/* A table of the test's own, so that rows are told apart by address. */
static const struct endpoint rows[] = {
	{ .method = "GET", .path = "/acme/directory" },
	{ .method = "POST", .path = "/acme/directory" },
	{ .method = "GET", .path = "/acme/p/:profile/directory" },
	{ .method = "POST", .path = "/acme/p/:profile/new-order" },
	{ .method = "POST", .path = "/acme/order/:id" },
	{ .method = "POST", .path = "/acme/order/:id/finalize" },
	{ .method = "POST", .path = "/acme/challenge/:id/:type" },
	{ .method = "GET", .path = "/acme/only-get" },
};

const struct endpoint *
endpoint_at(unsigned i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}

static const struct acme_profile profiles[] = { { .name = "tenminutes" },
	{ .name = "hour" } };
static const struct acme_config config = {
	.profiles = profiles, .n_profiles = 2, .default_profile = &profiles[0]
};

static struct {
	struct rq rq;
	struct http_req http;
	const struct endpoint *row;
	const char *allow;
} w;

static int
before(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.rq.arena = arena_new();
	w.rq.http = &w.http;
	w.rq.config = &config;
	return 0;
}

static int
after(void **state)
{
	(void)state;
	arena_free(w.rq.arena);
	return 0;
}

static enum err
go(const char *method, const char *path)
{
	w.http.method = method;
	w.http.path = path;
	w.rq.fault = (struct fault){ 0 };
	w.rq.word = NULL;
	w.rq.profile = NULL;
	w.allow = NULL;
	return route(&w.rq, &w.row, &w.allow);
}

TEST(method_and_path_lead_to_one_row)
{
	assert_int_equal(go("GET", "/acme/directory"), OK);
	assert_ptr_equal(w.row, &rows[0]);
	assert_int_equal(go("HEAD", "/acme/directory"), OK);
	assert_ptr_equal(w.row, &rows[0]);
	assert_int_equal(go("POST", "/acme/directory"), OK);
	assert_ptr_equal(w.row, &rows[1]);
	assert_ptr_equal(w.rq.profile, &profiles[0]);
}

TEST(a_path_names_an_object_a_word_and_a_profile)
{
	struct id id = id_new(77);
	char text[ID_TEXT], path[128];

	id_text(id, text);
	(void)snprintf(path, sizeof(path), "/acme/order/%s", text);
	assert_int_equal(go("POST", path), OK);
	assert_ptr_equal(w.row, &rows[4]);
	assert_true(id_equal(w.rq.object, id));
	(void)snprintf(path, sizeof(path), "/acme/order/%s/finalize", text);
	assert_int_equal(go("POST", path), OK);
	assert_ptr_equal(w.row, &rows[5]);
	(void)snprintf(path, sizeof(path), "/acme/challenge/%s/dns-01", text);
	assert_int_equal(go("POST", path), OK);
	assert_string_equal(w.rq.word, "dns-01");
	assert_true(id_equal(w.rq.object, id));
	assert_int_equal(go("POST", "/acme/p/hour/new-order"), OK);
	assert_ptr_equal(w.rq.profile, &profiles[1]);
}

TEST(what_is_not_exactly_a_path_of_ours_is_not_found)
{
	struct id id = id_new(77);
	char text[ID_TEXT];
	static const char *const fixed[] = { "", "/", "/acme", "/acme/",
		"/acme/directory/", "//acme/directory", "/acme//directory",
		"/ACME/directory", "/acme/director", "/acme/directoryx",
		"/acme/order/", "/acme/order", "/acme/order/short",
		"/acme/order/AAAAAAAAAAAAAAAAAAAAAAAA",
		"/acme/order/../directory", "/acme/p//directory",
		"/acme/p/none/directory", "/acme/p/HOUR/directory",
		"/acme/p/hour/directory/x", "acme/directory", "*",
		"/acme/%64irectory", "/acme/:id" };
	static const char *const with_id[] = { "/acme/order/%s/",
		"/acme/order/%s=", "/acme/order/ %s", "/acme/order/%s/x",
		"/acme/order/%s/finalize/", "/acme/challenge/%s",
		"/acme/challenge/%s/", "/acme/challenge/%s/a/b" };
	char path[128];

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (go("POST", fixed[i]) != ERR_NOT_FOUND)
			fail_msg("%s", fixed[i]);
	id_text(id, text);
	for (size_t i = 0; i < sizeof(with_id) / sizeof(with_id[0]); i++) {
		const char *at = strstr(with_id[i], "%s");

		(void)snprintf(path, sizeof(path), "%.*s%s%s",
		    (int)(at - with_id[i]), with_id[i], text, at + 2);
		if (go("POST", path) != ERR_NOT_FOUND)
			fail_msg("%s", path);
	}
	assert_null(w.row);
}

TEST(s6_3_a_method_that_does_not_fit_is_told_what_does)
{
	char text[ID_TEXT], path[128];

	assert_int_equal(go("PUT", "/acme/directory"), ERR_METHOD_NOT_ALLOWED);
	assert_string_equal(w.allow, "GET, HEAD, POST");
	assert_null(w.row);
	assert_int_equal(go("POST", "/acme/only-get"), ERR_METHOD_NOT_ALLOWED);
	assert_string_equal(w.allow, "GET, HEAD");
	id_text(id_new(1), text);
	(void)snprintf(path, sizeof(path), "/acme/order/%s", text);
	assert_int_equal(go("GET", path), ERR_METHOD_NOT_ALLOWED);
	assert_string_equal(w.allow, "POST");
	assert_int_equal(go("HEAD", path), ERR_METHOD_NOT_ALLOWED);
	assert_int_equal(go("post", path), ERR_METHOD_NOT_ALLOWED);
	assert_int_equal(go("DELETE", "/acme/p/hour/directory"),
	    ERR_METHOD_NOT_ALLOWED);
	assert_int_equal(go("DELETE", "/acme/p/none/directory"), ERR_NOT_FOUND);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, before, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(method_and_path_lead_to_one_row),
		CASE(a_path_names_an_object_a_word_and_a_profile),
		CASE(what_is_not_exactly_a_path_of_ours_is_not_found),
		CASE(s6_3_a_method_that_does_not_fit_is_told_what_does),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
