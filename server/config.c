/* From defaults, presets, file, environment, --set and flags: one struct. */
#include "server/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "server/config_int.h"
#include "server/version.h"

/* `value` for `profiles.NAME.MEMBER`; the name is made if it is not there. */
static void
preset(struct config *c, const char *name, const char *member,
    const char *value)
{
	char why[CONFIG_LINE_MAX], ignored[CONFIG_NAME_SIZE];
	const struct config_key *k =
	    config_key_of(arena_printf(c->arena, "profiles.x.%s", member),
	        ignored);
	void *p = config_base(c, k, name);

	if (p == NULL || !config_value_read(k, value, p, c->arena, why))
		abort(); /* a row of the table is wrong */
}

struct config *
config_defaults(void)
{
	struct arena *a = arena_new();
	struct config *c = ARENA_NEW(a, struct config);
	char why[CONFIG_LINE_MAX];

	c->arena = a;
	c->profiles =
	    ARENA_ARRAY(a, struct config_profile, CONFIG_PROFILES_MAX);
	c->prober.user_agent = "mayfly/" MAYFLY_VERSION;
	c->serving.shape = (struct profile_spec){
		.name = "serving", .backdate_s = 30, .usages = USAGE_SERVER_AUTH
	};
	c->serving.crl = c->serving.ocsp = c->serving.aia = WISH_NO;
	for (size_t i = 0; i < n_config_keys; i++)
		if (strchr(config_keys[i].pattern, '*') == NULL &&
		    !config_value_read(&config_keys[i], config_keys[i].fallback,
		        c, a, why))
			abort(); /* a row of the table is wrong */
	for (size_t i = 0; i < n_config_builtins; i++) {
		const struct config_builtin *b = &config_builtins[i];

		preset(c, b->name, "lifetime", b->lifetime);
		preset(c, b->name, "description", b->description);
		preset(c, b->name, "usages", b->usages);
		preset(c, b->name, "no_rev_avail", b->no_rev_avail);
	}
	return c;
}

void
config_free(struct config *c)
{
	if (c != NULL)
		arena_free(c->arena);
}

