/* `mayfly eab …`: what the options say, and the way to cli/. */
#include <stdio.h>
#include <string.h>

#include "acme/rate.h"
#include "cli/eab.h"
#include "server/config_int.h"
#include "server/verbs_guest.h"

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
read_numbers(struct guest_verb *v, struct eab_wanted *w)
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
	w->uses_max = n.uses;
	w->expires_s = n.expires_s;
	w->note = n.note;
	return EXIT_OK;
}

static int
read_rate(struct guest_verb *v, struct eab_wanted *w)
{
	const char *text = options_other(v->run.o, "rate");
	struct rate rate;

	if (text == NULL)
		return EXIT_OK;
	if (!rate_read(text, &rate) || rate.n == 0)
		return running_usage(&v->run, "rate",
		    "expected orders in a time, such as 300/1h");
	w->rate = rate_text(rate, v->run.a);
	return EXIT_OK;
}

static int
read_profiles(struct guest_verb *v, struct eab_wanted *w)
{
	const char **names = running_values(&v->run, "profile", &w->n_profiles);

	for (size_t i = 0; i < w->n_profiles; i++) {
		const struct config_profile *p =
		    config_profile(v->config, names[i]);

		if (p == NULL || !p->offered)
			return running_usage(&v->run, "profile",
			    arena_printf(v->run.a,
			        "there is no profile \"%s\" to be ordered; "
			        "see profiles in mayfly.yaml",
			        names[i]));
	}
	w->profiles = names;
	return EXIT_OK;
}

static int
read_wanted(struct guest_verb *v, struct eab_wanted *w)
{
	int code = read_numbers(v, w);

	if (code == EXIT_OK)
		code = read_rate(v, w);
	if (code == EXIT_OK)
		code =
		    running_patterns(&v->run, "allow", &w->allow, &w->n_allow);
	if (code == EXIT_OK)
		code = running_patterns(&v->run, "deny", &w->deny, &w->n_deny);
	return code == EXIT_OK ? read_profiles(v, w) : code;
}

int
verb_eab_create(const struct options *o)
{
	struct eab_wanted w = { 0 };
	struct guest_verb v;
	int code = guest_begin(&v, o);

	if (code != EXIT_OK)
		return code;
	code = read_wanted(&v, &w);
	if (code == EXIT_OK)
		code = cli_eab_create(&v.asked, &w);
	return guest_end(&v, code);
}

int
verb_eab_list(const struct options *o)
{
	struct guest_verb v;
	int code = guest_begin(&v, o);

	return code != EXIT_OK ? code : guest_end(&v, cli_eab_list(&v.asked));
}

int
verb_eab_show(const struct options *o)
{
	struct guest_verb v;
	int code = guest_begin(&v, o);

	return code != EXIT_OK
	           ? code
	           : guest_end(&v, cli_eab_show(&v.asked, o->operands[0]));
}

int
verb_eab_revoke(const struct options *o)
{
	struct guest_verb v;
	int code = guest_begin(&v, o);

	return code != EXIT_OK
	           ? code
	           : guest_end(&v, cli_eab_revoke(&v.asked, o->operands[0]));
}
