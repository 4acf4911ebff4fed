/* acme/account_urls.h: an account's URLs, of which there is one for each name of ours. */
#ifndef ACME_ACCOUNT_URLS_H
#define ACME_ACCOUNT_URLS_H

#include "acme/acme.h"

/*
 * By each of our names, with the port of `url` (the one the client has, or
 * NULL) and that of the directory; `url` first.  In `a`.
 */
const char *const *account_urls(const struct acme_config *config,
    struct id account, const char *url, struct arena *a, size_t *n);

#endif
