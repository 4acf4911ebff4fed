/*
 * challenges/persist_int.h: what the TXT records of dns-persist-01 say (a
 * draft; CONFORMANCE 13.5).  The one door for their bytes.
 */
#ifndef CHALLENGES_PERSIST_INT_H
#define CHALLENGES_PERSIST_INT_H

#include "challenges/answer_int.h"
#include "challenges/challenge.h"

enum { PERSIST_LEAST_S = 60 }; /* enough to finalize an order by it */

/*
 * Is there one of ours, for the account, that counts at `now`?  Then
 * p->lasts_s is set; else the probe's fault says which came closest.
 */
bool persist_judge(const struct dns_record *records, int64_t now,
    struct probe *p, struct arena *a);

#endif
