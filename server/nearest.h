/* server/nearest.h: what somebody who mistyped may have meant. */
#ifndef SERVER_NEAREST_H
#define SERVER_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *typed;
	const char *name; /* the best so far, borrowed; NULL: none is near */
	size_t cost;
};

struct nearest nearest_to(const char *typed);

/*
 * Compare with `candidate`, and remember `name` if it is the nearest yet.
 * `malus` is added to the distance: letters added, dropped, changed, or
 * swapped with their neighbour; one of . _ - for another costs nothing.
 */
void nearest_try(struct nearest *n, const char *candidate, const char *name,
    size_t malus);

#endif
