/* `mayfly eab …`: what the options say, and the way to cli/. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "acme/rate.h"
#include "cli/eab.h"
#include "cli/holder.h"
#include "server/config_host.h"
#include "server/config_int.h"
#include "server/verbs_int.h"

/* A verb under way, and what cli/ is told of it. */
struct eab_verb {
	struct running run;
	struct config *config;
	struct eab_asked asked;
	struct eab_wanted wanted;
};

/* Values of options are read as those of the configuration are. */
struct numbers {
	unsigned uses, expires_s;
	const char *note;
};
#define AT(m)                              \
	.at = offsetof(struct numbers, m), \
	.size = sizeof(((struct numbers *)0)->m)
static const struct config_key number_keys[] = {
	{ .pattern = "uses",
	    .kind = K_COUNT,
	    AT(uses),
	    .fallback = "1",
	    .least = "0",
	    .most = "1000000000" },
	{ .pattern = "expires",
	    .kind = K_SECONDS,
	    AT(expires_s),
	    .fallback = "30d",
	    .least = "1s",
	    .most = "36500d" },
	{ .pattern = "note",
	    .kind = K_TEXT,
	    AT(note),
	    .least = "1",
	    .most = "200" },
};
#undef AT

static int
read_numbers(struct eab_verb *v)
{
	struct numbers n = { .uses = 1 };
	char why[CONFIG_LINE_MAX];

	for (size_t i = 0; i < sizeof(number_keys) / sizeof(number_keys[0]);
	     i++) {
		const struct config_key *k = &number_keys[i];
		const char *text = options_other(v->run.o, k->pattern);

		if (text != NULL &&
		    !config_value_read(k, text, &n, v->run.a, why))
			return running_usage(&v->run, k->pattern, why);
	}
	v->wanted.uses_max = n.uses;
	v->wanted.expires_s = n.expires_s;
	v->wanted.note = n.note;
	return EXIT_OK;
}

static int
read_rate(struct eab_verb *v)
{
	const char *text = options_other(v->run.o, "rate");
	struct rate rate;

	if (text == NULL)
		return EXIT_OK;
	if (!rate_read(text, &rate) || rate.n == 0)
		return running_usage(&v->run, "rate",
		    "expected orders in a time, such as 300/1h");
	v->wanted.rate = rate_text(rate, v->run.a);
	return EXIT_OK;
}

static int
read_profiles(struct eab_verb *v)
{
	const char **names =
	    running_values(&v->run, "profile", &v->wanted.n_profiles);

	for (size_t i = 0; i < v->wanted.n_profiles; i++) {
		const struct config_profile *p =
		    config_profile(v->config, names[i]);

		if (p == NULL || !p->offered)
			return running_usage(&v->run, "profile",
			    arena_printf(v->run.a,
			        "there is no profile \"%s\" to be ordered; "
			        "see profiles in mayfly.yaml",
			        names[i]));
	}
	v->wanted.profiles = names;
	return EXIT_OK;
}

/* As the server that runs tells it; its flags may differ from our files. */
static const char *
directory_url(const struct config *c, struct arena *a)
{
	char host[HOST_MAX];
	uint16_t port = 0;
	const char *told = holder_directory(c->dir, a);

	if (told != NULL)
		return told;
	(void)host_port_split(c->listen, host, &port);
	return config_directory_url(c, port, a);
}

static int
begin(struct eab_verb *v, const struct options *o)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	*v = (struct eab_verb){ .config = NULL };
	running_begin(&v->run, o);
	if (!running_usual_dir(&v->run))
		return running_without_dir(&v->run);
	if ((v->config = running_load(&v->run, true)) == NULL)
		return running_end(&v->run, running_refused(&v->run));
	v->asked = (struct eab_asked){ .dir = v->config->dir,
		.store = { .map_bytes = v->config->store_map,
		    .max_bytes = v->config->store_max },
		.directory_url = directory_url(v->config, v->run.a),
		.json = options_other(o, "json") != NULL,
		.now_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000 };
	return EXIT_OK;
}

static int
end(struct eab_verb *v, int code)
{
	config_free(v->config);
	return running_end(&v->run, code);
}

static int
read_wanted(struct eab_verb *v)
{
	int code = read_numbers(v);

	if (code == EXIT_OK)
		code = read_rate(v);
	if (code == EXIT_OK)
		code = running_patterns(&v->run, "allow", &v->wanted.allow,
		    &v->wanted.n_allow);
	if (code == EXIT_OK)
		code = running_patterns(&v->run, "deny", &v->wanted.deny,
		    &v->wanted.n_deny);
	return code == EXIT_OK ? read_profiles(v) : code;
}

int
verb_eab_create(const struct options *o)
{
	struct eab_verb v;
	int code = begin(&v, o);

	if (code != EXIT_OK)
		return code;
	code = read_wanted(&v);
	if (code == EXIT_OK)
		code = cli_eab_create(&v.asked, &v.wanted);
	return end(&v, code);
}

int
verb_eab_list(const struct options *o)
{
	struct eab_verb v;
	int code = begin(&v, o);

	return code != EXIT_OK ? code : end(&v, cli_eab_list(&v.asked));
}

int
verb_eab_show(const struct options *o)
{
	struct eab_verb v;
	int code = begin(&v, o);

	return code != EXIT_OK
	           ? code
	           : end(&v, cli_eab_show(&v.asked, o->operands[0]));
}

int
verb_eab_revoke(const struct options *o)
{
	struct eab_verb v;
	int code = begin(&v, o);

	return code != EXIT_OK
	           ? code
	           : end(&v, cli_eab_revoke(&v.asked, o->operands[0]));
}
