/* A configuration as text for our own processes, and what a reload keeps. */
#include <stdlib.h>
#include <string.h>

#include "base/page.h"
#include "server/config_int.h"

static void
add_line(struct page *p, struct arena *a, const char *key, const char *value)
{
	char *out = arena_alloc(a, 2 * strlen(value) + 1, 1), *q = out;

	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			*q++ = '\\';
		*q++ = *value;
	}
	page_add(p, "%s: \"%s\"\n", key, out);
}

static bool
is_profile_row(const struct config_key *k)
{
	return strchr(k->pattern, '*') != NULL;
}

static const char *
key_in(const struct config_key *k, const char *name, struct arena *a)
{
	const char *star = strchr(k->pattern, '*');

	return arena_printf(a, "%.*s%s%s", (int)(star - k->pattern), k->pattern,
	    name, star + 1);
}

/* What `k` is for profile `name` when nobody has said anything. */
static const char *
usual(const struct config *defaults, const struct config_key *k,
    const char *name, struct arena *a)
{
	const struct config_profile *p = config_profile(defaults, name);

	return p == NULL ? k->fallback : config_value_text(k, p, a);
}

static void
add_profile(struct page *out, struct arena *a, const struct config *defaults,
    const struct config_profile *p)
{
	bool known = config_profile(defaults, p->shape.name) != NULL;

	for (size_t i = 0; i < n_config_keys; i++) {
		const struct config_key *k = &config_keys[i];
		const char *value;

		if (!is_profile_row(k))
			continue;
		value = config_value_text(k, p, a);
		/* The lifetime of a new one says that it is there. */
		if (strcmp(value, usual(defaults, k, p->shape.name, a)) != 0 ||
		    (!known && strstr(k->pattern, ".lifetime") != NULL))
			add_line(out, a, key_in(k, p->shape.name, a), value);
	}
}

const char *
config_text(const struct config *c, struct arena *a)
{
	struct config *defaults = config_defaults();
	struct page *out = page_new(a);

	for (size_t i = 0; i < n_config_keys; i++) {
		const struct config_key *k = &config_keys[i];
		const char *value;

		if (is_profile_row(k))
			continue;
		value = config_value_text(k, c, a);
		if (strcmp(value, config_value_text(k, defaults, a)) != 0)
			add_line(out, a, k->pattern, value);
	}
	for (size_t i = 0; i < c->n_profiles; i++)
		add_profile(out, a, defaults, &c->profiles[i]);
	config_free(defaults);
	return page_text(out);
}

/* Put the running value back where a change needs a restart. */
static void
keep(struct config *c, const struct config *running, const struct config_key *k,
    const struct config_report *r)
{
	const char *now = config_value_text(k, c, c->arena);
	const char *was = config_value_text(k, running, c->arena);
	char why[CONFIG_LINE_MAX];

	if (strcmp(now, was) == 0)
		return;
	if (k->when == W_START)
		config_say(r, "%s: \"%s\" takes effect at the next start",
		    k->pattern, now);
	if (!config_value_read(k, was, c, c->arena, why))
		abort(); /* it was read before */
}

/* All that is said of all profiles, default or not. */
static const char *
profiles_text(const struct config *c, struct arena *a)
{
	struct page *out = page_new(a);

	for (size_t i = 0; i < c->n_profiles; i++) {
		const struct config_profile *p = &c->profiles[i];

		for (size_t j = 0; j < n_config_keys; j++) {
			const struct config_key *k = &config_keys[j];

			if (is_profile_row(k))
				add_line(out, a, key_in(k, p->shape.name, a),
				    config_value_text(k, p, a));
		}
	}
	return page_text(out);
}

/* The running profiles, and with them a default that is one of them. */
static void
keep_profiles(struct config *c, const struct config *running,
    const struct config_report *r)
{
	struct arena *a = c->arena;
	char why[CONFIG_LINE_MAX];
	const struct config_profile *p;

	if (strcmp(profiles_text(c, a), profiles_text(running, a)) == 0)
		return;
	config_say(r, "profiles: what changed takes effect at the next start");
	c->n_profiles = 0;
	for (size_t i = 0; i < running->n_profiles; i++)
		for (size_t j = 0; j < n_config_keys; j++) {
			const struct config_key *k = &config_keys[j];
			const struct config_profile *was =
			    &running->profiles[i];

			if (is_profile_row(k) &&
			    !config_value_read(k, config_value_text(k, was, a),
			        config_base(c, k, was->shape.name), a, why))
				abort(); /* it was read before */
		}
	p = config_profile(c, c->default_profile);
	if (p == NULL || p == &c->serving || !p->offered)
		c->default_profile = arena_text(a, running->default_profile);
}

struct config *
config_reload(const struct config_source *s, const struct config *running,
    const struct config_report *r)
{
	struct config *c = config_load(s, r);

	if (c == NULL)
		return NULL;
	for (size_t i = 0; i < n_config_keys; i++)
		if (config_keys[i].when != W_LIVE &&
		    !is_profile_row(&config_keys[i]))
			keep(c, running, &config_keys[i], r);
	keep_profiles(c, running, r);
	return c;
}
