/* Revocation lists, from what is revoked to what is fetched (CONFORMANCE CRL). */
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "acme/crl.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"
#include "tests/fake/parts.h"

#define REVOKE "/acme/revoke-cert"
#define PATH   "/crl/1.crl"

static struct crl *
record(struct fake_ca *w)
{
	struct snap *s = snap_open(w->store);
	struct crl *c = snap_crl(s, w->arena, 1);

	snap_close(s);
	return c;
}

static uint64_t
published(struct fake_ca *w)
{
	const struct crl *c = record(w);

	return c == NULL || c->der == NULL || c->tbs != NULL ? 0 : c->number;
}

/* The next list, and whatever was on its way. */
static void
await(struct fake_ca *w, uint64_t after)
{
	FAKE_UNTIL(w, published(w) > after);
	assert_true(published(w) > after);
}

/* As anybody fetches it. */
static X509_CRL *
fetch(struct fake_ca *w)
{
	struct fake_reply *r = fake_ask(w,
	    &(struct fake_ask){ .method = "GET", .path = PATH, .plain = true });
	const uint8_t *p = (const uint8_t *)r->body, *at;
	X509_CRL *l;
	X509 *issuer;

	assert_int_equal(r->status, 200);
	l = d2i_X509_CRL(NULL, &p, (long)r->body_len);
	assert_non_null(l);
	assert_ptr_equal(p, r->body + r->body_len);
	at = w->parts->issuing.der;
	issuer = d2i_X509(NULL, &at, (long)w->parts->issuing.der_len);
	assert_int_equal(X509_CRL_verify(l, X509_get0_pubkey(issuer)), 1);
	assert_int_equal(X509_NAME_cmp(X509_CRL_get_issuer(l),
	                     X509_get_subject_name(issuer)),
	    0);
	X509_free(issuer);
	return l;
}

/* Why the certificate is revoked, by the list; -1: it is not on it. */
static int
listed(struct fake_ca *w, const char *cert)
{
	struct id serial;
	BIGNUM *bn;
	ASN1_INTEGER *n;
	X509_CRL *l = fetch(w);
	X509_REVOKED *r = NULL;
	int reason = -1;

	assert_true(id_parse(strrchr(cert, '/') + 1, &serial));
	bn = BN_bin2bn(serial.bytes, ID_SIZE, NULL);
	n = BN_to_ASN1_INTEGER(bn, NULL);
	if (X509_CRL_get0_by_serial(l, &r, n) == 1) {
		ASN1_ENUMERATED *e =
		    X509_REVOKED_get_ext_d2i(r, NID_crl_reason, NULL, NULL);

		reason = e == NULL ? 0 : (int)ASN1_ENUMERATED_get(e);
		ASN1_ENUMERATED_free(e);
	}
	X509_CRL_free(l);
	ASN1_INTEGER_free(n);
	BN_free(bn);
	return reason;
}

static void
revoke_as(struct fake_client *c, const char *cert, const char *rest)
{
	const char *payload =
	    arena_printf(c->w->arena, "%s%s}", fake_revocation(c, cert), rest);

	assert_int_equal(fake_post(c, REVOKE, payload)->status, 200);
}

/* CRL-02 CRL-05: there is one from the start, of nothing. */
TEST(an_issuer_has_a_list_from_the_first)
{
	struct fake_ca *w = *state;
	X509_CRL *l;

	assert_int_equal(fake_get(w, PATH)->status, 404);
	acme_resume(w->ca);
	await(w, 0);
	l = fetch(w);
	assert_null(X509_CRL_get_REVOKED(l));
	X509_CRL_free(l);
	assert_int_equal(fake_events(w, "crl.published"), 1);
	assert_int_equal(fake_due_rows(w, DUE_CRL), 1);
}

/* REV-10 CRL-02 CRL-03: within seconds, with its reason. */
TEST(what_is_revoked_is_on_a_list_within_seconds)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example"),
	           *b = fake_issue(c, "b.example");
	uint64_t first;
	int64_t began;

	acme_resume(w->ca);
	await(w, 0);
	first = published(w);
	revoke_as(c, a, ",\"reason\":4");
	began = loop_now(w->loop);
	await(w, first);
	assert_true(loop_now(w->loop) - began < 5000);
	assert_int_equal(listed(w, a), 4);
	assert_int_equal(listed(w, b), -1);
	first = published(w);
	revoke_as(c, b, "");
	await(w, first);
	assert_int_equal(listed(w, a), 4);
	assert_int_equal(listed(w, b), 0);
	/* one row for the next regular one, however many there were */
	fake_ca_run(w, 100, NULL);
	assert_int_equal(fake_due_rows(w, DUE_CRL), 1);
}

