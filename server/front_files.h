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

/* Close the sandbox around D/db, the hosts file and the system's resolvers. */
void front_sandbox(const struct config *c, struct arena *a);

#endif
