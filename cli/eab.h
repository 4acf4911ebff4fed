/* cli/eab.h: `mayfly eab …`: keys for external account bindings. */
#ifndef CLI_EAB_H
#define CLI_EAB_H

#include <stdbool.h>

#include "base/json.h"
#include "cli/guest.h"

/* What the key may do: as in struct eab, whose id and key are made here. */
struct eab_wanted {
	unsigned uses_max;                      /* 0: any */
	unsigned expires_s;                     /* from now; 0: never */
	const char *const *allow, *const *deny; /* patterns, canonical */
	size_t n_allow, n_deny;
	const char *const *profiles; /* names of those there are */
	size_t n_profiles;
	const char *rate, *note; /* or NULL */
};

/*
 * Each says on stderr what is wrong, and returns an exit code; 3 if there is
 * no such key.  The MAC key is told by the first, and never again.
 */
int cli_eab_create(const struct guest_asked *asked, const struct eab_wanted *w);
int cli_eab_list(const struct guest_asked *asked);
int cli_eab_show(const struct guest_asked *asked, const char *kid);
int cli_eab_revoke(const struct guest_asked *asked, const char *kid);

/* "usable", "revoked", "expired", "used up". */
const char *eab_state(const struct eab *e, int64_t now);

/* What all of them tell of a key, but for the key itself: JSON, or lines. */
void eab_members(struct jsonw *w, const struct eab *e, int64_t now);
void eab_print(const struct eab *e, int64_t now);

/* The text to stdout; an exit code. */
int eab_say_json(struct jsonw *w);

#endif
