/* The serving certificate (DESIGN 7): issued by ourselves, replaced in time. */
#include "acme/serving.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/cert.h"
#include "tests/cmocka.h"
#include "tests/fake/ca.h"

/* What the server was given to use. */
struct used {
	unsigned times;
	bool changed; /* since the test last looked */
	char pem[16 * 1024];
};

static void
use(void *arg, const char *chain, const char *key)
{
	struct used *u = arg;

	assert_non_null(strstr(chain, "-----BEGIN CERTIFICATE-----"));
	assert_non_null(strstr(key, "PRIVATE KEY-----"));
	(void)snprintf(u->pem, sizeof(u->pem), "%s", chain);
	u->times++;
	u->changed = true;
}

static bool
comes(struct fake_ca *w, struct used *u)
{
	fake_ca_run(w, 4000, &u->changed);
	if (!u->changed)
		return false;
	u->changed = false;
	return true;
}

/* None comes, though it was looked for more than once. */
static bool
stays(struct fake_ca *w, struct used *u)
{
	fake_ca_run(w, 1300, &u->changed);
	return !u->changed;
}

static int64_t
end_of(const struct used *u)
{
	struct fault f = { 0 };
	int64_t begin, end;

	assert_int_equal(cert_validity(u->pem, &begin, &end, &f), OK);
	return end;
}

static bool
is_for(const struct used *u, const char *name)
{
	BIO *bio = BIO_new_mem_buf(u->pem, -1);
	X509 *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool good = X509_check_host(leaf, name, 0, 0, NULL) == 1;

	X509_free(leaf);
	BIO_free(bio);
	return good;
}

