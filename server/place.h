/* server/place.h: directories and names that nobody has told us. */
#ifndef SERVER_PLACE_H
#define SERVER_PLACE_H

#include "base/arena.h"
#include "base/err.h"

/* Where `up` serves: /var/lib/mayfly, $XDG_DATA_HOME/mayfly…; NULL: nowhere. */
const char *place_usual(struct arena *a);

/* A fresh directory in memory, or a temporary one; NULL, the reason in `f`. */
const char *place_temporary(struct arena *a, struct fault *f);
void place_remove(const char *dir); /* with all that is in it */

/* What this host is called by others, as far as it knows; or NULL. */
const char *place_host(struct arena *a);

#endif
