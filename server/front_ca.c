/* What the front is told of the hierarchy. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/roll.h"
#include "server/front_int.h"

bool
front_ca_add(struct front_ca **ca, const struct config *c, const struct msg *m)
{
	const char *text = (const char *)m->body, *rest = strchr(text, '\n');
	struct front_ca *x = *ca;

	if (rest == NULL || strlen(text) != m->len)
		return false;
	if (x == NULL) {
		struct arena *a = arena_new();

		*ca = x = ARENA_NEW(a, struct front_ca);
		x->arena = a;
		x->texts.dir = arena_printf(a, "%s/ca", c->dir);
		x->texts.list = ARENA_ARRAY(a, struct ca_text, FRONT_CA_FILES);
	}
	if (x->texts.n == FRONT_CA_FILES)
		return false;
	x->texts.list[x->texts.n++] = (struct ca_text){
		arena_bytes(x->arena, text, (size_t)(rest - text)),
		arena_text(x->arena, rest + 1)
	};
	return true;
}

void
front_ca_free(struct front_ca *ca)
{
	if (ca != NULL)
		arena_free(ca->arena);
}

bool
front_ca_due(const struct front_ca *ca, const struct config *c)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	struct ca parsed;
	bool due = ca_parse(&ca->texts, CA_ANY_DAY, a, &parsed, &f) == OK &&
	           ca_rotation_due(&parsed, c->ca_overlap_s,
	               config_longest_s(c)) <= (int64_t)time(NULL);

	arena_free(a);
	return due;
}
