/* acme/subdomains.h: names proved by a domain above them (RFC 9444). */
#ifndef ACME_SUBDOMAINS_H
#define ACME_SUBDOMAINS_H

#include "acme/names.h"

/*
 * For each of `idents`, which names_accept() made of `in`, the domain above it
 * that is to be proved in its stead; NULL where the client named none.
 * ERR_MALFORMED for one that is not above its name; ERR_REJECTED_IDENTIFIER,
 * with a subproblem, for one that nobody may speak for as a whole.
 */
enum err ancestors_accept(const struct name_in *in, size_t n_in,
    const struct ident *idents, size_t n, const struct name_rules *rules,
    struct arena *a, const char *const **out, struct fault *f) MUST_USE;

/* The same judgement of one domain, in normal form in `out`. */
enum err ancestor_parse(const char *value, const struct name_rules *rules,
    struct arena *a, struct ident *out, struct fault *f) MUST_USE;

/* The domain one label up, or NULL if there is none to speak of. */
const char *domain_above(const char *name);

#endif