void
config_say(const struct config_report *r, const char *fmt, ...)
{
	char line[CONFIG_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	utf8_tame(line, strlen(line));
	r->say(r->arg, line);
}

void
config_wrong(struct config_load *l, const char *where, const char *fmt, ...)
{
	char what[CONFIG_LINE_MAX];
	va_list ap;

	if (++l->errors > CONFIG_ERRORS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	config_say(l->report, "%s: %s", where, what);
}

struct config_given *
config_given(const struct config_load *l, const char *key)
{
	struct config_given *g = l->given;

	while (g != NULL && strcmp(g->key, key) != 0)
		g = g->next;
	return g;
}

const char *
config_where(const struct config_load *l, const char *key)
{
	const struct config_given *g = config_given(l, key);

	return g == NULL ? "configuration" : g->where;
}

static void
unknown(struct config_load *l, const char *where, const char *key)
{
	const char *near = config_nearest(key, l->c->arena);

	if (config_section(key))
		config_wrong(l, where,
		    "%s: expected keys below it, not a value", key);
	else if (near == NULL)
		config_wrong(l, where, "%s: unknown key", key);
	else
		config_wrong(l, where, "%s: unknown key; did you mean %s?", key,
		    near);
}

void
config_set(struct config_load *l, enum config_layer layer, const char *where,
    const char *key, const char *value)
{
	struct arena *a = l->c->arena;
	char name[CONFIG_NAME_SIZE], why[CONFIG_LINE_MAX];
	const struct config_key *k = config_key_of(key, name);
	struct config_given *g = config_given(l, key);
	void *base;

	if (k == NULL || (k->when == W_INNER && !l->inner)) {
		unknown(l, where, key);
		return;
	}
	if (g != NULL && layer == FROM_FILE && g->layer == FROM_FILE) {
		config_wrong(l, where, "%s: given twice; first at %s", key,
		    g->where);
		return;
	}
	if ((base = config_base(l->c, k, name)) == NULL) {
		config_wrong(l, where,
		    "%s: a profile's name is made of a-z, 0-9 and -, is not "
		    "\"serving\", and there are at most %d",
		    key, CONFIG_PROFILES_MAX);
		return;
	}
	if (g == NULL) {
		g = ARENA_NEW(a, struct config_given);
		g->next = l->given;
		g->key = arena_text(a, key);
		l->given = g;
	}
	g->layer = layer;
	g->where = where;
	if (!config_value_read(k, value, base, a, why))
		config_wrong(l, where, "%s: %s", key, why);
}

/* "KEY=VALUE" */
static void
set_pair(struct config_load *l, enum config_layer layer, const char *where,
    const char *pair)
{
	const char *equals = strchr(pair, '=');

	if (equals == NULL || equals == pair) {
		config_wrong(l, where, "expected KEY=VALUE, not \"%.100s\"",
		    pair);
		return;
	}
	config_set(l, layer, where,
	    arena_bytes(l->c->arena, pair, (size_t)(equals - pair)),
	    equals + 1);
}

/* True for what Kubernetes tells everyone about a service named mayfly. */
static bool
is_service_link(const char *rest)
{
	return strncmp(rest, "SERVICE_", 8) == 0 ||
	       strncmp(rest, "PORT_", 5) == 0 || strncmp(rest, "PORT=", 5) == 0;
}

/* VALIDATION_HTTP_PORT is validation.http_port: the row says what `_` is. */
static const char *
environ_key(const char *upper, struct arena *a)
{
	char *lower = arena_text(a, upper);
	size_t len = strlen(lower);

	for (char *p = lower; *p != '\0'; p++)
		*p = *p == '_' ? '.' : (char)tolower((unsigned char)*p);
	for (size_t i = 0; i < n_config_keys; i++) {
		const char *pattern = config_keys[i].pattern;
		size_t head = strcspn(pattern, "*"), tail;
		char *flat = arena_text(a, pattern), *name;

		for (char *p = flat; *p != '\0'; p++)
			*p = *p == '_' ? '.' : *p;
		if (pattern[head] == '\0' && strcmp(flat, lower) == 0)
			return pattern;
		tail = pattern[head] == '\0' ? 0 : strlen(flat + head + 1);
		if (pattern[head] == '\0' || len <= head + tail ||
		    strncmp(flat, lower, head) != 0 ||
		    strcmp(flat + head + 1, lower + len - tail) != 0)
			continue;
		name = arena_bytes(a, lower + head, len - head - tail);
		for (char *p = name; *p != '\0'; p++)
			*p = *p == '.' ? '-' : *p;
		return arena_printf(a, "%.*s%s%s", (int)head, pattern, name,
		    pattern + head + 1);
	}
	return NULL;
}

static void
unknown_variable(struct config_load *l, const char *name)
{
	struct arena *a = l->c->arena;
	const char *near = config_nearest(name + strlen("MAYFLY_"), a);
	char *upper;

	if (near == NULL) {
		config_wrong(l, name, "unknown key");
		return;
	}
	upper = arena_text(a, near);
	for (char *p = upper; *p != '\0'; p++)
		*p = *p == '.' || *p == '-' ? '_'
		                            : (char)toupper((unsigned char)*p);
	config_wrong(l, name, "unknown key; did you mean MAYFLY_%s?", upper);
}

static void
from_environ(struct config_load *l, char *const *environ)
{
	struct arena *a = l->c->arena;

	for (; environ != NULL && *environ != NULL; environ++) {
		const char *var = *environ, *equals = strchr(var, '='), *key;
		const char *name;

		if (strncmp(var, "MAYFLY_", 7) != 0 || equals == NULL ||
		    is_service_link(var + 7))
			continue;
		name = arena_bytes(a, var, (size_t)(equals - var));
		if ((key = environ_key(name + 7, a)) == NULL)
			unknown_variable(l, name);
		else
			config_set(l, FROM_ENVIRON, name, key, equals + 1);
	}
}

static void
from_file(struct config_load *l, const struct config_source *s)
{
	const char *file = arena_printf(l->c->arena, "%s/mayfly.yaml", s->dir);
	char *text;
	size_t len = 0;
	ssize_t n = 0;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		if (errno != ENOENT || !s->file_optional)
			config_wrong(l, file, "%s", strerrordesc_np(errno));
		return;
	}
	text = arena_alloc(l->c->arena, CONFIG_TEXT_MAX + 1, 1);
	while (len <= CONFIG_TEXT_MAX &&
	       (n = read(fd, text + len, CONFIG_TEXT_MAX + 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		config_wrong(l, file, "%s", strerrordesc_np(errno));
	else if (len > CONFIG_TEXT_MAX)
		config_wrong(l, file, "longer than %d bytes", CONFIG_TEXT_MAX);
	else
		config_yaml(l, file, text, len);
	(void)close(fd);
}

/* Flags of one key that holds a list add up. */
static void
from_flags(struct config_load *l, const struct config_source *s)
{
	struct arena *a = l->c->arena;
	char name[CONFIG_NAME_SIZE];

	for (size_t i = 0; i < s->n_flags; i++) {
		const struct config_flag *f = &s->flags[i];
		const struct config_key *k = config_key_of(f->key, name);
		const char *value = f->value;

		while (k != NULL && k->kind >= K_HOSTS && i + 1 < s->n_flags &&
		       strcmp(s->flags[i + 1].key, f->key) == 0)
			value = arena_printf(a, "%s,%s", value,
			    s->flags[++i].value);
		config_set(l, FROM_FLAG, f->flag, f->key, value);
	}
}

/* D as seen from everywhere; it may not be there yet. */
static const char *
absolute(const char *dir, struct arena *a)
{
	char *real = realpath(dir, NULL);
	const char *out;

	if (real != NULL) {
		out = arena_text(a, real);
		free(real);
		return out;
	}
	if (dir[0] == '/' || (real = getcwd(NULL, 0)) == NULL)
		return arena_text(a, dir);
	out = arena_printf(a, "%s/%s", real, dir);
	free(real);
	return out;
}

/* Nobody shall rely on a CA that misbehaves on purpose. */
static void
refuse_trials(struct config_load *l)
{
	char name[CONFIG_NAME_SIZE];

	for (const struct config_given *g = l->given; g != NULL; g = g->next) {
		const struct config_key *k = config_key_of(g->key, name);

		if (k != NULL && strncmp(g->key, "test.", 5) == 0 &&
		    strcmp(config_value_text(k, l->c, l->c->arena),
		        k->fallback) != 0)
			config_wrong(l, g->where,
			    "%s: only `mayfly dev` takes it; it makes a CA "
			    "misbehave, for tests of clients",
			    g->key);
	}
}

/* `l` becomes its configuration, or NULL if anything was wrong. */
static struct config *
finish(struct config_load *l)
{
	if (l->errors == 0)
		config_cross_check(l);
	if (l->errors == 0)
		return l->c;
	if (l->errors > CONFIG_ERRORS_MAX)
		config_say(l->report, "… and more");
	config_free(l->c);
	return NULL;
}

struct config *
config_load(const struct config_source *s, const struct config_report *r)
{
	struct config_load l = { .c = config_defaults(), .report = r };

	for (size_t i = 0; i < s->n_presets; i++)
		set_pair(&l, FROM_PRESET, "default", s->presets[i]);
	if (s->dir != NULL) {
		l.inner = true;
		config_set(&l, FROM_FLAG, "--dir", "dir",
		    absolute(s->dir, l.c->arena));
		l.inner = false;
		from_file(&l, s);
	}
	from_environ(&l, s->environ);
	for (size_t i = 0; i < s->n_sets; i++)
		set_pair(&l, FROM_SET, "--set", s->sets[i]);
	from_flags(&l, s);
	if (s->in_earnest) /* NON-15 */
		refuse_trials(&l);
	return finish(&l);
}

struct config *
config_from_text(const char *text, size_t len, const struct config_report *r)
{
	struct config_load l = {
		.c = config_defaults(), .report = r, .inner = true
	};

	config_yaml(&l, "configuration", text, len);
	return finish(&l);
}
