/* Lists cut into shards: which there are, since when and until when. */
#include <openssl/x509v3.h>

#include "acme/crl.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"
#include "tests/fake/parts.h"

#define REVOKE "/acme/revoke-cert"
#define HOST   "http://ca.test"
#define OTHER  "http://crl.example:8080/x"

enum { LIFE = 1200, URLS = 4 };

/* Certificates lead to so many shards below `base`, from now on. */
static void
lead_to(struct fake_ca *w, const char *base, unsigned shards)
{
	const char *url = arena_printf(w->arena, "%s/crl/1.crl", base);
	const struct profile_spec spec = { .name = "tenminutes",
		.lifetime_s = 600,
		.backdate_s = 30,
		.usages = USAGE_SERVER_AUTH,
		.crl_url = url,
		.crl_shards = shards };
	const struct ca_cert *issuer = &w->parts->hierarchy.issuers[0];
	struct fault f;

	profile_free(w->parts->shapes[0]);
	w->parts->shapes[0] =
	    profile_new(&spec, issuer->der, issuer->der_len, &f);
	assert_non_null(w->parts->shapes[0]);
	w->profiles[0].shape = w->parts->shapes[0];
	w->config.crl_url = url;
	w->config.crl_shards = shards;
	w->config.crl_life_s = LIFE;
}

static struct crl *
record(struct fake_ca *w, unsigned shards, unsigned shard)
{
	struct snap *s = snap_open(w->store);
	struct crl *c =
	    snap_crl_of(s, w->arena, (struct crl_name){ 1, shards, shard });

	snap_close(s);
	return c;
}

/* Is each of them there, made at `since_ms` or later, and nothing under way? */
static bool
all_made(struct fake_ca *w, unsigned shards, int64_t since_ms)
{
	for (unsigned i = 0; i == 0 || i < shards; i++) {
		const struct crl *c = record(w, shards, i);

		if (c == NULL || c->der == NULL || c->tbs != NULL ||
		    c->this_update < since_ms / 1000)
			return false;
	}
	return true;
}

static void
await(struct fake_ca *w, unsigned shards, int64_t since_ms)
{
	FAKE_UNTIL(w, all_made(w, shards, since_ms));
	assert_true(all_made(w, shards, since_ms));
}

/* As anybody fetches it, by its URL or path; NULL: there is none. */
static X509_CRL *
fetch(struct fake_ca *w, const char *url)
{
	struct fake_reply *r = fake_ask(w,
	    &(struct fake_ask){
	        .method = "GET", .path = strstr(url, "/crl/"), .plain = true });
	const uint8_t *p = (const uint8_t *)r->body;
	const uint8_t *at = w->parts->issuing.der;
	X509_CRL *l;
	X509 *issuer;

	if (r->status == 404)
		return NULL;
	assert_int_equal(r->status, 200);
	l = d2i_X509_CRL(NULL, &p, (long)r->body_len);
	assert_non_null(l);
	issuer = d2i_X509(NULL, &at, (long)w->parts->issuing.der_len);
	assert_int_equal(X509_CRL_verify(l, X509_get0_pubkey(issuer)), 1);
	X509_free(issuer);
	return l;
}

/* The URLs that the list says it is for; how many. */
static int
points(struct fake_ca *w, X509_CRL *l, const char *urls[URLS])
{
	int critical = 0, n;
	ISSUING_DIST_POINT *p = X509_CRL_get_ext_d2i(l,
	    NID_issuing_distribution_point, &critical, NULL);
	GENERAL_NAMES *names;

	if (p == NULL)
		return 0;
	assert_int_equal(critical, 1);
	names = p->distpoint->name.fullname;
	n = sk_GENERAL_NAME_num(names);
	assert_in_range(n, 1, URLS);
	for (int i = 0; i < n; i++) {
		const ASN1_IA5STRING *url = sk_GENERAL_NAME_value(names, i)
		                                ->d.uniformResourceIdentifier;

		urls[i] = arena_bytes(w->arena, ASN1_STRING_get0_data(url),
		    (size_t)ASN1_STRING_length(url));
	}
	ISSUING_DIST_POINT_free(p);
	return n;
}

