#include <time.h>

#include "http/server_int.h"

enum { LOOKS_MAX = 16 };

void
lane_start(struct lane *l, struct http_server *s, const struct http_lane *is)
{
	l->server = s;
	l->is = *is;
	l->idlest = INT64_MAX;
	l->date_of = -1;
	TAILQ_INIT(&l->waiting);
	TAILQ_INIT(&l->busy);
}

int64_t
lane_clock(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
lane_place(struct conn *c, enum conn_place to)
{
	struct lane *l = c->lane;
	struct conn *first;

	if (to == PLACE_BUSY && c->list == &l->busy)
		return;
	if (c->list != NULL)
		TAILQ_REMOVE(c->list, c, link);
	c->list = to == PLACE_NONE   ? NULL
	          : to == PLACE_BUSY ? &l->busy
	                             : &l->waiting;
	c->since = to == PLACE_FRONT ? 0 : lane_clock();
	if (to == PLACE_FRONT)
		TAILQ_INSERT_HEAD(c->list, c, link);
	else if (to != PLACE_NONE)
		TAILQ_INSERT_TAIL(c->list, c, link);

	first = TAILQ_FIRST(&l->waiting);
	atomic_store(&l->idlest, first != NULL ? first->since : INT64_MAX);
}

const char *
lane_date(struct lane *l)
{
	int64_t now = loop_now(l->is.loop) / 1000;

	if (now != l->date_of)
		http_date(now, l->date);
	l->date_of = now;
	return l->date;
}

void
lane_left(struct lane *l)
{
	(void)atomic_fetch_sub(&l->connections, 1);
	server_left(l->server);
}

/*
 * What a client has sent may not have been read yet, and who has only just
 * come may be about to speak: those are not idle.
 */
static struct conn *
idlest(struct lane *l)
{
	int64_t now = lane_clock();
	struct conn *c = TAILQ_FIRST(&l->waiting);

	for (int n = 0; c != NULL && n < LOOKS_MAX; n++) {
		if (now - c->since < YOUNG_MS)
			break;
		if (!conn_is_stirring(c))
			return c;
		c = TAILQ_NEXT(c, link);
	}
	return NULL;
}

void
lane_evict(void *arg)
{
	struct lane *l = arg;
	struct conn *c = idlest(l);

	if (c != NULL) {
		c->evicted = true; /* its end is told by itself */
		conn_evict(c);
	} else
		server_evicted(l->server);
}

static void
drain_list(struct conn_list *list)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		conn_drain(c);
	}
}

void
lane_drain(void *arg)
{
	struct lane *l = arg;

	l->draining = true;
	drain_list(&l->waiting);
	server_release(l->server);
}

void
lane_close(struct lane *l)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&l->waiting)) != NULL ||
	       (c = TAILQ_FIRST(&l->busy)) != NULL)
		conn_close(c);
}
