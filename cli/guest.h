/* cli/guest.h: verbs that change the database, beside a server that has it. */
#ifndef CLI_GUEST_H
#define CLI_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* What every verb on the database is told. */
struct guest_asked {
	const char *dir;
	struct store_config store; /* its path is not looked at */
	const char *directory_url; /* of the server that runs, or would */
	bool json;
	int64_t now_ms; /* Unix time */
};

/*
 * The store in D/db, by the sizes in `like`.  NULL, with a reason that names
 * the path in `f`.  store_close() ends it: soon, for commits take turns.
 */
struct store *guest_open(const char *dir, const struct store_config *like,
    struct fault *f);

/* Commit, and wait until it is on disk.  As store_commit() answers. */
enum err guest_commit(struct store *st, struct batch *b) MUST_USE;

#endif
