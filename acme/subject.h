/* acme/subject.h: for whom, and by whom, the network is looked at. */
#ifndef ACME_SUBJECT_H
#define ACME_SUBJECT_H

#include "acme/acme.h"

struct subject {
	const struct ident *ident;
	struct id account;
	const char *account_url; /* as the client has it, or NULL */
};

/* Copies of all of it, and what we are called, into `p` and its arena. */
void subject_put(const struct subject *s, const struct acme_config *config,
    struct probe *p);

/* An account's URLs: by each of our names, the client's own first. */
const char *const *subject_urls(const struct subject *s,
    const struct acme_config *config, struct arena *a, size_t *n);

#endif
