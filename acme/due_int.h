/* acme/due_int.h: what kinds of due work share. */
#ifndef ACME_DUE_INT_H
#define ACME_DUE_INT_H

#include "acme/acme.h"

/* One turn's reading and writing. */
struct turn {
	struct acme *ca;
	struct snap *snap;
	struct batch *batch;
	struct arena *arena;
	int64_t now_ms;
	unsigned told_of; /* the issuer the next is about; 0: none */
	unixtime told_until;
	int64_t until_ms; /* this pass takes rows due by then; */
	size_t put_back;  /* so many it has seen, and will see again */
	bool more; /* of this kind than the rows tell: another turn at once */
};

/* What one kind of row wants.  `again` is set if there is something to start. */
typedef void due_fn(struct turn *t, const struct due *d, struct due *again);

struct due *due_row(struct arena *a, enum due_kind kind, struct id object,
    int64_t at_ms);
/* The same row once more, later. */
void due_postpone(struct turn *t, const struct due *d, int64_t at_ms);

/* From one look at the journal's end to the next; while some of it goes. */
enum { JOURNAL_MS = 600 * 1000, JOURNAL_BUSY_MS = 5 * 1000 };

/* Pruning (acme/prune.c). */
due_fn prune_order, prune_authz, prune_certificate, prune_eab, prune_journal;

#endif
