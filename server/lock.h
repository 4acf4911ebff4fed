/* server/lock.h: one server to a directory. */
#ifndef SERVER_LOCK_H
#define SERVER_LOCK_H

#include "base/err.h"

/*
 * Hold D/lock, with our pid in it, for as long as the descriptor in `fd` is
 * open: the kernel lets go of it when we end, however we end.  ERR_BUSY, and a
 * line that names the directory and the other's pid, if it is held; ERR_INTERNAL
 * if it cannot be opened.
 */
enum err lock_take(const char *dir, int *fd, struct fault *f) MUST_USE;

/* Behind the pid, for verbs beside us: where clients find the directory. */
void lock_tell(int fd, const char *url);

#endif
