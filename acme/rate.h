/* acme/rate.h: how often: "300/1h". */
#ifndef ACME_RATE_H
#define ACME_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* `n` in `per_ms`, all at once if they like.  n == 0: as many as they like. */
struct rate {
	unsigned n;
	int64_t per_ms; /* a year at most */
};

/* N/DURATION, a duration being a number of ms, s, m, h or d; or 0. */
bool rate_read(const char *text, struct rate *out);
/* As rate_read() reads it, in `a`. */
const char *rate_text(struct rate r, struct arena *a);

#endif
