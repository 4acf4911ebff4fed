/*
 * server/hierarchy.h: D/ca while a server runs.
 *
 * A child of its own, `-child ca`, looks at it: once the front is ready, on
 * SIGHUP and once an hour at least; and before all else if the front finds that
 * an issuer is due to be followed by another.  It alone opens the root key, to make the next issuer
 * when that is due, and it tries what there is before anybody goes by it.  If
 * the hierarchy has changed, the keeper is started again, with the new key;
 * then the front is told the certificates, and uses the newest issuer.
 */
#ifndef SERVER_HIERARCHY_H
#define SERVER_HIERARCHY_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/ca.h"

enum ca_outcome {
	CA_FINE,
	CA_ROTATED,
	CA_NOT_ROTATED, /* though it is due; the reason says why */
};

/* What the child says (LOOKED). */
struct ca_looked {
	uint32_t outcome;
	uint32_t next_s;    /* when to look again */
	uint8_t digest[32]; /* of all certificates: has it changed? */
	char reason[512];
};

/* What the supervisor knows of it. */
struct hierarchy {
	struct arena *arena; /* of the texts */
	struct ca_texts texts;
	uint8_t digest[32];
	bool had;          /* a look has ended, well or not */
	bool waits;        /* the front does, for the first one */
	bool heard;        /* the child that runs has said LOOKED */
	bool again;        /* look once more: SIGHUP came while it looked */
	bool leaving;      /* the keeper has been told to go and come again */
	bool untold;       /* the front does not know it yet */
	int64_t bound_ms;  /* the child's */
	int64_t warned_ms; /* of what is due and not done; 0: never */
	struct ca_looked looked;
};

struct supervisor;
struct msg;

/* The files are read; a first look is soon. */
void hierarchy_begin(struct supervisor *s);

/* Start the child if a look is due; when the next is, on child_clock(). */
void hierarchy_start(struct supervisor *s);
int64_t hierarchy_due(const struct supervisor *s);

/* Look as soon as may be. */
void hierarchy_look(struct supervisor *s);

/* The front is ready, for the first time; it goes on after a look only. */
void hierarchy_announced(struct supervisor *s);
void hierarchy_asked(struct supervisor *s);

/* The child said LOOKED; false if that is nonsense.  The child has ended. */
bool hierarchy_heard(struct supervisor *s, const struct msg *m);
void hierarchy_ended(struct supervisor *s);

/* Tell the front; false if that could not be done. */
bool hierarchy_tell(struct supervisor *s);

/* The keeper has ended, as was wanted or not; it is ready. */
void hierarchy_keeper_ended(struct supervisor *s);
void hierarchy_keeper_ready(struct supervisor *s);

void hierarchy_free(struct supervisor *s);

#endif