TEST(many_revocations_at_once_are_one_list)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *certs[6];
	size_t lists;

	for (int i = 0; i < 6; i++)
		certs[i] = fake_issue(c, "a.example");
	acme_resume(w->ca);
	await(w, 0);
	lists = fake_events(w, "crl.published");
	for (int i = 0; i < 6; i++)
		revoke_as(c, certs[i], "");
	for (int i = 0; i < 6; i++) {
		FAKE_UNTIL(w, listed(w, certs[i]) == 0);
		assert_int_equal(listed(w, certs[i]), 0);
	}
	assert_in_range(fake_events(w, "crl.published"), lists + 1, lists + 3);
}

/* CRL-01: over restarts, and when the clock has been set back. */
TEST(numbers_rise_for_ever)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example");
	uint64_t last;

	acme_resume(w->ca);
	await(w, 0);
	last = published(w);
	assert_true(last > UINT64_C(1700000000000)); /* even of a lost store */
	fake_ca_restart(w);
	fake_clock(w, -50 * 1000);
	revoke_as(c, a, "");
	acme_resume(w->ca);
	await(w, last);
	assert_int_equal(published(w), last + 1);
	assert_int_equal(listed(w, a), 0);
}

/*
 * CRL-02: a clock that was ahead, and has been set right, must not keep what
 * was revoked by it off the lists until it is that late again.
 */
TEST(what_was_revoked_by_a_clock_ahead_is_listed)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example");
	uint64_t last;

	acme_resume(w->ca);
	await(w, 0);
	last = published(w);
	fake_ca_restart(w);
	revoke_as(c, a, "");
	fake_clock(w, -1000 * 1000);
	acme_resume(w->ca);
	await(w, last);
	assert_int_equal(published(w), last + 1);
	assert_int_equal(listed(w, a), 0);
}

/* A list published just now, and a row that asks for another. */
static void
put_long(struct fake_ca *w, struct crl_name name, size_t len)
{
	unixtime now = loop_now(w->loop) / 1000;
	struct crl list = { .issuer = name.issuer,
		.shards = name.shards,
		.shard = name.shard,
		.this_update = now,
		.next_update = now + 9999,
		.der = arena_alloc(w->arena, len, 1),
		.der_len = len };
	struct due d = {
		.kind = DUE_CRL, .object = crl_id(name), .at_ms = now * 1000
	};
	struct batch *b = batch_new(w->arena);

	batch_put_crl(b, &list);
	batch_due(b, &d);
	fake_commit(w, b);
}

/*
 * CRL-02: what waits for a long list to have had its time does so over
 * restarts, each of which looks at it again.
 */
TEST(a_list_that_has_to_wait_is_not_forgotten)
{
	struct fake_ca *w = *state;

	put_long(w, (struct crl_name){ .issuer = 1 }, 6000000);
	for (int i = 0; i < 3; i++) {
		acme_resume(w->ca);
		fake_settle(w);
		assert_int_equal(fake_due_rows(w, DUE_CRL), 1);
		fake_ca_restart(w);
	}
}

/* More than a batch of such rows: the first pass does not go round in them. */
TEST(many_lists_that_have_to_wait_keep_nobody_busy)
{
	enum { SHARDS = 70, LONG = 1200000 };
	struct fake_ca *w = *state;
	struct store_stat before, after;

	for (unsigned i = 0; i < SHARDS; i++)
		put_long(w, (struct crl_name){ 1, SHARDS, i }, LONG);
	store_stat(w->store, &before);
	acme_resume(w->ca);
	await(w, 0);
	fake_ca_run(w, 300, NULL);
	store_stat(w->store, &after);
	assert_true(after.batches - before.batches < 20);
	assert_int_equal(fake_due_rows(w, DUE_CRL), SHARDS + 1);
}

/* When each row of the list of issuer 1 is due. */
static size_t
rows_of(struct fake_ca *w, struct due rows[8])
{
	struct snap *s = snap_open(w->store);
	size_t n = snap_due(s, DUE_CRL, INT64_MAX, rows, 8);

	snap_close(s);
	return n;
}

