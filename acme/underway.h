/* acme/underway.h: which challenges are being looked at, on whatever loop. */
#ifndef ACME_UNDERWAY_H
#define ACME_UNDERWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"

/* Safe from any thread. */
struct underway;

struct underway *underway_new(void);
void underway_free(struct underway *u); /* NULL is a no-op */

/*
 * From now on challenge number `index` of this authorization is looked at by
 * the caller.  False if somebody is at it already.
 */
bool underway_begin(struct underway *u, struct id authz, uint32_t index);
void underway_end(struct underway *u, struct id authz, uint32_t index);
bool underway_has(struct underway *u, struct id authz, uint32_t index);

#endif