TEST(the_first_is_issued_at_once_recorded_and_saved)
{
	struct fake_ca *w = *state;
	struct used u = { 0 };
	struct stat st;

	acme_serve_itself(w->ca, use, &u);
	assert_true(comes(w, &u));
	assert_true(is_for(&u, "ca.test"));
	assert_int_equal(fake_events(w, "certificate.issued"), 1);
	assert_int_equal(stat(w->config.serving_pem, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(stays(w, &u));
	assert_int_equal(u.times, 1);
}

TEST(a_restart_uses_what_was_saved)
{
	struct fake_ca *w = *state;
	struct used u = { 0 }, again = { 0 };

	acme_serve_itself(w->ca, use, &u);
	assert_true(comes(w, &u));
	fake_ca_restart(w);
	acme_serve_itself(w->ca, use, &again);
	assert_int_equal(again.times, 1); /* before anything can happen */
	assert_string_equal(again.pem, u.pem);
	again.changed = false;
	assert_true(stays(w, &again));
	assert_int_equal(fake_events(w, "certificate.issued"), 1);
}

TEST(it_is_replaced_at_two_thirds_of_its_life)
{
	struct fake_ca *w = *state;
	struct used u = { 0 };
	int64_t life = (int64_t)w->config.serving->lifetime_s * 1000, end;

	acme_serve_itself(w->ca, use, &u);
	assert_true(comes(w, &u));
	end = end_of(&u);
	fake_clock(w, life * 2 / 3 - 60 * 1000);
	assert_true(stays(w, &u));
	fake_clock(w, life * 2 / 3 + 60 * 1000);
	assert_true(comes(w, &u));
	assert_true(end_of(&u) > end);
	assert_true(stays(w, &u));
	assert_int_equal(u.times, 2);
}

TEST(whoever_wakes_up_to_find_it_expired_has_a_new_one_at_once)
{
	struct fake_ca *w = *state;
	struct used u = { 0 }, again = { 0 };
	int64_t life = (int64_t)w->config.serving->lifetime_s * 1000;

	acme_serve_itself(w->ca, use, &u);
	assert_true(comes(w, &u));
	fake_clock(w, 10 * life); /* a laptop sleeps */
	assert_true(comes(w, &u));
	assert_true(end_of(&u) * 1000 > loop_now(w->loop));
	fake_clock(w, 20 * life); /* and a server is off */
	fake_ca_restart(w);
	acme_serve_itself(w->ca, use, &again);
	assert_int_equal(again.times, 0); /* the old one is of no use */
	assert_true(comes(w, &again));
	assert_true(end_of(&again) * 1000 > loop_now(w->loop));
}

TEST(other_names_ask_for_another_certificate)
{
	static const char *const names[] = { "ca.test", "new.test" };
	struct fake_ca *w = *state;
	struct used u = { 0 }, again = { 0 };

	acme_serve_itself(w->ca, use, &u);
	assert_true(comes(w, &u));
	acme_configure(w->ca, &w->config); /* nothing new */
	assert_true(stays(w, &u));
	w->config.names = names;
	w->config.n_names = 2;
	acme_configure(w->ca, &w->config);
	assert_true(comes(w, &u));
	assert_true(is_for(&u, "new.test"));
	assert_true(is_for(&u, "ca.test"));
	w->config.n_names = 1;
	fake_ca_restart(w);
	acme_serve_itself(w->ca, use, &again);
	assert_true(comes(w, &again));
	assert_false(is_for(&again, "new.test"));
}

TEST(addresses_and_names_are_both_served)
{
	static const char *const names[] = { "ca.test", "192.0.2.1",
		"2001:db8::1", "localhost" };
	struct fake_ca *w = *state;
	struct used u = { 0 };
	BIO *bio;
	X509 *leaf;

	w->config.names = names;
	w->config.n_names = 4;
	acme_serve_itself(w->ca, use, &u);
	assert_true(comes(w, &u));
	assert_true(is_for(&u, "localhost"));
	bio = BIO_new_mem_buf(u.pem, -1);
	leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_int_equal(X509_check_ip_asc(leaf, "192.0.2.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(leaf, "2001:db8::1", 0), 1);
	X509_free(leaf);
	BIO_free(bio);
}

static void
write_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

TEST(a_file_that_is_damaged_costs_a_new_certificate_and_no_more)
{
	struct fake_ca *w = *state;
	struct used u = { 0 };
	char whole[16 * 1024], *key;
	size_t len;
	FILE *f;

	acme_serve_itself(w->ca, use, &u);
	assert_true(comes(w, &u));
	f = fopen(w->config.serving_pem, "re");
	len = fread(whole, 1, sizeof(whole) - 1, f);
	whole[len] = '\0';
	(void)fclose(f);
	key = strstr(whole, "PRIVATE KEY");
	for (int i = 0; i < 6; i++) {
		struct used again = { 0 };

		if (i == 0)
			write_file(w->config.serving_pem, whole, len / 2);
		else if (i == 1)
			write_file(w->config.serving_pem, "", 0);
		else if (i == 2)
			write_file(w->config.serving_pem, whole,
			    (size_t)(key - whole));
		else if (i == 3)
			write_file(w->config.serving_pem, whole + 5, len - 5);
		else if (i == 4) { /* a letter of the key */
			whole[len - 40] = '~';
			write_file(w->config.serving_pem, whole, len);
		} else
			assert_int_equal(unlink(w->config.serving_pem), 0);
		fake_ca_restart(w);
		acme_serve_itself(w->ca, use, &again);
		if (again.times != 0)
			fail_msg("case %d was used", i);
		assert_true(comes(w, &again));
	}
}

TEST(where_it_cannot_be_saved_it_is_used_all_the_same)
{
	struct fake_ca *w = *state;
	struct used u = { 0 };

	w->config.serving_pem = "/nonexistent/directory/serving.pem";
	acme_serve_itself(w->ca, use, &u);
	assert_true(comes(w, &u));
}

TEST(without_a_keeper_it_is_tried_again_until_there_is_one)
{
	struct fake_ca *w = *state;
	struct used u = { 0 };

	w->keeper_silent = true;
	acme_serve_itself(w->ca, use, &u);
	assert_true(stays(w, &u));
	fake_keeper_restart(w);
	assert_true(comes(w, &u));
	u.changed = false;
	w->keeper_refuses = true; /* a refusal is no end either */
	fake_clock(w, (int64_t)w->config.serving->lifetime_s * 1000);
	assert_true(stays(w, &u));
	w->keeper_refuses = false;
	assert_true(comes(w, &u));
}

TEST(a_full_store_does_not_keep_it_from_being_replaced)
{
	struct fake_ca *w = *state;
	struct used u = { 0 };

	acme_serve_itself(w->ca, use, &u);
	assert_true(comes(w, &u));
	fake_store_full(w, true);
	fake_clock(w, (int64_t)w->config.serving->lifetime_s * 1000);
	assert_true(comes(w, &u));
}

TEST(names_that_change_while_it_is_made_are_not_forgotten)
{
	static const char *const names[] = { "ca.test", "new.test" };
	struct fake_ca *w = *state;
	struct used u = { 0 };

	acme_serve_itself(w->ca, use, &u); /* being committed from here on */
	w->config.names = names;
	w->config.n_names = 2;
	acme_configure(w->ca, &w->config);
	assert_true(comes(w, &u));
	if (!is_for(&u, "new.test"))
		assert_true(comes(w, &u));
	assert_true(is_for(&u, "new.test"));
	assert_true(stays(w, &u));
}

TEST(a_keeper_that_keeps_refusing_is_asked_less_and_less)
{
	struct fake_ca *w = *state;
	struct used u = { 0 };

	w->keeper_refuses = true;
	acme_serve_itself(w->ca, use, &u);
	fake_ca_run(w, 6000, &u.changed);
	assert_true(fake_events(w, "order.invalid") >= 2);
	assert_true(fake_events(w, "order.invalid") <= 3);
	w->keeper_refuses = false;
	acme_configure(w->ca, &w->config); /* may be what was wrong */
	assert_true(comes(w, &u));
}

/* A configuration that goes away while what it says is in use. */
struct passing {
	struct acme_config config;
	struct acme_profile serving;
	char name[16];
	bool gone;
};

static void
passed(struct acme_config *c)
{
	struct passing *p = c->gone_arg;

	p->gone = true;
	memset(p->name, 'x', sizeof(p->name) - 1); /* as free() would */
}

TEST(a_reload_while_it_is_recorded_takes_nothing_away)
{
	struct fake_ca *w = *state;
	struct passing p = { .config = w->config,
		.serving = *w->config.serving,
		.name = "serving" };
	struct used u = { 0 };
	struct event e[8];
	struct snap *s;

	p.serving.name = p.name;
	p.config.refs = 1;
	p.config.serving = &p.serving;
	p.config.gone = passed;
	p.config.gone_arg = &p;
	acme_configure(w->ca, &p.config);
	acme_config_unref(&p.config);
	acme_serve_itself(w->ca, use, &u); /* being committed from here on */
	acme_configure(w->ca, &w->config);
	assert_true(p.gone);
	assert_true(comes(w, &u));
	s = snap_open(w->store);
	assert_int_equal(snap_events(s, w->arena, 1, e, 8), 1);
	assert_string_equal(snap_order(s, w->arena, e[0].object)->profile,
	    "serving");
	snap_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CA_CASE(the_first_is_issued_at_once_recorded_and_saved),
		CA_CASE(a_restart_uses_what_was_saved),
		CA_CASE(it_is_replaced_at_two_thirds_of_its_life),
		CA_CASE(
		    whoever_wakes_up_to_find_it_expired_has_a_new_one_at_once),
		CA_CASE(other_names_ask_for_another_certificate),
		CA_CASE(addresses_and_names_are_both_served),
		CA_CASE(
		    a_file_that_is_damaged_costs_a_new_certificate_and_no_more),
		CA_CASE(names_that_change_while_it_is_made_are_not_forgotten),
		CA_CASE(a_keeper_that_keeps_refusing_is_asked_less_and_less),
		CA_CASE(a_reload_while_it_is_recorded_takes_nothing_away),
		CA_CASE(where_it_cannot_be_saved_it_is_used_all_the_same),
		CA_CASE(without_a_keeper_it_is_tried_again_until_there_is_one),
		CA_CASE(a_full_store_does_not_keep_it_from_being_replaced),
	};

	return cmocka_run_group_tests_name("serving", tests, NULL, NULL);
}
