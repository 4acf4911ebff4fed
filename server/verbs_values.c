/* Values of options that are no keys of the configuration. */
#include <stdio.h>
#include <string.h>

#include "acme/policy.h"
#include "server/verbs_int.h"

int
running_usage(const struct running *run, const char *option, const char *why)
{
	(void)fprintf(stderr, "mayfly %s: --%s: %s\n",
	    options_verb_name(run->o->verb), option, why);
	return EXIT_USAGE;
}

const char **
running_values(const struct running *run, const char *name, size_t *n)
{
	const struct options *o = run->o;
	const char **out = ARENA_ARRAY(run->a, const char *, o->n_others);

	*n = 0;
	for (size_t i = 0; i < o->n_others; i++)
		if (strcmp(o->others[i].flag, name) == 0)
			out[(*n)++] = o->others[i].value;
	return out;
}

int
running_patterns(const struct running *run, const char *name,
    const char *const **out, size_t *n)
{
	const char **texts = running_values(run, name, n);

	for (size_t i = 0; i < *n; i++) {
		const char *text = texts[i];

		if ((texts[i] = policy_pattern(text, run->a)) == NULL)
			return running_usage(run, name,
			    arena_printf(run->a,
			        "expected a pattern for names, such as "
			        ".example.com, web-*.example.com or "
			        "10.0.0.0/8, not \"%s\"",
			        text));
	}
	*out = texts;
	return EXIT_OK;
}
