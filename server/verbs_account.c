/* `mayfly account …`: what the options say, and the way to cli/. */
#include <stdio.h>
#include <time.h>

#include "cli/account.h"
#include "server/verbs_int.h"

/* A verb under way, and what cli/ is told of it. */
struct account_verb {
	struct running run;
	struct config *config;
	struct account_asked asked;
};

static int
begin(struct account_verb *v, const struct options *o)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	*v = (struct account_verb){ .config = NULL };
	running_begin(&v->run, o);
	if (!running_usual_dir(&v->run))
		return running_without_dir(&v->run);
	if ((v->config = running_load(&v->run, true)) == NULL)
		return running_end(&v->run, running_refused(&v->run));
	v->asked = (struct account_asked){ .dir = v->config->dir,
		.store = { .map_bytes = v->config->store_map,
		    .max_bytes = v->config->store_max },
		.json = options_other(o, "json") != NULL,
		.now_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000 };
	return EXIT_OK;
}

static int
end(struct account_verb *v, int code)
{
	config_free(v->config);
	return running_end(&v->run, code);
}

int
verb_account_list(const struct options *o)
{
	struct account_verb v;
	int code = begin(&v, o);

	return code != EXIT_OK ? code : end(&v, cli_account_list(&v.asked));
}

/* One that is about an account alone. */
static int
about(const struct options *o,
    int (*run)(const struct account_asked *asked, const char *which))
{
	struct account_verb v;
	int code = begin(&v, o);

	return code != EXIT_OK ? code : end(&v, run(&v.asked, o->operands[0]));
}

int
verb_account_show(const struct options *o)
{
	return about(o, cli_account_show);
}

int
verb_account_revoke(const struct options *o)
{
	return about(o, cli_account_revoke);
}

int
verb_account_restore(const struct options *o)
{
	return about(o, cli_account_restore);
}

int
verb_account_policy(const struct options *o)
{
	struct account_policy p = { .clear =
		                        options_other(o, "clear") != NULL };
	struct account_verb v;
	int code = begin(&v, o);

	if (code != EXIT_OK)
		return code;
	code = running_patterns(&v.run, "allow", &p.allow, &p.n_allow);
	if (code == EXIT_OK)
		code = running_patterns(&v.run, "deny", &p.deny, &p.n_deny);
	if (code == EXIT_OK && p.n_allow + p.n_deny == 0 && !p.clear) {
		(void)fprintf(stderr,
		    "mayfly account policy: --allow, --deny or --clear is "
		    "needed; mayfly account show tells what there is\n");
		code = EXIT_USAGE;
	}
	if (code == EXIT_OK)
		code = cli_account_policy(&v.asked, o->operands[0], &p);
	return end(&v, code);
}
