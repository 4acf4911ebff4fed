/* acme/tally.h: how many things each id has under way; one thread's at a time. */
#ifndef ACME_TALLY_H
#define ACME_TALLY_H

#include "base/id.h"

struct tally;

struct tally *tally_new(void);
void tally_free(struct tally *t);

void tally_add(struct tally *t, struct id id);
void tally_drop(struct tally *t, struct id id); /* once for each added */
unsigned tally_of(const struct tally *t, struct id id);

#endif
