/* Keys for external account bindings: as records, read, and used. */
#include <string.h>

#include "store/record_int.h"
#include "store/sound.h"
#include "store/store_int.h"

bool
record_of_eab(const struct eab *x, struct arena *a, struct record *out)
{
	Mayfly__Eab m = MAYFLY__EAB__INIT;

	if (!eab_sound(x))
		return false;
	m.key = bytes_out(x->key, EAB_KEY_SIZE);
	m.created = x->created;
	m.expires = x->expires;
	m.uses_max = x->uses_max;
	m.uses = x->uses;
	m.revoked = x->revoked;
	m.allow = texts_out(x->allow, m.n_allow = x->n_allow, a);
	m.deny = texts_out(x->deny, m.n_deny = x->n_deny, a);
	m.profiles = texts_out(x->profiles, m.n_profiles = x->n_profiles, a);
	m.rate = text_out(x->rate);
	m.note = text_out(x->note);
	return seal(&m.base, a, out);
}

struct eab *
record_eab(struct record r, struct arena *a)
{
	const Mayfly__Eab *m = unseal(r, &mayfly__eab__descriptor, a);
	struct eab *x;

	if (m == NULL)
		return NULL;
	x = ARENA_NEW(a, struct eab);
	if (!fixed_in(m->key, x->key, EAB_KEY_SIZE))
		return NULL;
	x->version = record_version(r);
	x->created = m->created;
	x->expires = m->expires;
	x->uses_max = m->uses_max;
	x->uses = m->uses;
	x->revoked = m->revoked;
	x->n_allow = m->n_allow;
	x->allow = (const char *const *)m->allow;
	x->n_deny = m->n_deny;
	x->deny = (const char *const *)m->deny;
	x->n_profiles = m->n_profiles;
	x->profiles = (const char *const *)m->profiles;
	x->rate = text_in(m->rate);
	x->note = text_in(m->note);
	return eab_sound(x) ? x : NULL;
}

struct eab *
snap_eab(struct snap *s, struct arena *a, struct id kid)
{
	struct record r;
	struct eab *x;

	if (!table_record(s, TABLE_EAB, kid.bytes, ID_SIZE, &r))
		return NULL;
	if ((x = record_eab(r, a)) == NULL)
		table_damaged(TABLE_EAB, kid.bytes, ID_SIZE);
	else
		x->id = kid;
	return x;
}

size_t
snap_eabs(struct snap *s, struct arena *a, struct id after, struct eab *out,
    size_t max)
{
	MDB_val k = { ID_SIZE, after.bytes }, v;
	MDB_cursor *c;
	struct eab *x;
	size_t n = 0;
	int rc;

	if (mdb_cursor_open(s->txn, s->store->tables[TABLE_EAB], &c) != 0)
		return 0;
	for (rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE); rc == 0 && n < max;
	     rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
		if (k.mv_size == ID_SIZE &&
		    memcmp(k.mv_data, after.bytes, ID_SIZE) == 0)
			continue;
		x = record_eab((struct record){ v.mv_data, v.mv_size }, a);
		if (k.mv_size != ID_SIZE || x == NULL) {
			table_damaged(TABLE_EAB, k.mv_data, k.mv_size);
			continue;
		}
		memcpy(x->id.bytes, k.mv_data, ID_SIZE);
		out[n++] = *x;
	}
	mdb_cursor_close(c);
	return n;
}

bool
eab_stands(struct group *g, struct id kid)
{
	const struct eab *x = snap_eab(&g->view, g->scratch, kid);

	return x != NULL && x->revoked == 0 &&
	       (x->uses_max == 0 || x->uses < x->uses_max);
}

/* What stands can be read, and is no longer for being counted. */
void
eab_use(struct group *g, struct id kid)
{
	struct eab *x = snap_eab(&g->view, g->scratch, kid);
	MDB_val key = { ID_SIZE, kid.bytes };
	struct record r;

	if (g->rc != 0)
		return;
	x->uses++;
	if (!record_of_eab(x, g->scratch, &r)) {
		g->rc = MDB_CORRUPTED;
		return;
	}
	record_stamp((uint8_t *)r.data, g->txnid);
	group_put(g, TABLE_EAB, key, (MDB_val){ r.len, (void *)r.data });
}
