/* cli/account_int.h: what the files of `mayfly account` share. */
#ifndef CLI_ACCOUNT_INT_H
#define CLI_ACCOUNT_INT_H

#include "base/json.h"
#include "cli/account.h"

/* A verb under way. */
struct accounts {
	const struct guest_asked *asked;
	struct arena *a;
	struct store *st;
};

/* False after saying why not; end it all the same. */
bool accounts_begin(struct accounts *x, const struct guest_asked *asked);
/* Close it; the exit code. */
int accounts_end(struct accounts *x, int code);

/* In x->a; NULL if there is none, which has been said. */
struct account *accounts_find(struct accounts *x, const char *which);

/* What is known of it, for people, or for programs if so asked. */
int accounts_tell(struct accounts *x, const struct account *acct);

#endif
