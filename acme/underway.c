/*
 * While its client waits, a response is in no record: two loops that are told
 * of one challenge at once would both look, and a web server be asked twice.
 */
#include "acme/underway.h"

#include <pthread.h>
#include <stdlib.h>

#include "acme/tally.h"

struct underway {
	pthread_mutex_t lock;
	struct tally *looks;
};

struct underway *
underway_new(void)
{
	struct underway *u = calloc(1, sizeof(*u));

	if (u == NULL || pthread_mutex_init(&u->lock, NULL) != 0)
		abort();
	u->looks = tally_new();
	return u;
}

void
underway_free(struct underway *u)
{
	if (u == NULL)
		return;
	tally_free(u->looks);
	(void)pthread_mutex_destroy(&u->lock);
	free(u);
}

/* An id begins with its time, so these are of years that are far away. */
static struct id
challenge_id(struct id authz, uint32_t index)
{
	authz.bytes[0] ^= (uint8_t)index;
	return authz;
}

bool
underway_begin(struct underway *u, struct id authz, uint32_t index)
{
	const struct id id = challenge_id(authz, index);
	bool first;

	(void)pthread_mutex_lock(&u->lock);
	first = tally_of(u->looks, id) == 0;
	if (first)
		tally_add(u->looks, id);
	(void)pthread_mutex_unlock(&u->lock);
	return first;
}

void
underway_end(struct underway *u, struct id authz, uint32_t index)
{
	(void)pthread_mutex_lock(&u->lock);
	tally_drop(u->looks, challenge_id(authz, index));
	(void)pthread_mutex_unlock(&u->lock);
}

bool
underway_has(struct underway *u, struct id authz, uint32_t index)
{
	bool has;

	(void)pthread_mutex_lock(&u->lock);
	has = tally_of(u->looks, challenge_id(authz, index)) > 0;
	(void)pthread_mutex_unlock(&u->lock);
	return has;
}
