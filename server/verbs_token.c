/* `mayfly token`: what the options say, and the way to cli/. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/token.h"
#include "server/config_int.h"
#include "server/verbs_int.h"

/* Read as durations of the configuration are. */
static const struct config_key lasts = { .pattern = "expires",
	.kind = K_SECONDS,
	.size = sizeof(unsigned),
	.fallback = "365d",
	.least = "1s",
	.most = "36500d" };

static int
usage(const char *option, const char *why)
{
	(void)fprintf(stderr, "mayfly token: --%s: %s\n", option, why);
	return EXIT_USAGE;
}

static int
token(struct running *run, struct token_asked *asked)
{
	const char *expires = options_other(run->o, "expires");
	const char *scope = options_other(run->o, "scope");
	char why[CONFIG_LINE_MAX];
	struct stat st;

	if (!config_value_read(&lasts,
	        expires != NULL ? expires : lasts.fallback, &asked->lasts_s,
	        run->a, why))
		return usage("expires", why);
	asked->scope = scope != NULL ? scope : "metrics";
	if (strcmp(asked->scope, "metrics") != 0)
		return usage("scope", "expected metrics: there is no other");
	if (stat(asked->dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return running_wrong(run,
		    arena_printf(run->a, "%s: no such directory", asked->dir));
	return cli_token(asked);
}

int
verb_token(const struct options *o)
{
	struct running run;
	struct token_asked asked = { .now = (int64_t)time(NULL),
		.json = options_other(o, "json") != NULL };

	running_begin(&run, o);
	if (!running_usual_dir(&run))
		return running_without_dir(&run);
	asked.dir = run.dir;
	return running_end(&run, token(&run, &asked));
}
