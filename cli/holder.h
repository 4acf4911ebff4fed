/* cli/holder.h: the server that runs by a directory. */
#ifndef CLI_HOLDER_H
#define CLI_HOLDER_H

#include <sys/types.h>

/* Its pid, as D/lock says; 0: none runs. */
pid_t holder_of(const char *dir);

/* Have it look at its files again, as SIGHUP does; its pid, or 0. */
pid_t holder_tell(const char *dir);

#endif
