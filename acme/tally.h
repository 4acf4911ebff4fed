/* acme/tally.h: how many things each account has under way, on one loop. */
#ifndef ACME_TALLY_H
#define ACME_TALLY_H

#include "base/id.h"

struct tally;

struct tally *tally_new(void);
void tally_free(struct tally *t);

void tally_add(struct tally *t, struct id account);
void tally_drop(struct tally *t, struct id account); /* once for each added */
unsigned tally_of(const struct tally *t, struct id account);

#endif