/* Where the certificate itself says that its list is. */
static const char *
leads_to(struct fake_ca *w, const char *cert)
{
	const struct certificate *c = fake_cert_record(w, cert);
	const uint8_t *p = c->der;
	X509 *x = d2i_X509(NULL, &p, (long)c->der_len);
	CRL_DIST_POINTS *d =
	    X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	const GENERAL_NAME *g =
	    sk_GENERAL_NAME_value(sk_DIST_POINT_value(d, 0)
	                              ->distpoint->name.fullname,
	        0);
	const ASN1_IA5STRING *url = g->d.uniformResourceIdentifier;
	const char *text = arena_bytes(w->arena, ASN1_STRING_get0_data(url),
	    (size_t)ASN1_STRING_length(url));

	CRL_DIST_POINTS_free(d);
	X509_free(x);
	return text;
}

static bool
is_on(struct fake_ca *w, const char *url, const char *cert)
{
	X509_CRL *l = fetch(w, url);
	X509_REVOKED *r = NULL;
	struct id serial;
	ASN1_INTEGER *n;
	BIGNUM *bn;
	int found;

	if (l == NULL)
		return false;
	assert_true(id_parse(strrchr(cert, '/') + 1, &serial));
	bn = BN_bin2bn(serial.bytes, ID_SIZE, NULL);
	n = BN_to_ASN1_INTEGER(bn, NULL);
	found = X509_CRL_get0_by_serial(l, &r, n);
	ASN1_INTEGER_free(n);
	BN_free(bn);
	X509_CRL_free(l);
	return found == 1;
}

static int
entries(struct fake_ca *w, const char *path)
{
	X509_CRL *l = fetch(w, path);
	STACK_OF(X509_REVOKED) *list =
	    l == NULL ? NULL : X509_CRL_get_REVOKED(l);
	int n = list == NULL ? 0 : sk_X509_REVOKED_num(list);

	X509_CRL_free(l);
	return n;
}

static void
revoke(struct fake_client *c, const char *cert)
{
	const char *payload =
	    arena_printf(c->w->arena, "%s}", fake_revocation(c, cert));

	assert_int_equal(fake_post(c, REVOKE, payload)->status, 200);
}

/* CRL-06 BLD-42: from the first, each with its URL, each with its own time. */
TEST(there_is_a_list_for_each_shard)
{
	struct fake_ca *w = *state;
	const char *urls[URLS];
	X509_CRL *l;

	lead_to(w, HOST, 4);
	acme_resume(w->ca);
	await(w, 4, 0);
	await(w, 0, 0);
	for (unsigned i = 0; i < 4; i++) {
		const char *url =
		    arena_printf(w->arena, HOST "/crl/1-4-%u.crl", i);
		const struct crl *c = record(w, 4, i);

		l = fetch(w, url);
		assert_int_equal(points(w, l, urls), 1);
		assert_string_equal(urls[0], url);
		assert_null(X509_CRL_get_REVOKED(l));
		X509_CRL_free(l);
		/* a quarter of the interval after the one before */
		assert_int_equal(c->refresh_ms % 3600000, 900000 * i);
		assert_in_range(c->refresh_ms, c->this_update * 1000 + 1,
		    c->this_update * 1000 + 3600000);
	}
	l = fetch(w, "/crl/1.crl");
	assert_int_equal(points(w, l, urls), 0);
	X509_CRL_free(l);
	fake_ca_run(w, 100, NULL);
	assert_int_equal(fake_events(w, "crl.published"), 5);
	assert_int_equal(fake_due_rows(w, DUE_CRL), 5);
}

