/* cli/holder.h: the server that runs by a directory. */
#ifndef CLI_HOLDER_H
#define CLI_HOLDER_H

#include <sys/types.h>

#include "base/arena.h"

/* Its pid, as D/lock says; 0: none runs. */
pid_t holder_of(const char *dir);

/* The URL of its ACME directory, in `a`; NULL: none runs, or is ready. */
const char *holder_directory(const char *dir, struct arena *a);

/* Have it look at its files again, as SIGHUP does; its pid, or 0. */
pid_t holder_tell(const char *dir);

#endif