static void
ask_at(struct fake_ca *w, int64_t at_ms)
{
	struct certificate c = { .issuer = 1, .serial = id_new(1000) };
	struct batch *b = batch_new(w->arena);

	crl_wanted(b, &c, at_ms - 1);
	fake_commit(w, b);
}

/*
 * CRL-02: what asks for a list at the very moment that the next regular one is
 * due, or the lease of one under way ends, is not taken for it.
 */
TEST(a_publication_strikes_no_row_but_its_own)
{
	enum { REFRESH_S = 1002 };
	struct fake_ca *w = *state;
	int64_t began = (loop_now(w->loop) / 100000 + 1) * 100000;
	int64_t refresh = began + REFRESH_S * 1000, wanted = refresh + 1;
	struct due rows[8];

	w->config.crl_refresh_s = REFRESH_S;
	ask_at(w, refresh);
	fake_clock_set(w, began);
	w->keeper_silent = true;
	acme_resume(w->ca);
	FAKE_UNTIL(w, record(w) != NULL);
	assert_int_equal(record(w)->number / 1000, began / 1000);
	assert_int_equal(rows_of(w, rows), 2);
	assert_true(rows[0].at_ms % 2 == 0); /* its lease */
	assert_true(rows[1].at_ms == wanted);
	fake_keeper_restart(w);
	await(w, 0);
	assert_int_equal(rows_of(w, rows), 2);
	assert_true(rows[0].at_ms == refresh);
	assert_true(record(w)->refresh_ms == refresh);
	assert_true(rows[1].at_ms == wanted);
	ask_at(w, loop_now(w->loop)); /* what strikes the row of the first */
	await(w, published(w));
	assert_int_equal(rows_of(w, rows), 2);
	assert_true(rows[0].at_ms == wanted);
	assert_true(rows[1].at_ms == record(w)->refresh_ms);
}

/* CRL-01: what was recorded and not published never gets the same number. */
TEST(a_number_is_not_used_twice)
{
	struct fake_ca *w = *state;
	uint64_t lost;

	w->keeper_silent = true;
	acme_resume(w->ca);
	FAKE_UNTIL(w, record(w) != NULL);
	lost = record(w)->number;
	assert_null(record(w)->der);
	fake_ca_restart(w);
	fake_clock(w, -1000 * 1000);
	w->keeper_silent = false;
	acme_resume(w->ca);
	await(w, 0);
	assert_int_equal(published(w), lost + 1);
}

/* CRL-02: regularly, and when a server comes back after a long time. */
TEST(a_list_is_made_anew_before_it_ends)
{
	struct fake_ca *w = *state;
	uint64_t last;

	w->config.crl_s = 7200;
	w->config.crl_refresh_s = 1800;
	acme_resume(w->ca);
	await(w, 0);
	last = published(w);
	assert_int_equal(record(w)->next_update - record(w)->this_update, 7200);
	fake_clock(w, 1700 * 1000);
	fake_ca_run(w, 1500, NULL);
	assert_int_equal(published(w), last);
	fake_clock(w, 1801 * 1000);
	await(w, last);
	last = published(w);
	fake_ca_restart(w);
	fake_clock(w, 86400 * 1000);
	acme_resume(w->ca);
	await(w, last);
	assert_true(record(w)->this_update * 1000 > loop_now(w->loop) - 10000);
	assert_int_equal(fake_due_rows(w, DUE_CRL), 1);
}

/* CRL-04: until it was on a list made after its end, and so is the record. */
TEST(an_entry_stays_until_it_was_listed_after_its_end)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a;
	int64_t end;
	struct snap *s;
	uint64_t last;

	w->config.keep_s = 0;
	a = fake_issue(c, "a.example");
	end = fake_cert_record(w, a)->not_after * 1000;
	w->config.crl_refresh_s = 4 * 3600; /* none comes by itself */
	acme_resume(w->ca);
	await(w, 0);
	last = published(w);
	revoke_as(c, a, "");
	await(w, last);
	/* expired, due to be pruned, but no list has told of it since */
	fake_clock_set(w, end + 30 * 60 * 1000);
	fake_ca_run(w, 2500, NULL);
	assert_non_null(fake_cert_record(w, a));
	assert_int_equal(listed(w, a), 0);
	last = published(w);
	fake_clock_set(w, end + 5 * 3600 * 1000);
	await(w, last);
	assert_int_equal(listed(w, a), 0); /* the one after its end */
	last = published(w);
	fake_clock_set(w, end + (5 * 3600 + 120) * 1000);
	FAKE_UNTIL(w, fake_cert_record(w, a) == NULL);
	assert_null(fake_cert_record(w, a));
	fake_clock_set(w, end + 10 * 3600 * 1000);
	await(w, last);
	s = snap_open(w->store);
	assert_int_equal(snap_revoked(s, 1, (struct id){ { 0 } },
	                     &(struct revoked){ .reason = 0 }, 1),
	    0);
	snap_close(s);
}