/* BLD-42: and again, each at its time. */
TEST(each_shard_is_made_anew_at_its_time)
{
	struct fake_ca *w = *state;
	int64_t began = loop_now(w->loop) / 3600000 * 3600000 + 3600000 + 1000;

	lead_to(w, HOST, 2);
	fake_clock_set(w, began);
	acme_resume(w->ca);
	await(w, 2, 0);
	fake_clock_set(w, began + 1800000);
	FAKE_UNTIL(w, record(w, 2, 1)->this_update > began / 1000 + 1700);
	assert_true(record(w, 2, 1)->this_update > began / 1000 + 1700);
	assert_true(record(w, 2, 0)->this_update < began / 1000 + 100);
	fake_clock_set(w, began + 3600000);
	FAKE_UNTIL(w, record(w, 2, 0)->this_update > began / 1000 + 3500);
	assert_true(record(w, 2, 0)->this_update > began / 1000 + 3500);
	assert_true(record(w, 2, 1)->this_update < began / 1000 + 1900);
}

/* CRL-06: all of the revoked, each where its certificate leads, once. */
TEST(a_revoked_certificate_is_where_it_says)
{
	enum { MANY = 12 };
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *certs[MANY];
	int sum = 0;

	lead_to(w, HOST, 3);
	acme_resume(w->ca);
	await(w, 3, 0);
	for (int i = 0; i < MANY; i++)
		certs[i] = fake_issue(c, "a.example");
	for (int i = 0; i < MANY; i++)
		revoke(c, certs[i]);
	for (int i = 0; i < MANY; i++) {
		const char *url = leads_to(w, certs[i]);

		FAKE_UNTIL(w, is_on(w, url, certs[i]));
		assert_true(is_on(w, url, certs[i]));
	}
	for (int i = 0; i < 3; i++)
		sum += entries(w, arena_printf(w->arena, "/crl/1-3-%d.crl", i));
	assert_int_equal(sum, MANY);
	FAKE_UNTIL(w, entries(w, "/crl/1.crl") == MANY);
	assert_int_equal(entries(w, "/crl/1.crl"), MANY);
}

/* CRL-06: another number of shards, while certificates lead to the old ones. */
TEST(certificates_of_both_numbers_of_shards_have_their_lists)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *whole, *old, *new;
	int64_t changed;

	lead_to(w, HOST, 0);
	acme_resume(w->ca);
	await(w, 0, 0);
	whole = fake_issue(c, "a.example");
	fake_ca_restart(w);
	lead_to(w, HOST, 4);
	acme_resume(w->ca);
	await(w, 4, 0);
	old = fake_issue(c, "a.example");
	fake_ca_restart(w);
	lead_to(w, HOST, 3);
	acme_resume(w->ca);
	await(w, 3, 0);
	changed = loop_now(w->loop);
	new = fake_issue(c, "a.example");
	assert_string_equal(leads_to(w, whole), HOST "/crl/1.crl");
	assert_non_null(strstr(leads_to(w, old), HOST "/crl/1-4-"));
	assert_non_null(strstr(leads_to(w, new), HOST "/crl/1-3-"));
	revoke(c, whole);
	revoke(c, old);
	revoke(c, new);
	FAKE_UNTIL(w, is_on(w, leads_to(w, whole), whole) &&
	                  is_on(w, leads_to(w, old), old) &&
	                  is_on(w, leads_to(w, new), new));
	assert_true(is_on(w, leads_to(w, whole), whole));
	assert_true(is_on(w, leads_to(w, old), old));
	assert_true(is_on(w, leads_to(w, new), new));
	/* those of four go when nothing leads there any more, not before */
	for (int hours = 1; hours < 5 && record(w, 4, 2) != NULL; hours++) {
		int64_t at = changed + hours * INT64_C(3600000);

		fake_clock_set(w, at);
		FAKE_UNTIL(w, all_made(w, 3, at - 3600000) &&
		                  (record(w, 4, 2) == NULL ||
		                      all_made(w, 4, at - 3600000)));
		assert_true(hours > 1 || all_made(w, 4, at - 3600000));
	}
	FAKE_UNTIL(w, fake_events(w, "crl.ended") == 4);
	assert_int_equal(fake_events(w, "crl.ended"), 4);
	assert_null(fetch(w, "/crl/1-4-2.crl"));
	await(w, 3, changed);
	FAKE_UNTIL(w, fake_due_rows(w, DUE_CRL) == 4);
	assert_int_equal(fake_due_rows(w, DUE_CRL), 4);
	fake_ca_restart(w); /* and stay away */
	acme_resume(w->ca);
	fake_ca_run(w, 300, NULL);
	assert_null(record(w, 4, 2));
	assert_non_null(record(w, 0, 0)->der);
}

