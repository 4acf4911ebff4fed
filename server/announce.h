/* server/announce.h: saying that we are ready, to people and to programs. */
#ifndef SERVER_ANNOUNCE_H
#define SERVER_ANNOUNCE_H

#include "base/arena.h"
#include "server/config.h"
#include "server/proc.h"

/* Where it is said. */
struct announce {
	bool people;            /* on stdout: URL, root, a line to copy */
	bool json;              /* on stdout: one line */
	const char *ready_file; /* the same line in a file, or NULL */
	bool failed;            /* it could not be said */
};

/*
 * For struct supervisor_args: `arg` is a struct announce.  A program that would
 * wait for ever for what cannot be said is better off with a server that ends.
 */
void announce(void *arg, const struct config *c, const struct ready *r);

/* The texts, in `a`; the second without a line's end. */
const char *announce_people(const struct config *c, const struct ready *r,
    struct arena *a);
const char *announce_json(const struct config *c, const struct ready *r,
    struct arena *a);

#endif