/* CRL-04: nor does it stay for longer, though the record may. */
TEST(an_entry_leaves_the_list_before_its_record_goes)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example");
	int64_t end = fake_cert_record(w, a)->not_after * 1000;
	uint64_t last;

	w->config.keep_s = 86400;
	acme_resume(w->ca);
	await(w, 0);
	revoke_as(c, a, "");
	last = published(w);
	fake_clock_set(w, end + 3600 * 1000);
	await(w, last);
	assert_int_equal(listed(w, a), 0);
	last = published(w);
	fake_clock_set(w, end + 3 * 3600 * 1000);
	await(w, last);
	assert_int_equal(listed(w, a), -1);
	assert_non_null(fake_cert_record(w, a));
}

/* A clock that was ahead for a while must not take entries off the list. */
TEST(a_list_of_tomorrow_does_not_hide_what_is_valid_today)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example");
	uint64_t last;

	w->config.keep_s = 7 * 86400;
	revoke_as(c, a, "");
	fake_clock(w, 86400 * 1000);
	acme_resume(w->ca);
	await(w, 0);
	fake_clock(w, 0);
	last = published(w);
	revoke_as(c, fake_issue(c, "b.example"), "");
	await(w, last);
	assert_int_equal(listed(w, a), 0);
}

/* A refused or broken signature is not published; the row tries again. */
TEST(what_the_keeper_refuses_is_not_published)
{
	struct fake_ca *w = *state;

	w->keeper_refuses = true;
	acme_resume(w->ca);
	FAKE_UNTIL(w, record(w) != NULL && record(w)->tbs != NULL);
	fake_ca_run(w, 200, NULL);
	assert_int_equal(fake_get(w, PATH)->status, 404);
	assert_int_equal(fake_due_rows(w, DUE_CRL), 1);
	w->keeper_refuses = false;
	fake_clock(w, 61 * 1000);
	await(w, 0);
}

/* CRL-08: type, validators and an age that ends before nextUpdate. */
TEST(a_list_is_served_as_5280_and_9111_have_it)
{
	struct fake_ca *w = *state;
	struct fake_reply *r, *again;
	const char *etag, *modified, *cache;
	X509_CRL *l;

	acme_resume(w->ca);
	await(w, 0);
	for (int plain = 0; plain < 2; plain++) {
		r = fake_ask(w,
		    &(struct fake_ask){
		        .method = "GET", .path = PATH, .plain = plain != 0 });
		assert_int_equal(r->status, 200);
		assert_string_equal(fake_header(r, "Content-Type"),
		    "application/pkix-crl");
	}
	etag = fake_header(r, "ETag");
	modified = fake_header(r, "Last-Modified");
	cache = fake_header(r, "Cache-Control");
	assert_string_equal(cache, "public, max-age=60");
	assert_non_null(fake_header(r, "Expires"));
	assert_int_equal(fake_headers(r, "Cache-Control"), 1);
	l = fetch(w);
	X509_CRL_free(l);
	again = fake_ask(w, &(struct fake_ask){ .method = "GET",
	                        .path = PATH,
	                        .extra = { "If-None-Match", etag } });
	assert_int_equal(again->status, 304);
	assert_int_equal(again->body_len, 0);
	assert_string_equal(fake_header(again, "ETag"), etag);
	again = fake_ask(w, &(struct fake_ask){ .method = "GET",
	                        .path = PATH,
	                        .extra = { "If-Modified-Since", modified } });
	assert_int_equal(again->status, 304);
	again = fake_ask(w, &(struct fake_ask){ .method = "GET",
	                        .path = PATH,
	                        .extra = { "If-Modified-Since",
	                            "Sun, 06 Nov 1994 08:49:37 GMT" } });
	assert_int_equal(again->status, 200);
	/* with an ETag the date does not count */
	again = fake_ask(w, &(struct fake_ask){ .method = "GET",
	                        .path = PATH,
	                        .extra = { "If-None-Match", "W/\"x\", \"y\"" },
	                        .also = { "If-Modified-Since", modified } });
	assert_int_equal(again->status, 200);
	again = fake_ask(w,
	    &(struct fake_ask){ .method = "GET",
	        .path = PATH,
	        .extra = { "If-None-Match",
	            arena_printf(w->arena, "\"x\", W/%s", etag) } });
	assert_int_equal(again->status, 304);
	fake_clock(w, (86400 - 20) * 1000);
	r = fake_get(w, PATH);
	assert_true(atoi(strstr(fake_header(r, "Cache-Control"), "max-age=") +
	                 8) < 20);
}