/* CRL-06: another URL, while certificates have the old one. */
TEST(a_list_is_for_both_urls_while_certificates_have_either)
{
	struct fake_ca *w = *state;
	struct fake_client *c = fake_client_new(w);
	const char *urls[URLS], *old, *new;
	int64_t changed;
	X509_CRL *l;

	lead_to(w, HOST, 2);
	acme_resume(w->ca);
	await(w, 2, 0);
	old = leads_to(w, fake_issue(c, "a.example"));
	fake_ca_restart(w);
	fake_clock(w, 5000);
	changed = loop_now(w->loop);
	lead_to(w, OTHER, 2);
	acme_resume(w->ca);
	await(w, 2, changed);
	new = strstr(old, "/crl/1-2-");
	l = fetch(w, new);
	assert_int_equal(points(w, l, urls), 2);
	assert_string_equal(urls[0], arena_printf(w->arena, OTHER "%s", new));
	assert_string_equal(urls[1], old);
	X509_CRL_free(l);
	fake_clock_set(w, changed + 3 * INT64_C(3600000));
	await(w, 2, changed + 3 * INT64_C(3600000) - 10000);
	l = fetch(w, new);
	assert_int_equal(points(w, l, urls), 1);
	assert_string_equal(urls[0], arena_printf(w->arena, OTHER "%s", new));
	X509_CRL_free(l);
	fake_ca_restart(w); /* back again: it is in use */
	lead_to(w, HOST, 2);
	changed = loop_now(w->loop) + 5000;
	fake_clock_set(w, changed);
	acme_resume(w->ca);
	await(w, 2, changed);
	l = fetch(w, new);
	assert_int_equal(points(w, l, urls), 2);
	assert_string_equal(urls[0], old);
	X509_CRL_free(l);
	assert_int_equal(record(w, 2, 0)->ends, 0);
}

/* CRL-06: of an issuer that issues no more, the shards end. */
TEST(the_shards_of_a_former_issuer_end)
{
	struct fake_ca *w = *state;

	lead_to(w, HOST, 2);
	acme_resume(w->ca);
	await(w, 2, 0);
	assert_int_equal(record(w, 2, 1)->ends, 0);
	w->config.issuer = 2;
	FAKE_UNTIL(w, record(w, 2, 1)->ends != 0);
	assert_in_range(record(w, 2, 1)->ends, loop_now(w->loop) / 1000 + LIFE,
	    loop_now(w->loop) / 1000 + 86400);
	w->config.issuer = 1;
	FAKE_UNTIL(w, record(w, 2, 1)->ends == 0);
	assert_int_equal(record(w, 2, 1)->ends, 0);
}

static unixtime
told(struct fake_ca *w)
{
	struct snap *s = snap_open(w->store);
	unixtime until =
	    crl_told_until(s, &w->config, 1, loop_now(w->loop) / 1000);

	snap_close(s);
	return until;
}

static const struct crl_point some_point = { HOST "/crl/1-2-1.crl", 1 };

static void
made_at(struct fake_ca *w, unsigned shards, unsigned shard, unixtime at,
    unixtime ends)
{
	struct batch *b = batch_new(w->arena);
	struct crl *c = record(w, shards, shard);

	if (c == NULL)
		c = ARENA_NEW(w->arena, struct crl);
	c->issuer = 1;
	c->shards = shards;
	c->shard = shard;
	c->this_update = c->next_update = at;
	c->ends = ends;
	c->points = &some_point;
	c->n_points = shards > 0;
	c->der = at == 0 ? NULL : (const uint8_t *)"\x30\x00";
	c->der_len = at == 0 ? 0 : 2;
	batch_put_crl(b, c);
	fake_commit(w, b);
}

