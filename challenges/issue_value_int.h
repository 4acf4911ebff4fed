/*
 * challenges/issue_value_int.h: "ca.example; tag=value; …" (RFC 8659, 4.2), as
 * CAA records and those of dns-persist-01 have it.  The one door for either.
 */
#ifndef CHALLENGES_ISSUE_VALUE_INT_H
#define CHALLENGES_ISSUE_VALUE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { ISSUE_PARAMETERS_MAX = 16 };

struct issue_parameter {
	const char *tag, *value; /* the tag in lower case */
};

struct issue_value {
	const char *issuer; /* lower case, without a dot at its end; "": none */
	struct issue_parameter parameters[ISSUE_PARAMETERS_MAX];
	size_t n;
};

/*
 * False for what the grammar does not have, or for more parameters than that.
 * The issuer is there even so, as far as it could be read.
 */
bool issue_value_read(const uint8_t *data, size_t len, struct arena *a,
    struct issue_value *out);

/* The first of that tag, or NULL; how many there are. */
const char *issue_value_find(const struct issue_value *v, const char *tag,
    size_t *n);

/* Is its issuer one of these names, in whatever case? */
bool issue_value_names(const struct issue_value *v, const char *const *issuers,
    size_t n);

#endif