TEST(there_are_lists_of_our_issuers_only)
{
	static const char *const paths[] = { "/crl/2.crl", "/crl/0.crl",
		"/crl/01.crl", "/crl/1.crl/", "/crl/", "/crl/1", "/crl/-1.crl",
		"/crl/1.crlx", "/crl/99999999999.crl", "/issuer/2.cer",
		"/issuer/0.cer", "/issuer/1.crt", "/issuer/" };
	struct fake_ca *w = *state;

	acme_resume(w->ca);
	await(w, 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (fake_get(w, paths[i])->status != 404)
			fail_msg("%s", paths[i]);
	assert_int_equal(fake_ask(w, &(struct fake_ask){ .method = "POST",
	                                 .path = PATH })
	                     ->status,
	    405);
}

/* CRT-09: the issuer's certificate, as DER, over plain HTTP. */
TEST(an_issuer_is_served_as_it_is)
{
	struct fake_ca *w = *state;
	struct fake_reply *r = fake_ask(w,
	    &(struct fake_ask){
	        .method = "GET", .path = "/issuer/1.cer", .plain = true });

	assert_int_equal(r->status, 200);
	assert_string_equal(fake_header(r, "Content-Type"),
	    "application/pkix-cert");
	assert_int_equal(r->body_len, w->parts->issuing.der_len);
	assert_memory_equal(r->body, w->parts->issuing.der, r->body_len);
	r = fake_ask(w,
	    &(struct fake_ask){ .method = "GET",
	        .path = "/issuer/1.cer",
	        .extra = { "If-None-Match", fake_header(r, "ETag") } });
	assert_int_equal(r->status, 304);
}

/* An issuer whose time is over makes no lists, and nothing waits for them. */
TEST(an_issuer_that_has_expired_is_left_alone)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *a = fake_issue(c, "a.example");
	uint64_t last;

	w->config.keep_s = 0;
	acme_resume(w->ca);
	await(w, 0);
	last = published(w);
	revoke_as(c, a, "");
	await(w, last);
	last = published(w);
	fake_clock_set(w, (w->parts->issuing.not_after + 10) * 1000);
	FAKE_UNTIL(w, fake_cert_record(w, a) == NULL);
	assert_null(fake_cert_record(w, a));
	assert_int_equal(published(w), last);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(an_issuer_has_a_list_from_the_first),
		CA_CASE(what_is_revoked_is_on_a_list_within_seconds),
		CA_CASE(many_revocations_at_once_are_one_list),
		CA_CASE(numbers_rise_for_ever),
		CA_CASE(what_was_revoked_by_a_clock_ahead_is_listed),
		CA_CASE(a_list_that_has_to_wait_is_not_forgotten),
		CA_CASE(many_lists_that_have_to_wait_keep_nobody_busy),
		CA_CASE(a_publication_strikes_no_row_but_its_own),
		CA_CASE(a_number_is_not_used_twice),
		CA_CASE(a_list_is_made_anew_before_it_ends),
		CA_CASE(an_entry_stays_until_it_was_listed_after_its_end),
		CA_CASE(an_entry_leaves_the_list_before_its_record_goes),
		CA_CASE(a_list_of_tomorrow_does_not_hide_what_is_valid_today),
		CA_CASE(what_the_keeper_refuses_is_not_published),
		CA_CASE(a_list_is_served_as_5280_and_9111_have_it),
		CA_CASE(there_are_lists_of_our_issuers_only),
		CA_CASE(an_issuer_is_served_as_it_is),
		CA_CASE(an_issuer_that_has_expired_is_left_alone),
	};

	return cmocka_run_group_tests_name("crl", tests, NULL, NULL);
}
