/* A row for each id that has something under way; no other takes room. */
#include "acme/tally.h"

#include <stdlib.h>

enum { CHAINS = 256 };

struct row {
	struct row *next;
	struct id id;
	unsigned n;
};

struct tally {
	struct row *chains[CHAINS];
};

struct tally *
tally_new(void)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	return t;
}

void
tally_free(struct tally *t)
{
	for (int i = 0; t != NULL && i < CHAINS; i++)
		while (t->chains[i] != NULL) {
			struct row *r = t->chains[i];

			t->chains[i] = r->next;
			free(r);
		}
	free(t);
}

/* Where the id's row is linked, or NULL would be. */
static struct row **
find(struct tally *t, struct id id)
{
	/* The end of an id is chance (base/id.h). */
	struct row **at = &t->chains[id.bytes[ID_SIZE - 1]];

	while (*at != NULL && !id_equal((*at)->id, id))
		at = &(*at)->next;
	return at;
}

void
tally_add(struct tally *t, struct id id)
{
	struct row **at = find(t, id);

	if (*at == NULL) {
		if ((*at = calloc(1, sizeof(**at))) == NULL)
			abort();
		(*at)->id = id;
	}
	(*at)->n++;
}

void
tally_drop(struct tally *t, struct id id)
{
	struct row **at = find(t, id), *r = *at;

	if (r == NULL)
		abort(); /* dropped more often than added */
	if (--r->n > 0)
		return;
	*at = r->next;
	free(r);
}

unsigned
tally_of(const struct tally *t, struct id id)
{
	const struct row *r = *find((struct tally *)(uintptr_t)t, id);

	return r != NULL ? r->n : 0;
}
