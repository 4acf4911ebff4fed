/* `replaces` in newOrder (RFC 9773, 5; CONFORMANCE ARI-08 to ARI-11). */
#include "acme/certid.h"
#include "base/b64url.h"
#include "tests/fake/ca.h"
#include "tests/order.h"

/* `,"replaces":"…"` for a certificate, as clients with this serial have it. */
static const char *
replaces(struct fake_ca *w, const struct certificate *x)
{
	const struct ca_chains *issuer = &w->config.chains[x->issuer - 1];
	struct certid id = { issuer->key_id, x->serial.bytes,
		issuer->key_id_len, ID_SIZE };

	return arena_printf(w->arena, ",\"replaces\":\"%s\"",
	    certid_text(&id, w->arena));
}

static struct certificate *
issued(struct fake_client *c, const char *names)
{
	return fake_cert_record(c->w, fake_issue(c, names));
}

static bool
refused(struct fake_ca *w, struct fake_reply *r, int status, const char *type)
{
	return fake_problem(w, r, status, type) &&
	       strstr(fake_json(w, r, "detail"), "replaces") != NULL;
}

/* ARI-09: the order says so, now and later. */
TEST(s5_it_is_accepted_and_told_ever_after)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct certificate *x = issued(c, "a.example");
	const char *more = replaces(w, x);
	struct fake_reply *r = order_with(c, "a.example,b.example", more);
	const char *path = order_path(r);

	assert_non_null(strstr(more, fake_json(w, r, "replaces")));
	r = fake_post(c, path, "");
	assert_non_null(strstr(more, fake_json(w, r, "replaces")));
	fake_ca_restart(w);
	r = fake_post(c, path, "");
	assert_non_null(strstr(more, fake_json(w, r, "replaces")));
	r = order_with(c, "a.example", "");
	assert_null(fake_json(w, r, "replaces"));
}

/* ARI-08, QRK-15: each refusal says which member it is about (ARI-11). */
TEST(what_cannot_be_replaced_is_refused)
{
	static const char *const malformed[] = { ",\"replaces\":\"\"",
		",\"replaces\":\"nonsense\"", ",\"replaces\":\"AA.AA=\"",
		",\"replaces\":5", ",\"replaces\":[\"AA.AA\"]",
		/* of nobody we know */
		",\"replaces\":\"aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE\"" };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w), *other = fake_client_new(w);
	struct certificate *x = issued(c, "a.example");
	struct store_stat before, after;

	store_stat(w->store, &before);
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		if (!refused(w, order_with(c, "a.example", malformed[i]), 400,
		        "malformed"))
			fail_msg("%s", malformed[i]);
	assert_true(refused(w, order_with(other, "a.example", replaces(w, x)),
	    403, "unauthorized"));
	assert_true(refused(w, order_with(c, "b.example", replaces(w, x)), 400,
	    "malformed"));
	assert_true(refused(w, order_with(c, "*.a.example", replaces(w, x)),
	    400, "malformed"));
	store_stat(w->store, &after);
	assert_int_equal(after.orders, before.orders);
	/* ARI-11: without it the order is fine. */
	assert_int_equal(order_with(c, "b.example", "")->status, 201);
}

/*
 * ARI-08, ARI-10, QRK-26: one order at a time, and the slot of one that
 * failed.
 */
TEST(a_certificate_is_replaced_once)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct certificate *x = issued(c, "a.example");
	const char *more = replaces(w, x);
	struct fake_reply *r = order_with(c, "a.example,b.example", more);
	const char *first = order_path(r),
	           *authz = fake_path(fake_json(w, r, "authorizations.1"));

	assert_true(refused(w, order_with(c, "a.example", more), 409,
	    "alreadyReplaced"));
	assert_true(refused(w, order_with(c, "a.example,c.example", more), 409,
	    "alreadyReplaced"));
	(void)fake_post(c, authz, "{\"status\":\"deactivated\"}");
	assert_string_equal(fake_status(c, first), "invalid");
	r = order_with(c, "a.example", more);
	assert_string_equal(fake_json(w, r, "status"), "ready");
	assert_true(refused(w, order_with(c, "a.example,c.example", more), 409,
	    "alreadyReplaced"));
	/* ARI-10: and for good when it is issued. */
	assert_int_equal(fake_post(c, fake_path(fake_json(w, r, "finalize")),
	                     fake_csr(c, "a.example"))
	                     ->status,
	    200);
	assert_true(refused(w, order_with(c, "a.example", more), 409,
	    "alreadyReplaced"));
}

