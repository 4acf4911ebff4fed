/*
 * challenges/caa_set_int.h: what the CAA records of one name say (RFC 8659,
 * 4; RFC 8657).  The one door for their bytes.
 */
#ifndef CHALLENGES_CAA_SET_INT_H
#define CHALLENGES_CAA_SET_INT_H

#include "challenges/answer_int.h"
#include "challenges/challenge.h"

struct caa_question {
	bool wildcard;
	const char *method; /* "http-01" */
	const char *const *issuers, *const *accounts;
	size_t n_issuers, n_accounts;
};

/* Do they?  `why` is told either way, for people; all of it in `a`. */
bool caa_set_permits(const struct dns_record *records,
    const struct caa_question *q, struct arena *a, const char **why);

#endif
