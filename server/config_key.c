/* Keys: from a name to its row, to where its value lies, to its neighbours. */
#include <stdlib.h>
#include <string.h>

#include "server/config_int.h"
#include "server/nearest.h"

const struct config_key *
config_key_of(const char *key, char name[CONFIG_NAME_SIZE])
{
	size_t len = strlen(key);

	name[0] = '\0';
	for (size_t i = 0; i < n_config_keys; i++) {
		const char *pattern = config_keys[i].pattern;
		const char *star = strchr(pattern, '*');
		size_t head, tail, n;

		if (star == NULL) {
			if (strcmp(pattern, key) == 0)
				return &config_keys[i];
			continue;
		}
		head = (size_t)(star - pattern);
		tail = strlen(star + 1);
		if (len <= head + tail || strncmp(pattern, key, head) != 0 ||
		    strcmp(star + 1, key + len - tail) != 0)
			continue;
		n = len - head - tail;
		if (n >= CONFIG_NAME_SIZE || memchr(key + head, '.', n) != NULL)
			continue;
		memcpy(name, key + head, n);
		name[n] = '\0';
		return &config_keys[i];
	}
	return NULL;
}

bool
config_section(const char *key)
{
	size_t len = strlen(key);

	if (strncmp(key, "profiles.", 9) == 0 && strchr(key + 9, '.') == NULL)
		return config_profile_name(key + 9);
	for (size_t i = 0; i < n_config_keys; i++)
		if (strncmp(config_keys[i].pattern, key, len) == 0 &&
		    config_keys[i].pattern[len] == '.')
			return true;
	return false;
}

static struct config_profile *
profile_add(struct config *c, const char *name)
{
	struct config_profile *p;
	char why[CONFIG_LINE_MAX];

	if (c->n_profiles == CONFIG_PROFILES_MAX ||
	    !config_profile_name(name) || strcmp(name, "serving") == 0)
		return NULL;
	p = &c->profiles[c->n_profiles++];
	p->shape.name = arena_text(c->arena, name);
	for (size_t i = 0; i < n_config_keys; i++)
		if (strchr(config_keys[i].pattern, '*') != NULL &&
		    !config_value_read(&config_keys[i], config_keys[i].fallback,
		        p, c->arena, why))
			abort(); /* a row of the table is wrong */
	return p;
}

void *
config_base(struct config *c, const struct config_key *k, const char *name)
{
	if (strchr(k->pattern, '*') == NULL)
		return c;
	for (size_t i = 0; i < c->n_profiles; i++)
		if (strcmp(c->profiles[i].shape.name, name) == 0)
			return &c->profiles[i];
	return profile_add(c, name);
}

const struct config_profile *
config_profile(const struct config *c, const char *name)
{
	if (strcmp(name, "serving") == 0)
		return &c->serving;
	for (size_t i = 0; i < c->n_profiles; i++)
		if (strcmp(c->profiles[i].shape.name, name) == 0)
			return &c->profiles[i];
	return NULL;
}

/* "profiles.*.lifetime" with the name that `key` has in that place. */
static const char *
spelled_out(const char *pattern, const char *key, struct arena *a)
{
	const char *star = strchr(pattern, '*'), *name = strchr(key, '.');
	size_t len = name == NULL ? 0 : strcspn(++name, ".");

	if (star == NULL)
		return pattern;
	if (len == 0 || name[len] == '\0')
		return arena_printf(a, "%.*sNAME%s", (int)(star - pattern),
		    pattern, star + 1);
	return arena_printf(a, "%.*s%.*s%s", (int)(star - pattern), pattern,
	    (int)len, name, star + 1);
}

/*
 * By the whole key, or by the end of one, with what joins words left open:
 * http.prot is nearest to validation.http_port.
 */
const char *
config_nearest(const char *key, struct arena *a)
{
	struct nearest best = nearest_to(key);

	for (size_t i = 0; i < n_config_keys; i++) {
		const struct config_key *k = &config_keys[i];
		const char *full = spelled_out(k->pattern, key, a), *dot;

		if (k->when == W_INNER)
			continue;
		nearest_try(&best, full, full, 0);
		for (dot = strchr(full, '.'); dot != NULL;
		     dot = strchr(dot + 1, '.'))
			nearest_try(&best, dot + 1, full, 1);
		if ((dot = strchr(full, '.')) != NULL)
			nearest_try(&best,
			    arena_bytes(a, full, (size_t)(dot - full)),
			    arena_bytes(a, full, (size_t)(dot - full)), 0);
	}
	return best.name;
}
