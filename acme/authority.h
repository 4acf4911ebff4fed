/* acme/authority.h: which hosts are us, and which URLs are ours (DESIGN 4). */
#ifndef ACME_AUTHORITY_H
#define ACME_AUTHORITY_H

#include <stdbool.h>

#include "acme/acme.h"

/*
 * The authority for the URLs of a reply: `host` ("name", "name:port",
 * "[::1]:port") in lower case, in `a`, if its host is one of the
 * configuration's names; else NULL.
 */
const char *authority_ours(const struct acme_config *config, const char *host,
    struct arena *a);

/* The names, for the client that came by another: "a, b, c". */
const char *authority_names(const struct acme_config *config, struct arena *a);

/*
 * The account a kid names: https, an authority of ours, and the path of an
 * account.  False for anything else.
 */
bool authority_kid(const struct acme_config *config, const char *kid,
    struct arena *a, struct id *out);

#endif