/* ARI-10: an order that expires frees it, too. */
TEST(an_order_that_expires_frees_the_slot)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct certificate *x;
	const char *more;

	w->config.default_profile = &w->profiles[1]; /* an hour */
	w->config.order_s = 600;
	x = issued(c, "a.example");
	more = replaces(w, x);
	(void)order_path(order_with(c, "a.example,b.example", more));
	fake_clock(w, 599 * 1000);
	assert_true(refused(w, order_with(c, "a.example", more), 409,
	    "alreadyReplaced"));
	fake_clock(w, 601 * 1000);
	assert_int_equal(order_with(c, "a.example", more)->status, 201);
}

/* ARI-10: of two at the same moment one gets it. */
TEST(two_at_once_do_not_both_get_it)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct certificate *x = issued(c, "a.example");
	const char *id = strchr(replaces(w, x), ',');
	struct fake_reply *r[4];
	int won = 0;

	for (int i = 0; i < 4; i++)
		r[i] = fake_post_begin(c, "/acme/new-order",
		    arena_printf(w->arena,
		        "{\"identifiers\":[{\"type\":\"dns\",\"value\":"
		        "\"a.example\"},{\"type\":\"dns\",\"value\":"
		        "\"n%d.example\"}]%s}",
		        i, id));
	for (int i = 0; i < 4; i++) {
		fake_wait(w, r[i]);
		won += r[i]->status == 201;
		assert_true(r[i]->status == 201 ||
		            fake_problem(w, r[i], 409, "alreadyReplaced"));
	}
	assert_int_equal(won, 1);
}

/* ARI-03, ARI-08: serials as integers. */
TEST(a_serial_with_an_octet_too_many_is_the_same)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	struct certificate *x = issued(c, "a.example");
	const struct ca_chains *issuer = &w->config.chains[x->issuer - 1];
	uint8_t serial[ID_SIZE + 1] = { 0 };
	struct fake_reply *r;

	memcpy(serial + 1, x->serial.bytes, ID_SIZE);
	r = order_with(c, "a.example",
	    arena_printf(w->arena, ",\"replaces\":\"%s.%s\"",
	        b64url_text(issuer->key_id, issuer->key_id_len, w->arena),
	        b64url_text(serial, sizeof(serial), w->arena)));
	assert_int_equal(r->status, 201);
	assert_true(refused(w,
	    order_with(c, "a.example,b.example", replaces(w, x)), 409,
	    "alreadyReplaced"));
}

/* ARI-09: what is replaced can still be fetched and revoked. */
TEST(what_is_replaced_lives_on)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *path = fake_issue(c, "a.example");
	struct certificate *x = fake_cert_record(w, path);

	(void)order_path(order_with(c, "a.example", replaces(w, x)));
	assert_int_equal(fake_post(c, path, "")->status, 200);
	assert_int_equal(fake_post(c, "/acme/revoke-cert",
	                     arena_printf(w->arena, "%s}",
	                         fake_revocation(c, path)))
	                     ->status,
	    200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(s5_it_is_accepted_and_told_ever_after),
		CA_CASE(what_cannot_be_replaced_is_refused),
		CA_CASE(a_certificate_is_replaced_once),
		CA_CASE(an_order_that_expires_frees_the_slot),
		CA_CASE(two_at_once_do_not_both_get_it),
		CA_CASE(a_serial_with_an_octet_too_many_is_the_same),
		CA_CASE(what_is_replaced_lives_on),
	};

	return cmocka_run_group_tests_name("replaces", tests, NULL, NULL);
}
