/* The serving certificate, while the configuration is being replaced. */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_reload_while_it_is_recorded_takes_nothing_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
