/* server/config_doc.h: what the table says to people. */
#ifndef SERVER_CONFIG_DOC_H
#define SERVER_CONFIG_DOC_H

#include <stddef.h>

#include "base/arena.h"

/*
 * A complete mayfly.yaml, in `a`: every key with its help and, behind a `#`,
 * its default.  `names` are filled in, unless there are none.
 */
const char *config_sample(const char *const *names, size_t n_names,
    struct arena *a);

/* The source of mayfly.yaml(5), in `a`. */
const char *config_manual(struct arena *a);

#endif
