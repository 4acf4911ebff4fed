/* server/front_files.h: which files the front still needs in its sandbox. */
#ifndef SERVER_FRONT_FILES_H
#define SERVER_FRONT_FILES_H

#include "base/arena.h"
#include "server/config.h"

/*
 * D/db/serving.pem, in `a`: where the front may write.  D/serving.pem, where
 * people look for it, is made a link to it.
 */
const char *front_serving_pem(const char *dir, struct arena *a);

/*
 * What to allow so that `path` can be read, now and when it has been replaced
 * by another file of that name, as editors and DHCP clients do: its directory,
 * unless that holds the CA's keys or their passphrase, or the file is mounted
 * there by itself, as in containers.  Borrows from `a` and `path`.
 */
const char *front_readable(const char *path, const struct config *c,
    struct arena *a);

/* Close the sandbox around D/db, the hosts file and the system's resolvers. */
void front_sandbox(const struct config *c, struct arena *a);

#endif
