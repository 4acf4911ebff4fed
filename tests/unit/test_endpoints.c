/* The table of endpoints, walked (RFC 8555, 6.2, 6.3 and 7.1). */
#include "acme/endpoints.h"

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

/* A path that leads to the row, to an object that is not there. */
static const char *
path_of(const struct endpoint *row, struct arena *a)
{
	static const char *const values[][2] = {
		{ ":id", "AAAAAAAAAAAAAAAAAAAAAA" },
		{ ":type", "http-01" },
		{ ":profile", "hour" },
	};
	const char *path = row->path;

	for (size_t i = 0; i < 3; i++) {
		const char *at = strstr(path, values[i][0]);

		if (at != NULL)
			path = arena_printf(a, "%.*s%s%s", (int)(at - path),
			    path, values[i][1], at + strlen(values[i][0]));
	}
	return path;
}

TEST(every_row_is_whole_and_no_two_are_alike)
{
	const struct endpoint *row, *other;

	for (unsigned i = 0; (row = endpoint_at(i)) != NULL; i++) {
		bool get = strcmp(row->method, "GET") == 0;

		assert_true(get || strcmp(row->method, "POST") == 0);
		assert_int_equal(strncmp(row->path, "/acme/", 6), 0);
		assert_non_null(row->run);
		/* 6.2: what changes something is signed for. */
		assert_int_equal(row->auth == AUTH_NONE, get);
		assert_int_equal(row->body == BODY_NONE, get);
		assert_int_equal(row->schema != NULL,
		    row->body == BODY_JSON || row->body == BODY_EITHER);
		assert_int_equal(row->schema != NULL, row->in_size != NULL);
		if (row->in_size != NULL)
			assert_true(*row->in_size > 0);
		for (unsigned j = 0; j < i; j++) {
			other = endpoint_at(j);
			assert_true(strcmp(row->path, other->path) != 0 ||
			            strcmp(row->method, other->method) != 0);
			assert_true(row->directory == NULL ||
			            other->directory == NULL ||
			            strcmp(row->directory, other->directory) !=
			                0);
		}
	}
	assert_null(endpoint_at(1000));
}

/* PAG-03. */
/* DIR-10: some clients look for a name at the end of any other. */
TEST(no_name_in_the_directory_ends_in_another)
{
	const struct endpoint *row, *other;

	for (unsigned i = 0; (row = endpoint_at(i)) != NULL; i++)
		for (unsigned j = 0; (other = endpoint_at(j)) != NULL; j++) {
			size_t a = row->directory ? strlen(row->directory) : 0,
			       b = other->directory ? strlen(other->directory)
			                            : 0;

			if (i != j && a > 0 && a <= b)
				assert_string_not_equal(other->directory + b -
				                            a,
				    row->directory);
		}
}

/* PAG-03, BLD-25. */
TEST(s6_3_without_a_signature_little_can_be_had)
{
	struct fake_ca *w = *state;
	const struct endpoint *row;

	for (unsigned i = 0; (row = endpoint_at(i)) != NULL; i++) {
		const char *path = path_of(row, w->arena);
		struct fake_reply *r = fake_get(w, path);

		if (strcmp(row->method, "POST") != 0)
			continue;
		if (r->status == 405)
			assert_string_equal(fake_header(r, "Allow"), "POST");
		else
			assert_true(strstr(path, "directory") != NULL ||
			            strstr(path, "new-nonce") != NULL);
		r = fake_send(w, path, "{}");
		assert_true(fake_problem(w, r, 400, "malformed"));
		r = fake_ask(w, &(struct fake_ask){ .path = path,
		                    .type = "application/json",
		                    .body = "{}" });
		assert_true(fake_problem(w, r, 415, "malformed"));
	}
}

/* JWS-14. */
TEST(s6_2_each_row_takes_the_key_it_says)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const struct endpoint *row;

	for (unsigned i = 0; (row = endpoint_at(i)) != NULL; i++) {
		const char *path = path_of(row, w->arena);

		if (row->auth == AUTH_KID)
			assert_true(fake_problem(w, fake_post_jwk(c, path, ""),
			    400, "malformed"));
		if (row->auth == AUTH_JWK)
			assert_true(fake_problem(w, fake_post(c, path, "{}"),
			    400, "malformed"));
	}
	assert_int_equal(fake_post(c, fake_path(c->kid), "")->status, 200);
	assert_int_equal(fake_post_jwk(c, "/acme/new-account", "{}")->status,
	    200);
}

/* PAG-02, PAG-07. */
TEST(s6_3_each_row_takes_the_payload_it_says)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const struct endpoint *row;

	for (unsigned i = 0; (row = endpoint_at(i)) != NULL; i++) {
		const char *path = path_of(row, w->arena);
		struct fake_reply *r;

		if (row->auth == AUTH_NONE)
			continue;
		r = row->auth == AUTH_JWK ? fake_post_jwk(c, path, "[]")
		                          : fake_post(c, path, "[]");
		assert_true(fake_problem(w, r, 400, "malformed"));
		if (row->body == BODY_EMPTY)
			assert_true(fake_problem(w, fake_post(c, path, "{}"),
			    400, "malformed"));
		if (row->body == BODY_JSON)
			assert_true(fake_problem(w, fake_post(c, path, ""), 400,
			    "malformed"));
	}
}

TEST(what_is_nowhere_is_a_problem_document_on_every_method)
{
	static const char *const methods[] = { "GET", "POST", "DELETE" };
	struct fake_ca *w = *state;

	for (size_t i = 0; i < 3; i++) {
		struct fake_reply *r =
		    fake_ask(w, &(struct fake_ask){ .method = methods[i],
		                    .path = "/acme/nowhere",
		                    .body = "" });

		assert_true(fake_problem(w, r, 404, "malformed"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_whole_and_no_two_are_alike),
		cmocka_unit_test(no_name_in_the_directory_ends_in_another),
		CA_CASE(s6_3_without_a_signature_little_can_be_had),
		CA_CASE(s6_2_each_row_takes_the_key_it_says),
		CA_CASE(s6_3_each_row_takes_the_payload_it_says),
		CA_CASE(what_is_nowhere_is_a_problem_document_on_every_method),
	};

	return cmocka_run_group_tests_name("endpoints", tests, NULL, NULL);
}
