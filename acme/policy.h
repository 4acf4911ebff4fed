/*
 * acme/policy.h: which names may be had: by suffix, glob, network, wildcard.
 *
 *	example.com        this name
 *	.example.com       all names below it, however deep; "." is every name
 *	web-*.example.com  what fits; * stands for anything within one label
 *	10.0.0.0/8, ::1    a network, an address
 *
 * A wildcard is allowed by a pattern that fits each name it covers, and denied
 * by one that fits any of them.
 */
#ifndef ACME_POLICY_H
#define ACME_POLICY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ident.h"

/* The pattern in canonical spelling, in `a`; NULL if it is none. */
const char *policy_pattern(const char *text, struct arena *a);

struct name_list {
	const char *const *patterns; /* as policy_pattern() spells them */
	size_t n;
};

/* Who has a say: the CA, a profile, a key for external accounts, an account. */
struct policy_level {
	const char *who;  /* "this CA" */
	const char *keys; /* "policy": for people who look for it; or NULL */
	struct name_list allow, deny; /* nothing allowed: all are */
	bool no_wildcards;
};

/*
 * Deny wins over allow, and each level with a list of what it allows must
 * allow a name.  ERR_REJECTED_IDENTIFIER tells all bad names at once, each with
 * the level and the rule that refuses it.
 */
enum err policy_check(const struct policy_level *levels, size_t n_levels,
    const struct ident *idents, size_t n, struct arena *a,
    struct fault *f) MUST_USE;

#endif