/* CRL-04 CRL-06: nothing goes that one of the lists has not told of. */
TEST(what_is_to_go_waits_for_all_lists)
{
	struct fake_ca *w = *state;
	unixtime now = loop_now(w->loop) / 1000;

	assert_int_equal(told(w), 0); /* there is none */
	made_at(w, 0, 0, now - 100, 0);
	assert_int_equal(told(w), now - 160);
	made_at(w, 2, 0, now - 90, 0);
	made_at(w, 2, 1, now - 500, 0);
	assert_int_equal(told(w), now - 560);
	for (unsigned i = 0; i < 100; i++)
		made_at(w, 100, i, now - (i == 99 ? 900 : 50), 0);
	assert_int_equal(told(w), now - 960);
	made_at(w, 100, 99, 0, 0);
	assert_int_equal(told(w), 0); /* it has told of nothing yet */
	made_at(w, 100, 99, now - 50, 0);
	made_at(w, 2, 1, now - 500, now - 400);
	assert_int_equal(told(w), now - 560);
	/* it cannot be made, and its time is over, and more */
	made_at(w, 2, 1, now - 90000, now - 86500);
	assert_int_equal(told(w), now - 160);
	/* so with the whole one, once certificates lead to shards */
	made_at(w, 0, 0, now - 90000, now - 86500);
	assert_int_equal(told(w), now - 150);
}

/* CRL-04: not even if there was no server when it should have been made. */
TEST(a_list_ends_after_it_has_told_of_all)
{
	struct fake_ca *w = *state;
	unixtime now = loop_now(w->loop) / 1000;

	made_at(w, 2, 1, now - 90000, now - 86500);
	lead_to(w, HOST, 0);
	acme_resume(w->ca);
	FAKE_UNTIL(w,
	    record(w, 2, 1) == NULL || record(w, 2, 1)->this_update >= now);
	assert_non_null(record(w, 2, 1));
	assert_true(record(w, 2, 1)->this_update >= now);
	assert_int_equal(fake_events(w, "crl.ended"), 0);
	fake_clock(w, 2 * 3600000);
	await(w, 0, loop_now(w->loop) - 3600000);
	fake_clock(w, 4 * 3600000);
	FAKE_UNTIL(w, record(w, 2, 1) == NULL);
	assert_null(record(w, 2, 1));
}

/* CRL-06: the whole list may be too long one day, and nothing waits for it. */
TEST(beside_shards_the_whole_list_is_not_waited_for)
{
	struct fake_ca *w = *state;

	lead_to(w, HOST, 2);
	acme_resume(w->ca);
	await(w, 2, 0);
	await(w, 0, 0);
	assert_true(record(w, 0, 0)->ends != 0);
	fake_ca_restart(w);
	lead_to(w, HOST, 0);
	acme_resume(w->ca);
	FAKE_UNTIL(w, record(w, 0, 0)->ends == 0);
	assert_int_equal(record(w, 0, 0)->ends, 0);
	FAKE_UNTIL(w, record(w, 2, 1)->ends != 0);
	assert_true(record(w, 2, 1)->ends != 0);
}

