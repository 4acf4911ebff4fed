/* What the store holds, past every endpoint. */
#include <string.h>

#include "tests/fake/parts.h"

static struct id
id_of(const char *path)
{
	struct id id;

	fake_must(id_parse(strrchr(path, '/') + 1, &id), "a path without id");
	return id;
}

struct order *
fake_order_record(struct fake_ca *w, const char *path)
{
	struct snap *s = snap_open(w->store);
	struct order *o = snap_order(s, w->arena, id_of(path));

	snap_close(s);
	return o;
}

struct authz *
fake_authz_record(struct fake_ca *w, const char *path)
{
	struct snap *s = snap_open(w->store);
	struct authz *z = snap_authz(s, w->arena, id_of(path));

	snap_close(s);
	return z;
}

struct certificate *
fake_cert_record(struct fake_ca *w, const char *path)
{
	struct snap *s = snap_open(w->store);
	struct certificate *c = snap_certificate(s, w->arena, id_of(path));

	snap_close(s);
	return c;
}

size_t
fake_due_rows(struct fake_ca *w, enum due_kind kind)
{
	struct snap *s = snap_open(w->store);
	struct due *rows = ARENA_ARRAY(w->arena, struct due, 1000);
	size_t n = snap_due(s, kind, INT64_MAX, rows, 1000);

	snap_close(s);
	return n;
}

size_t
fake_events(struct fake_ca *w, const char *kind)
{
	struct snap *s = snap_open(w->store);
	struct event *e = ARENA_ARRAY(w->arena, struct event, 1000);
	size_t n = snap_events(s, w->arena, 1, e, 1000), hits = 0;

	snap_close(s);
	for (size_t i = 0; i < n; i++)
		hits += kind == NULL || strcmp(e[i].kind, kind) == 0;
	return hits;
}
