/* server/ready.h: telling the world, once and whole, how we are. */
#ifndef SERVER_READY_H
#define SERVER_READY_H

#include "base/err.h"

/*
 * Write `text` to `path` so that whoever finds the file finds all of it; an
 * older one is replaced.  A reason that names the path.
 */
enum err ready_file(const char *path, const char *text,
    struct fault *f) MUST_USE;

/*
 * Tell systemd (sd_notify(3)): "READY=1", "STOPPING=1"…  A no-op without
 * NOTIFY_SOCKET; nobody to hear it is no error.
 */
void ready_notify(const char *state);

/* "RELOADING=1", with the time stamp systemd wants beside it. */
void ready_notify_reloading(void);

#endif
