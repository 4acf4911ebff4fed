/* server/verbs_int.h: what is common to the verbs. */
#ifndef SERVER_VERBS_INT_H
#define SERVER_VERBS_INT_H

#include <stdbool.h>

#include "server/verbs.h"

/* A verb under way; what it points to lives in `a`. */
struct running {
	const struct options *o;
	struct arena *a;
	struct config_source source;
	const char *dir; /* o->dir, until the verb knows better */
	bool usage;      /* what was wrong came from the command line */
};

void running_begin(struct running *run, const struct options *o);
/* Free it, and hand on the exit code. */
int running_end(struct running *run, int code);

/* NULL after saying why on stderr; then the exit code is… */
struct config *running_load(struct running *run, bool file_optional);
int running_refused(const struct running *run);

/* Say it on stderr; a failure. */
int running_wrong(const struct running *run, const char *what);
/* What an option cannot be given; the exit code for that. */
int running_usage(const struct running *run, const char *option,
    const char *why);
/* All that --NAME was given, in the order given; in the arena. */
const char **running_values(const struct running *run, const char *name,
    size_t *n);
/* The same as patterns for names; an exit code. */
int running_patterns(const struct running *run, const char *name,
    const char *const **out, size_t *n);
/* run->dir, or what `mayfly up` would take; false: there is no such place. */
bool running_usual_dir(struct running *run);
/* End for want of --dir. */
int running_without_dir(struct running *run);

#endif
