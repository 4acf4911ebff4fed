/* server/verbs_guest.h: `mayfly account …` and `mayfly eab …` begin and end alike. */
#ifndef SERVER_VERBS_GUEST_H
#define SERVER_VERBS_GUEST_H

#include "cli/guest.h"
#include "server/verbs_int.h"

/* A verb under way, and what cli/ is told of it. */
struct guest_verb {
	struct running run;
	struct config *config;
	struct guest_asked asked;
};

/* EXIT_OK, and guest_end() is to follow; or the exit code, which has been said. */
int guest_begin(struct guest_verb *v, const struct options *o);
/* Free it, and hand on the exit code. */
int guest_end(struct guest_verb *v, int code);

#endif
