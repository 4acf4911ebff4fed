/* An order that is ordered again (CONFORMANCE ORD-17, BLD-17). */
#include "tests/fake/ca.h"
#include "tests/order.h"

static struct fake_ca *
reusing(void **state)
{
	struct fake_ca *w = *state;

	w->config.orders_reuse = true;
	return w;
}

/* ORD-17, BLD-17: 201, the same Location, nothing new in the store. */
TEST(the_same_order_is_given_again_while_it_is_open)
{
	struct fake_ca *w = reusing(state);
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = order_with(c, "b.example,A.example", "");
	const char *path = order_path(r);
	struct store_stat before, after;
	size_t events = fake_events(w, NULL);

	store_stat(w->store, &before);
	r = order_with(c, "a.example,b.example", "");
	assert_string_equal(order_path(r), path);
	assert_string_equal(fake_json(w, r, "status"), "pending");
	/* In another spelling, or saying what is so anyway. */
	assert_string_equal(order_path(order_with(c, "B.EXAMPLE,a.example",
	                        ",\"profile\":\"tenminutes\"")),
	    path);
	store_stat(w->store, &after);
	assert_int_equal(after.orders, before.orders);
	assert_int_equal(after.authzs, before.authzs);
	assert_int_equal(fake_events(w, NULL), events);
	fake_ca_restart(w);
	assert_string_equal(order_path(order_with(c, "a.example,b.example",
	                        "")),
	    path);
}

/* ORD-17 */
TEST(a_ready_order_is_given_again_and_one_under_way_is_not)
{
	struct fake_ca *w = reusing(state);
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	struct fake_reply *r;

	fake_prove(c, &o);
	r = order_with(c, "a.example", "");
	assert_string_equal(order_path(r), o.path);
	assert_string_equal(fake_json(w, r, "status"), "ready");
	assert_int_equal(fake_post(c, o.finalize, fake_csr(c, "a.example"))
	                     ->status,
	    200);
	r = order_with(c, "a.example", "");
	assert_string_not_equal(order_path(r), o.path);
	assert_string_equal(fake_json(w, r, "status"), "ready");
}

/* ORD-17, BLD-17: only for the same names, profile, dates, replaces. */
TEST(what_differs_in_anything_is_another_order)
{
	struct fake_ca *w = reusing(state);
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	const char *path = order_path(order_with(c, "a.example,b.example", ""));
	char day[RFC3339_TEXT];

	assert_true(rfc3339_write(loop_now(w->loop) / 1000 + 300, day));
	const struct {
		const char *names, *more;
	} rows[] = {
		{ "a.example", "" },
		{ "a.example,b.example,c.example", "" },
		{ "a.example,c.example", "" },
		{ "*.a.example,b.example", "" },
		{ "a.example,b.example", ",\"profile\":\"hour\"" },
		{ "a.example,b.example",
		    arena_printf(w->arena, ",\"notAfter\":\"%s\"", day) },
		{ "a.example,b.example",
		    arena_printf(w->arena, ",\"notBefore\":\"%s\"", day) },
	};
	const char *seen[8] = { path };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seen[i + 1] =
		    order_path(order_with(c, rows[i].names, rows[i].more));
		for (size_t k = 0; k <= i; k++)
			assert_string_not_equal(seen[i + 1], seen[k]);
		/* Itself it is, though. */
		assert_string_equal(order_path(order_with(c, rows[i].names,
		                        rows[i].more)),
		    seen[i + 1]);
	}
	assert_string_not_equal(order_path(order_with(other,
	                            "a.example,b.example", "")),
	    path);
}

/* ORD-17 */
TEST(an_order_that_is_over_is_not_given_again)
{
	struct fake_ca *w = reusing(state);
	struct fake_client *c = fake_client_new(w);
	struct fake_order o = fake_order(c, "a.example");
	const char *next;

	(void)fake_post(c, o.authz[0], "{\"status\":\"deactivated\"}");
	next = order_path(order_with(c, "a.example", ""));
	assert_string_not_equal(next, o.path);
	fake_clock(w, 3600 * 1000);
	assert_string_not_equal(order_path(order_with(c, "a.example", "")),
	    next);
}

/* ORD-17: it can be switched off. */
TEST(every_order_is_new_where_that_is_configured)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);

	assert_string_not_equal(order_path(order_with(c, "a.example", "")),
	    order_path(order_with(c, "a.example", "")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(the_same_order_is_given_again_while_it_is_open),
		CA_CASE(a_ready_order_is_given_again_and_one_under_way_is_not),
		CA_CASE(what_differs_in_anything_is_another_order),
		CA_CASE(an_order_that_is_over_is_not_given_again),
		CA_CASE(every_order_is_new_where_that_is_configured),
	};

	return cmocka_run_group_tests_name("open_order", tests, NULL, NULL);
}
