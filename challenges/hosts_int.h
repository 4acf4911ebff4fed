/* challenges/hosts_int.h: names from a hosts(5) file. */
#ifndef CHALLENGES_HOSTS_INT_H
#define CHALLENGES_HOSTS_INT_H

#include <stddef.h>

#include "base/arena.h"

struct hosts; /* one file, read again when it changes */

struct hosts *hosts_new(const char *path);
void hosts_free(struct hosts *h);

/*
 * Up to `max` addresses of `name` in `out`, as text in `a`; the number found.
 * "localhost", and what ends in it, is known even when no file says so
 * (RFC 6761, 6.3).
 */
size_t hosts_find(struct hosts *h, const char *name, struct arena *a,
    const char **out, size_t max);

#endif
