/* An account's orders (RFC 8555, 7.1.2.1; CONFORMANCE OLS). */
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

static const char *
list_of(struct fake_client *c)
{
	return arena_printf(c->w->arena, "%s/orders", fake_path(c->kid));
}

static const char *
order_url(struct fake_client *c, const char *name)
{
	struct fake_reply *r = fake_post(c, "/acme/new-order",
	    arena_printf(c->w->arena,
	        "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"%s\"}]}",
	        name));

	assert_int_equal(r->status, 201);
	return fake_header(r, "Location");
}

/* OLS-01: a list, also when there is nothing in it. */
TEST(none_yet_is_an_empty_list)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = fake_post(c, list_of(c), "");

	assert_int_equal(r->status, 200);
	assert_string_equal(r->body, "{\"orders\":[]}");
	assert_null(fake_link(w, r, "next"));
}

/*
 * PAG-04, OLS-01, OLS-02, BLD-25: pending ones are there, invalid ones not;
 * for the owner only.
 */
TEST(they_are_the_account_s_own_without_the_invalid)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	const char *first = order_url(c, "a.example"), *last;
	struct fake_order lost = fake_order(c, "lost.example");
	struct fake_reply *r;

	(void)order_url(other, "b.example");
	fake_ca_run(w, 2, NULL);
	last = order_url(c, "c.example");
	(void)fake_post(c, lost.authz[0], "{\"status\":\"deactivated\"}");
	r = fake_post(c, list_of(c), "");
	assert_int_equal(fake_json_count(w, r, "orders"), 2);
	assert_string_equal(fake_json(w, r, "orders.0"), last);
	assert_string_equal(fake_json(w, r, "orders.1"), first);
	assert_true(fake_problem(w, fake_post(c, list_of(other), ""), 404,
	    "malformed"));
}

/* OLS-03, OLS-04, BLD-53: though orders are made meanwhile. */
TEST(long_lists_come_in_pages_that_miss_and_repeat_nothing)
{
	enum { N = 120 };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *urls[N + 1], *next = list_of(c);
	size_t n = 0, pages = 0;

	for (size_t i = 0; i < N; i++)
		(void)order_url(c, "a.example");
	while (next != NULL) {
		struct fake_reply *r = fake_post(c, next, "");
		size_t here = fake_json_count(w, r, "orders");

		assert_int_equal(r->status, 200);
		assert_true(here > 0 && here <= 50);
		for (size_t i = 0; i < here; i++) {
			assert_true(n < N);
			urls[n] = fake_json(w, r,
			    arena_printf(w->arena, "orders.%zu", i));
			for (size_t j = 0; j < n; j++)
				assert_string_not_equal(urls[j], urls[n]);
			n++;
		}
		next = fake_link(w, r, "next");
		if (next != NULL)
			next = fake_path(next);
		if (pages++ == 0)
			(void)order_url(c, "new.example");
	}
	assert_int_equal(n, N);
	assert_int_equal(pages, 3);
}

/* OLS-04: the page is as long as is configured. */
TEST(pages_may_be_as_short_as_one_order)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *made[3], *next = list_of(c);

	for (int i = 0; i < 3; i++) {
		made[i] = order_url(c, "a.example");
		fake_ca_run(w, 2, NULL);
	}
	w->config.orders_page = 1;
	for (int i = 2; i >= 0; i--) {
		struct fake_reply *r = fake_post(c, next, "");

		assert_int_equal(fake_json_count(w, r, "orders"), 1);
		assert_string_equal(fake_json(w, r, "orders.0"), made[i]);
		next = fake_link(w, r, "next");
		assert_int_equal(next == NULL, i == 0);
		if (next != NULL)
			next = fake_path(next);
	}
}

/* OLS-06: what is pruned is in no list. */
TEST(what_has_been_pruned_is_not_listed)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct batch *b = batch_new(w->arena);
	const char *kept = order_url(c, "a.example"),
	           *gone = order_url(c, "b.example");
	struct fake_reply *r;

	batch_delete_order(b, fake_order_record(w, fake_path(gone))->id);
	fake_commit(w, b);
	r = fake_post(c, list_of(c), "");
	assert_int_equal(fake_json_count(w, r, "orders"), 1);
	assert_string_equal(fake_json(w, r, "orders.0"), kept);
}

/* OLS-03: the last page has no successor. */
TEST(a_page_that_is_just_full_has_no_next)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r;

	for (size_t i = 0; i < 50; i++)
		(void)order_url(c, "a.example");
	r = fake_post(c, list_of(c), "");
	assert_int_equal(fake_json_count(w, r, "orders"), 50);
	assert_null(fake_link(w, r, "next"));
}

/* OLS-05: a cursor of nothing is a page that is not there. */
TEST(cursors_that_are_not_ours_and_bodies_are_refused)
{
	static const char *const bad[] = { "?before=", "?before=x", "?after=x",
		"?before=AAAAAAAAAAAAAAAAAAAAAAAAA", "?x" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	for (size_t i = 0; i < 5; i++)
		assert_true(fake_problem(w,
		    fake_post(c,
		        arena_printf(w->arena, "%s%s", list_of(c), bad[i]), ""),
		    404, "malformed"));
	assert_true(fake_problem(w, fake_post(c, list_of(c), "{}"), 400,
	    "malformed"));
	assert_true(fake_problem(w, fake_get(w, list_of(c)), 405, "malformed"));
}

/* OLS-03: each page is a resource of its own, query and all. */
TEST(s6_4_a_page_is_signed_for_with_its_query)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *page = arena_printf(w->arena,
	    "%s?before=AAAAAAAAAAAAAAAAAAAAAQ", list_of(c));

	assert_int_equal(fake_post(c, page, "")->status, 200);
	assert_true(fake_problem(w,
	    fake_send(w, page, fake_frame(c, list_of(c), "")), 403,
	    "unauthorized"));
	assert_true(fake_problem(w,
	    fake_send(w, list_of(c), fake_frame(c, page, "")), 403,
	    "unauthorized"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(none_yet_is_an_empty_list),
		CA_CASE(they_are_the_account_s_own_without_the_invalid),
		CA_CASE(long_lists_come_in_pages_that_miss_and_repeat_nothing),
		CA_CASE(pages_may_be_as_short_as_one_order),
		CA_CASE(what_has_been_pruned_is_not_listed),
		CA_CASE(a_page_that_is_just_full_has_no_next),
		CA_CASE(cursors_that_are_not_ours_and_bodies_are_refused),
		CA_CASE(s6_4_a_page_is_signed_for_with_its_query),
	};

	return cmocka_run_group_tests_name("orders", tests, NULL, NULL);
}