/* CRL-08: one way to write each, and validators as for the whole one. */
TEST(shards_are_served_by_their_one_name)
{
	static const char *const none[] = { "/crl/1-4-4.crl", "/crl/1-4-00.crl",
		"/crl/1-04-0.crl", "/crl/01-4-0.crl", "/crl/1-0-0.crl",
		"/crl/1-4.crl", "/crl/1-4-0-0.crl", "/crl/1-4-0.crlx",
		"/crl/1-4-0", "/crl/1-4-+0.crl", "/crl/1- 4-0.crl",
		"/crl/2-4-0.crl", "/crl/1-3-0.crl", "/crl/-1-4-0.crl" };
	struct fake_ca *w = *state;
	struct fake_reply *r;

	lead_to(w, HOST, 4);
	acme_resume(w->ca);
	await(w, 4, 0);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (fake_get(w, none[i])->status != 404)
			fail_msg("%s", none[i]);
	r = fake_get(w, "/crl/1-4-3.crl");
	assert_int_equal(r->status, 200);
	assert_string_equal(fake_header(r, "Content-Type"),
	    "application/pkix-crl");
	r = fake_ask(w,
	    &(struct fake_ask){ .method = "GET",
	        .path = "/crl/1-4-3.crl",
	        .extra = { "If-None-Match", fake_header(r, "ETag") } });
	assert_int_equal(r->status, 304);
	assert_int_equal(r->body_len, 0);
}

static int64_t
gauge(struct fake_ca *w, const char *name)
{
	struct fake_reply *r = fake_get(w, "/metrics");
	const char *at = strstr(r->body,
	    arena_printf(w->arena, "\nmayfly_crl_%s_timestamp_seconds ", name));

	return at == NULL ? 0
	                  : atoll(strrchr(arena_bytes(w->arena, at,
	                                      strcspn(at + 1, "\n") + 1),
	                        ' '));
}

TEST(metrics_tell_of_a_list_that_has_stopped)
{
	struct fake_ca *w = *state;
	unixtime now = loop_now(w->loop) / 1000;

	assert_int_equal(gauge(w, "oldest"), 0);
	made_at(w, 0, 0, now - 100, 0);
	made_at(w, 2, 0, now - 90, 0);
	made_at(w, 2, 1, 0, 0); /* not yet */
	assert_int_equal(gauge(w, "oldest"), now - 100);
	made_at(w, 2, 1, now - 500, 0);
	assert_int_equal(gauge(w, "oldest"), now - 500);
	assert_int_equal(gauge(w, "next_update"), now - 500);
}

/* More lists than are made at once, and more revoked than one look takes. */
TEST(many_lists_and_long_ones_are_made)
{
	enum { MANY = 9000 };
	struct fake_ca *w = *state;
	struct batch *b = batch_new(w->arena);
	int sum = 0;

	for (int i = 0; i < MANY; i++) {
		struct certificate *c = ARENA_NEW(w->arena, struct certificate);

		c->serial = id_new(1000);
		c->issuer = 1;
		c->revoked = loop_now(w->loop) / 1000 - 10;
		c->not_after = c->revoked + 86400;
		c->der = (const uint8_t *)"\x30\x00";
		c->der_len = 2;
		batch_put_certificate(b, c);
	}
	fake_commit(w, b);
	lead_to(w, HOST, 30);
	acme_resume(w->ca);
	await(w, 30, 0);
	await(w, 0, 0);
	for (int i = 0; i < 30; i++)
		sum +=
		    entries(w, arena_printf(w->arena, "/crl/1-30-%d.crl", i));
	assert_int_equal(sum, MANY);
	assert_int_equal(entries(w, "/crl/1.crl"), MANY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(there_is_a_list_for_each_shard),
		CA_CASE(each_shard_is_made_anew_at_its_time),
		CA_CASE(a_revoked_certificate_is_where_it_says),
		CA_CASE(
		    certificates_of_both_numbers_of_shards_have_their_lists),
		CA_CASE(a_list_is_for_both_urls_while_certificates_have_either),
		CA_CASE(the_shards_of_a_former_issuer_end),
		CA_CASE(what_is_to_go_waits_for_all_lists),
		CA_CASE(a_list_ends_after_it_has_told_of_all),
		CA_CASE(beside_shards_the_whole_list_is_not_waited_for),
		CA_CASE(shards_are_served_by_their_one_name),
		CA_CASE(metrics_tell_of_a_list_that_has_stopped),
		CA_CASE(many_lists_and_long_ones_are_made),
	};

	return cmocka_run_group_tests_name("crl_shards", tests, NULL, NULL);
}
