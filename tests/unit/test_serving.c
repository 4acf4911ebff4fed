/* The serving certificate: reloads while it is made, and what is on disk. */
#include <stdio.h>
#include <string.h>

#include "tests/cmocka.h"
#include "tests/fake/ca.h"

struct world {
	struct fake_ca *w;
	struct acme_profile serving;
	char name[16];
	bool gone, used;
};

static void
gone(struct acme_config *c)
{
	struct world *x = c->gone_arg;

	x->gone = true;
	memset(x->name, 'x', sizeof(x->name) - 1); /* as free() would */
}

static void
use(void *arg, const char *chain, const char *key)
{
	(void)chain;
	(void)key;
	((struct world *)arg)->used = true;
}

static const char *
profile_of_the_only_certificate(struct fake_ca *w)
{
	struct event *e = ARENA_ARRAY(w->arena, struct event, 16);
	struct snap *s = snap_open(w->store);
	size_t n = snap_events(s, w->arena, 1, e, 16);
	const char *profile = NULL;

	for (size_t i = 0; i < n; i++) {
		struct order *o = snap_order(s, w->arena, e[i].object);
		struct certificate *c =
		    o == NULL ? NULL
		              : snap_certificate(s, w->arena, o->serial);

		if (c != NULL)
			profile = c->profile;
	}
	snap_close(s);
	return profile;
}

TEST(a_reload_while_it_is_recorded_takes_nothing_away)
{
	struct world x = { .w = fake_ca_new(), .name = "serving" };
	struct acme_config first = x.w->config;

	x.serving = *first.serving;
	x.serving.name = x.name;
	first.refs = 1;
	first.serving = &x.serving;
	first.gone = gone;
	first.gone_arg = &x;
	acme_configure(x.w->ca, &first);
	acme_config_unref(&first);
	acme_serve_itself(x.w->ca, use, &x); /* being committed from here on */
	acme_configure(x.w->ca, &x.w->config);
	assert_true(x.gone);
	fake_ca_run(x.w, 2000, &x.used);
	assert_true(x.used);
	assert_string_equal(profile_of_the_only_certificate(x.w), "serving");
	fake_ca_free(x.w);
}

/* Change a letter in the last line of the key. */
static void
damage(const char *path)
{
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	assert_int_equal(fseek(f, -40, SEEK_END), 0);
	assert_int_not_equal(fputc('~', f), EOF);
	assert_int_equal(fclose(f), 0);
}

static void
serve(struct world *x)
{
	x->used = false;
	acme_serve_itself(x->w->ca, use, x);
	fake_ca_run(x->w, 2000, &x->used);
	assert_true(x->used);
}

TEST(a_pair_on_disk_is_used_again_unless_its_key_is_damaged)
{
	struct world x = { .w = fake_ca_new() };

	serve(&x);
	fake_ca_restart(x.w);
	serve(&x);
	assert_int_equal(fake_events(x.w, "certificate.issued"), 1);
	damage(x.w->config.serving_pem);
	fake_ca_restart(x.w);
	serve(&x);
	assert_int_equal(fake_events(x.w, "certificate.issued"), 2);
	fake_ca_free(x.w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_reload_while_it_is_recorded_takes_nothing_away),
		cmocka_unit_test(
		    a_pair_on_disk_is_used_again_unless_its_key_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
