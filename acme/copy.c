/* Copies, so that nothing under way points into a request's arena. */
#include "acme/copy.h"

struct ident *
ident_copy(const struct ident *id, size_t n, struct arena *a)
{
	struct ident *copy = ARENA_ARRAY(a, struct ident, n);

	for (size_t i = 0; i < n; i++) {
		copy[i] = id[i];
		copy[i].value = arena_text(a, id[i].value);
	}
	return copy;
}

struct order *
order_copy(const struct order *o, struct arena *a)
{
	struct order *copy = ARENA_NEW(a, struct order);

	*copy = *o;
	copy->profile = arena_text(a, o->profile);
	copy->idents = ident_copy(o->idents, o->n_idents, a);
	copy->authzs = NULL;
	copy->replaces = NULL;
	copy->tbs = (const uint8_t *)arena_bytes(a, o->tbs, o->tbs_len);
	copy->error = (struct reason){ NULL, NULL };
	return copy;
}
