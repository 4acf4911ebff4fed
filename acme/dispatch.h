/* acme/dispatch.h: run an endpoint, commit, linger, answer once. */
#ifndef ACME_DISPATCH_H
#define ACME_DISPATCH_H

#include "acme/rq.h"

/* One loop's dispatcher.  Plain data, embedded in struct acme. */
struct dispatch {
	struct loop *loop;
	struct store *store;
	struct rq *parked; /* list */
	unsigned n_parked;
	bool draining;
};

/*
 * Take `rq`, which lives in its own arena with http, row and the given fields
 * set.  It ends in exactly one http_reply(), after its batch is durable, or
 * one http_drop(), after its client has hung up.
 */
void dispatch_run(struct rq *rq);

/* End `rq`, which has not been run, with the failure in rq->fault. */
void dispatch_refuse(struct rq *rq, enum err e);

/* End `rq`, which ran by other means, with the reply that is set. */
void dispatch_answer(struct rq *rq);

/* End `rq` unanswered: its client has gone. */
void dispatch_drop(struct rq *rq);

/* Answer the parked with what is known; from now on nobody is parked. */
void dispatch_drain(struct dispatch *d);

#endif
