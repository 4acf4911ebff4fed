/* Orders that ask for dates (RFC 8555, 7.4; CONFORMANCE ORD-11). */
#include "tests/fake/ca.h"
#include "tests/order.h"

static int64_t
now_s(struct fake_ca *w)
{
	return loop_now(w->loop) / 1000;
}

/* `,"member":"…"`, so many seconds from now. */
static const char *
at(struct fake_ca *w, const char *member, int64_t from_now)
{
	char text[RFC3339_TEXT];

	assert_true(rfc3339_write(now_s(w) + from_now, text));
	return arena_printf(w->arena, ",\"%s\":\"%s\"", member, text);
}

static struct certificate *
finished(struct fake_client *c, struct fake_reply *r)
{
	struct fake_ca *w = c->w;
	const char *finalize = fake_path(fake_json(w, r, "finalize"));

	r = fake_post(c, finalize, fake_csr(c, "a.example"));
	if (r->status != 200 || fake_json(w, r, "certificate") == NULL)
		fail_msg("%s", r->body);
	return fake_cert_record(w, fake_path(fake_json(w, r, "certificate")));
}

/* ORD-11: echoed, recorded, and what the certificate has to the second. */
TEST(s7_4_a_certificate_has_the_dates_that_were_asked_for)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r = order_with(c, "a.example",
	    arena_printf(w->arena, "%s%s", at(w, "notBefore", 20),
	        at(w, "notAfter", 320)));
	int64_t begin = time_at(w, r, "notBefore"),
	        end = time_at(w, r, "notAfter");
	struct certificate *x;

	assert_int_equal(end - begin, 300);
	order_prove(c, r);
	assert_int_equal(time_at(w, fake_post(c, order_path(r), ""),
	                     "notAfter"),
	    end);
	x = finished(c, r);
	assert_int_equal(x->not_before, begin);
	assert_int_equal(x->not_after, end);
}

/* ORD-11: one date may be asked for alone; the other is as usual. */
TEST(either_date_may_be_asked_for_alone)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r =
	    order_with(c, "a.example", at(w, "notAfter", 90));
	struct certificate *x;

	order_prove(c, r);
	assert_null(fake_json(w, r, "notBefore"));
	x = finished(c, r);
	assert_int_equal(x->not_after, time_at(w, r, "notAfter"));
	assert_true(x->not_before <= now_s(w));
	r = order_with(c, "a.example", at(w, "notBefore", 90));
	assert_null(fake_json(w, r, "notAfter"));
	x = finished(c, r);
	assert_int_equal(x->not_before, time_at(w, r, "notBefore"));
	assert_int_equal(x->not_after, x->not_before + 599);
}

/* ORD-11, ORD-03: any offset is read; UTC is told. */
TEST(any_offset_is_understood)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	char text[RFC3339_TEXT];
	struct fake_reply *r;

	assert_true(rfc3339_write(now_s(w) + 300 + 5400, text));
	r = order_with(c, "a.example",
	    arena_printf(w->arena, ",\"notAfter\":\"%.19s.00+01:30\"", text));
	assert_int_equal(r->status, 201);
	assert_true(rfc3339_write(now_s(w) + 300, text));
	assert_string_equal(fake_json(w, r, "notAfter"), text);
}

/* ORD-11, ORD-12: refused now, with the limits in the detail. */
TEST(what_cannot_be_had_is_refused_with_the_limits)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const struct {
		const char *more, *says;
	} rows[] = {
		{ ",\"notAfter\":5", "notAfter" },
		{ ",\"notBefore\":{}", "notBefore" },
		{ ",\"notAfter\":\"tomorrow\"", "RFC 3339" },
		{ ",\"notBefore\":\"2026-01-01T00:00:00\"", "RFC 3339" },
		{ ",\"notBefore\":\"\"", "RFC 3339" },
		{ at(w, "notAfter", 0), "from" },
		{ at(w, "notAfter", -100), "from" },
		{ at(w, "notAfter", 700), "600 s" },
		{ at(w, "notBefore", -100), "30 s in the past" },
		{ at(w, "notBefore", 700), "from" },
		{ arena_printf(w->arena, "%s%s", at(w, "notBefore", 100),
		      at(w, "notAfter", 100)),
		    "notAfter" },
		{ arena_printf(w->arena, "%s%s", at(w, "notBefore", 100),
		      at(w, "notAfter", 90)),
		    "notAfter" },
		{ ",\"notAfter\":\"2090-01-01T00:00:00Z\"", "from" },
	};
	struct store_stat before, after;

	store_stat(w->store, &before);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_reply *r = order_with(c, "a.example", rows[i].more);

		if (!fake_problem(w, r, 400, "malformed") ||
		    strstr(fake_json(w, r, "detail"), rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].more, r->body);
	}
	store_stat(w->store, &after);
	assert_int_equal(after.orders, before.orders);
	/* Another profile has other limits. */
	assert_int_equal(order_with(c, "a.example",
	                     arena_printf(w->arena, "%s,\"profile\":\"hour\"",
	                         at(w, "notAfter", 700)))
	                     ->status,
	    201);
}

/* ORD-11, ORD-16: an order whose dates have passed is over. */
TEST(an_order_does_not_outlive_its_dates)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct fake_reply *r =
	    order_with(c, "a.example", at(w, "notAfter", 120));
	const char *path = order_path(r);

	assert_int_equal(time_at(w, r, "expires"), time_at(w, r, "notAfter"));
	order_prove(c, r);
	assert_string_equal(fake_status(c, path), "ready");
	fake_clock(w, 121 * 1000);
	assert_string_equal(fake_status(c, path), "invalid");
	r = fake_post(c, fake_path(fake_json(w, r, "finalize")),
	    fake_csr(c, "a.example"));
	assert_true(fake_problem(w, r, 403, "orderNotReady"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s7_4_a_certificate_has_the_dates_that_were_asked_for),
		CA_CASE(either_date_may_be_asked_for_alone),
		CA_CASE(any_offset_is_understood),
		CA_CASE(what_cannot_be_had_is_refused_with_the_limits),
		CA_CASE(an_order_does_not_outlive_its_dates),
	};

	return cmocka_run_group_tests_name("order_dates", tests, NULL, NULL);
}
