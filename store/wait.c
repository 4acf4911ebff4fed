/*
 * Who waits for which object, and what was touched of late.
 *
 * A commit's touches and its waiters meet under one lock: a waiter is parked
 * before them and found, or after them and finds them remembered.  A waiter
 * that is told moves to the list of its loop; what is posted is that list, not
 * the waiter, which may be unparked, and gone, by then.
 */
#include <stdlib.h>
#include <string.h>

#include "store/store_int.h"

enum { BUCKETS = 4096, MEMORY = 8192, NONE = -1 };

/* A touch remembered. */
struct touch {
	struct id id;
	uint64_t txnid;
	int next; /* of the same bucket, older */
};

struct mailbox {
	struct waits *waits;
	struct loop *loop;
	struct waiter *told;
	struct mailbox *next;
};

struct waits {
	pthread_mutex_t lock;
	struct waiter *parked[BUCKETS];
	struct mailbox *boxes;

	struct touch memory[MEMORY]; /* a ring, */
	int recent[BUCKETS];         /* hashed: the newest of each bucket */
	size_t touches;              /* ever; the next is at % MEMORY */
	uint64_t floor;              /* touches up to here are forgotten */
};

struct waits *
waits_new(uint64_t txnid)
{
	struct waits *ws = calloc(1, sizeof(*ws));

	if (ws == NULL || pthread_mutex_init(&ws->lock, NULL) != 0)
		abort();
	for (size_t i = 0; i < BUCKETS; i++)
		ws->recent[i] = NONE;
	ws->floor = txnid;
	return ws;
}

void
waits_free(struct waits *ws)
{
	struct mailbox *m;

	while ((m = ws->boxes) != NULL) {
		ws->boxes = m->next;
		free(m);
	}
	(void)pthread_mutex_destroy(&ws->lock);
	free(ws);
}

void
waits_lock(struct waits *ws)
{
	(void)pthread_mutex_lock(&ws->lock);
}

void
waits_unlock(struct waits *ws)
{
	(void)pthread_mutex_unlock(&ws->lock);
}

/* Ids end in chance. */
static size_t
bucket_of(struct id id)
{
	uint32_t h;

	memcpy(&h, id.bytes + ID_SIZE - sizeof(h), sizeof(h));
	return h % BUCKETS;
}

static void
forget(struct waits *ws, int i)
{
	int *at = &ws->recent[bucket_of(ws->memory[i].id)];

	while (*at != i)
		at = &ws->memory[*at].next;
	*at = NONE; /* what is older is forgotten already */
	ws->floor = ws->memory[i].txnid;
}

static void
remember(struct waits *ws, struct id id, uint64_t txnid)
{
	int i = (int)(ws->touches % MEMORY);
	int *first = &ws->recent[bucket_of(id)];

	if (ws->touches >= MEMORY)
		forget(ws, i);
	ws->memory[i] = (struct touch){ id, txnid, *first };
	*first = i;
	ws->touches++;
}

static bool
touched_since(const struct waits *ws, struct id id, uint64_t seen)
{
	int i;

	if (seen < ws->floor)
		return true;
	for (i = ws->recent[bucket_of(id)]; i != NONE; i = ws->memory[i].next) {
		if (ws->memory[i].txnid <= seen)
			return false;
		if (id_equal(ws->memory[i].id, id))
			return true;
	}
	return false;
}

static void
link_in(struct waiter **list, struct waiter *w)
{
	w->next = *list;
	w->prev = list;
	if (w->next != NULL)
		w->next->prev = &w->next;
	*list = w;
}

static void
link_out(struct waiter *w)
{
	if (w->prev == NULL)
		return;
	*w->prev = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	w->next = NULL;
	w->prev = NULL;
}

static struct mailbox *
box_of(struct waits *ws, struct loop *l)
{
	struct mailbox *m;

	for (m = ws->boxes; m != NULL; m = m->next)
		if (m->loop == l)
			return m;
	if ((m = calloc(1, sizeof(*m))) == NULL)
		abort();
	m->waits = ws;
	m->loop = l;
	m->next = ws->boxes;
	ws->boxes = m;
	return m;
}

static struct waiter *
take_told(struct mailbox *m)
{
	struct waiter *w;

	waits_lock(m->waits);
	if ((w = m->told) != NULL)
		link_out(w);
	waits_unlock(m->waits);
	return w;
}

/* On the loop. */
static void
deliver(void *arg)
{
	struct waiter *w;

	while ((w = take_told(arg)) != NULL)
		w->wake(w->arg);
}

void
waits_touch(struct waits *ws, struct id id, uint64_t txnid)
{
	struct waiter *w, *next;
	struct mailbox *m;

	remember(ws, id, txnid);
	for (w = ws->parked[bucket_of(id)]; w != NULL; w = next) {
		next = w->next;
		if (!id_equal(w->object, id) || w->seen >= txnid)
			continue;
		m = box_of(ws, w->loop);
		if (m->told == NULL)
			loop_post(m->loop, deliver, m);
		link_out(w);
		link_in(&m->told, w);
	}
}

bool
store_park(struct store *st, struct loop *l, struct waiter *w)
{
	struct waits *ws = st->waits;
	bool changed;

	waits_lock(ws);
	w->loop = l;
	w->next = NULL;
	w->prev = NULL;
	changed = touched_since(ws, w->object, w->seen);
	if (!changed)
		link_in(&ws->parked[bucket_of(w->object)], w);
	waits_unlock(ws);
	return !changed;
}

void
store_unpark(struct store *st, struct waiter *w)
{
	waits_lock(st->waits);
	link_out(w);
	waits_unlock(st->waits);
}
