/* challenges/dial_int.h: one TCP connection to one address, on our loop. */
#ifndef CHALLENGES_DIAL_INT_H
#define CHALLENGES_DIAL_INT_H

#include "challenges/challenge.h"

enum dial_end {
	DIAL_OPEN,      /* `fd` is connected */
	DIAL_FORBIDDEN, /* by the policy; `fault` says why */
	DIAL_FAILED,    /* `sys_errno` says why; ETIMEDOUT: no answer in time */
};

typedef void dial_done(void *arg);

struct dial {
	/* To read once `done` is called. */
	enum dial_end end;
	int fd, sys_errno;
	struct fault fault;

	/* The rest is dial.c's. */
	struct loop *loop;
	struct watch *watch;
	struct timer *timer;
	dial_done *done;
	void *arg;
};

struct dial_plan {
	struct loop *loop;
	const struct address_policy *policy;
	const char *address; /* 192.0.2.1, 2001:db8::1 */
	uint16_t port;
	unsigned ms; /* bound */
};

/*
 * The policy is asked about the very bytes that are dialled.  `done` comes on
 * the loop, never before this returns.
 */
void dial_start(struct dial *d, const struct dial_plan *plan, dial_done *done,
    void *arg);
/* Hang up, whatever has come of it; an all-zero dial is fine, too. */
void dial_close(struct dial *d);

#endif
