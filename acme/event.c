/* The journal is written in the batch that it tells of. */
#include "acme/rq.h"

void
rq_event(struct rq *rq, const char *kind, struct id object, const char *detail)
{
	struct event *e = ARENA_NEW(rq->arena, struct event);

	e->kind = kind;
	e->account = rq->acct != NULL ? rq->acct->id : object;
	e->object = object;
	e->detail = detail;
	batch_event(rq->batch, e);
}
