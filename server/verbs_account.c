/* `mayfly account …`: what the options say, and the way to cli/. */
#include <stdio.h>

#include "cli/account.h"
#include "server/verbs_guest.h"

int
verb_account_list(const struct options *o)
{
	struct guest_verb v;
	int code = guest_begin(&v, o);

	return code != EXIT_OK ? code
	                       : guest_end(&v, cli_account_list(&v.asked));
}

/* One that is about an account alone. */
static int
about(const struct options *o,
    int (*run)(const struct guest_asked *asked, const char *which))
{
	struct guest_verb v;
	int code = guest_begin(&v, o);

	return code != EXIT_OK ? code
	                       : guest_end(&v, run(&v.asked, o->operands[0]));
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
	struct guest_verb v;
	int code = guest_begin(&v, o);

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
	return guest_end(&v, code);
}
