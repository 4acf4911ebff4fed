/* base/file.h: files that are there whole or not at all. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * Write beside `path`, sync, rename, sync the directory.  On failure, with a
 * reason that names the path, what was at `path` stays.
 */
enum err file_write(const char *path, const char *text, mode_t mode,
    struct fault *f) MUST_USE;

/*
 * At most `most` bytes, with a NUL, in `a`.  NULL, with the reason in `f`:
 * ERR_NOT_FOUND if it is not there, ERR_TOO_LARGE, ERR_INTERNAL.
 */
char *file_read(const char *path, size_t most, struct arena *a,
    struct fault *f);

/* The first line of a passphrase file, in `a`: wipe it.  NULL as above. */
char *file_passphrase(const char *path, struct arena *a, struct fault *f);

#endif
