/* challenges/evidence_int.h: write down what a look saw. */
#ifndef CHALLENGES_EVIDENCE_INT_H
#define CHALLENGES_EVIDENCE_INT_H

#include "challenges/challenge.h"

enum { EVIDENCE_MAX = 128 }; /* of one probe, over all its looks */

/* Where a look writes; `who` is a constant. */
struct notes {
	struct probe *p;
	struct loop *loop;
	const char *who;
};

/*
 * A record at the end of the probe's list, stamped with who and when.  A full
 * list gets its last record blanked and handed out again.
 */
struct evidence *note(const struct notes *n);

/* Where the bytes are not printable ASCII they become `?`; cut at `max`. */
const char *printable(struct arena *a, const char *s, size_t len, size_t max);

/* A digest prefix in hexadecimal. */
enum { DIGEST_TEXT = 17 };
void digest_text(const uint8_t digest[8], char out[DIGEST_TEXT]);

/* "192.0.2.1:80", "[2001:db8::1]:80" */
const char *endpoint_text(struct arena *a, const char *address, unsigned port);

#endif
