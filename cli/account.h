/* cli/account.h: `mayfly account …`: who has registered, and what for. */
#ifndef CLI_ACCOUNT_H
#define CLI_ACCOUNT_H

#include <stdbool.h>

#include "cli/guest.h"

/* Patterns, canonical; what is not given stays as it is, unless cleared. */
struct account_policy {
	bool clear;
	const char *const *allow, *const *deny;
	size_t n_allow, n_deny; /* 0: not given */
};

/*
 * `which` is an account's id, or its URL.  Each says on stderr what is wrong,
 * and returns an exit code; 3 if there is no such account, 4 if it is not for
 * an operator to do.
 */
int cli_account_list(const struct guest_asked *asked);
int cli_account_show(const struct guest_asked *asked, const char *which);
int cli_account_policy(const struct guest_asked *asked, const char *which,
    const struct account_policy *p);
int cli_account_revoke(const struct guest_asked *asked, const char *which);
int cli_account_restore(const struct guest_asked *asked, const char *which);

#endif
