/* challenges/addresses_int.h: the addresses of a host, as they are dialled. */
#ifndef CHALLENGES_ADDRESSES_INT_H
#define CHALLENGES_ADDRESSES_INT_H

#include "challenges/prober_int.h"

enum { DIALS_PER_FAMILY = 4, DIALS_MAX = 2 * DIALS_PER_FAMILY };

/* Zeroed before its first use; between uses nothing needs to be freed. */
struct addresses {
	const char *host;
	struct lookup *lookup;       /* while it is asked for, or NULL */
	const char *list[DIALS_MAX]; /* IPv6 first */
	size_t n;
};

/*
 * From the hosts file, where one is asked, else from DNS.  True if the list is
 * there already; else the look's flow is woken when there is an answer, and
 * addresses_gather() is to be asked.
 */
bool addresses_find(struct addresses *ad, struct look *l, const char *host);
/* The host is an address: itself. */
void addresses_literal(struct addresses *ad, const char *address);
/* False, with the probe's fault given, if there are none. */
bool addresses_gather(struct addresses *ad, struct look *l);
/* Time is up while they were asked for: give the fault. */
void addresses_expire(struct addresses *ad, struct look *l);
void addresses_cancel(struct addresses *ad);

#endif
