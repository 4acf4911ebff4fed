/*
 * The journal: a chain of records, each with the digest of the one before it.
 * Its head lives in a record of its own, so numbers and chain go on when all
 * entries have been pruned, and an entry cut off either end is missed.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_int.h"

/* As it rests: numbers big-endian, each with its digest. */
struct head_record {
	uint64_t number;
	uint8_t digest[32];
	uint64_t cut;
	uint8_t cut_digest[32];
};
_Static_assert(sizeof(struct head_record) == 80, "no padding");

static MDB_val
head_key(void)
{
	return (MDB_val){ 7, (void *)"journal" };
}

bool
journal_head_read(const struct snap *s, struct journal_head *out)
{
	struct head_record r;
	MDB_val key = head_key(), value;

	memset(out, 0, sizeof(*out));
	if (!table_get(s, TABLE_META, &key, &value))
		return true; /* nothing has happened yet */
	if (value.mv_size != sizeof(r))
		return false;
	memcpy(&r, value.mv_data, sizeof(r));
	out->number = be64toh(r.number);
	out->cut = be64toh(r.cut);
	memcpy(out->digest, r.digest, sizeof(r.digest));
	memcpy(out->cut_digest, r.cut_digest, sizeof(r.cut_digest));
	return true;
}

static struct journal_head *
head(struct group *g)
{
	/* store_open() has seen that it is sound */
	if (!g->head_read && !journal_head_read(&g->view, &g->head))
		abort();
	g->head_read = g->head_changed = true;
	return &g->head;
}

void
journal_save(struct group *g)
{
	struct head_record r;

	if (!g->head_changed)
		return;
	r.number = htobe64(g->head.number);
	r.cut = htobe64(g->head.cut);
	memcpy(r.digest, g->head.digest, sizeof(r.digest));
	memcpy(r.cut_digest, g->head.cut_digest, sizeof(r.cut_digest));
	group_put(g, TABLE_META, head_key(), (MDB_val){ sizeof(r), &r });
}

void
journal_append(struct group *g, const struct event *e, int64_t at_ms)
{
	struct journal_head *h = head(g);
	struct event full = *e;
	struct key key = key_of_u64(h->number + 1);
	struct record r;

	full.number = h->number + 1;
	full.at_ms = at_ms;
	memcpy(full.previous, h->digest, sizeof(full.previous));
	if (!record_of_event(&full, g->scratch, &r))
		abort(); /* batch_seal() has looked */
	record_stamp((uint8_t *)r.data, g->txnid);
	group_put(g, TABLE_JOURNAL, key_val(&key),
	    (MDB_val){ r.len, (void *)r.data });
	g->view.store->digest(r.data, r.len, h->digest);
	h->number++;
}

/*
 * The last of at most `max` entries that are all older than `before_ms`, or 0.
 * A damaged one is as old as the next sound one is.
 */
static uint64_t
cut_at(struct group *g, MDB_cursor *c, int64_t before_ms, size_t max)
{
	struct event *e;
	MDB_val k, v;
	uint64_t last = 0;
	int rc;

	for (rc = mdb_cursor_get(c, &k, &v, MDB_FIRST); rc == 0 && max > 0;
	     rc = mdb_cursor_get(c, &k, &v, MDB_NEXT), max--) {
		e = record_event((struct record){ v.mv_data, v.mv_size },
		    g->scratch);
		if (e != NULL && e->at_ms >= before_ms)
			break;
		if (e == NULL)
			table_damaged(TABLE_JOURNAL, k.mv_data, k.mv_size);
		else
			last = e->number;
	}
	if (rc != 0 && rc != MDB_NOTFOUND)
		g->rc = rc;
	return last;
}

void
journal_cut(struct group *g, int64_t before_ms, size_t max)
{
	struct journal_head *h = head(g);
	struct record r;
	struct key key;
	MDB_cursor *c;
	uint64_t last;

	if (g->rc != 0 || (g->rc = mdb_cursor_open(g->view.txn,
	                       g->view.store->tables[TABLE_JOURNAL], &c)) != 0)
		return;
	last = cut_at(g, c, before_ms, max);
	mdb_cursor_close(c);
	if (last <= h->cut || last > h->number)
		return;
	key = key_of_u64(last);
	if (!table_record(&g->view, TABLE_JOURNAL, key.bytes, key.len, &r))
		return;
	g->view.store->digest(r.data, r.len, h->cut_digest);
	while (h->cut < last) {
		key = key_of_u64(++h->cut);
		group_del(g, TABLE_JOURNAL, key_val(&key));
	}
}

size_t
snap_events(struct snap *s, struct arena *a, uint64_t from, struct event *out,
    size_t max)
{
	struct key key = key_of_u64(from);
	MDB_val k = key_val(&key), v;
	struct event *e;
	MDB_cursor *c;
	size_t n = 0;
	int rc;

	if (mdb_cursor_open(s->txn, s->store->tables[TABLE_JOURNAL], &c) != 0)
		return 0;
	for (rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE); rc == 0 && n < max;
	     rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
		e = record_event((struct record){ v.mv_data, v.mv_size }, a);
		if (e == NULL)
			table_damaged(TABLE_JOURNAL, k.mv_data, k.mv_size);
		else
			out[n++] = *e;
	}
	mdb_cursor_close(c);
	return n;
}

static bool
follows(const struct journal_head *at, MDB_val k, MDB_val v, struct arena *a)
{
	struct key key = key_of_u64(at->number + 1);
	struct event *e =
	    record_event((struct record){ v.mv_data, v.mv_size }, a);

	return k.mv_size == key.len &&
	       memcmp(k.mv_data, key.bytes, key.len) == 0 && e != NULL &&
	       e->number == at->number + 1 &&
	       memcmp(e->previous, at->digest, sizeof(at->digest)) == 0;
}

enum err
snap_journal_check(struct snap *s, uint64_t *broken)
{
	struct arena *a = arena_new();
	struct journal_head end, at = { .number = 0 };
	MDB_cursor *c = NULL;
	MDB_val k, v;
	enum err err = ERR_INTERNAL;

	*broken = 0;
	if (!journal_head_read(s, &end) ||
	    mdb_cursor_open(s->txn, s->store->tables[TABLE_JOURNAL], &c) != 0)
		goto out;
	at.number = end.cut;
	memcpy(at.digest, end.cut_digest, sizeof(at.digest));
	while (mdb_cursor_get(c, &k, &v, MDB_NEXT) == 0) {
		if (!follows(&at, k, v, a))
			break;
		at.number++;
		s->store->digest(v.mv_data, v.mv_size, at.digest);
		if (at.number % 1024 == 0) {
			arena_free(a);
			a = arena_new();
		}
	}
	if (at.number == end.number &&
	    memcmp(at.digest, end.digest, sizeof(at.digest)) == 0)
		err = OK;
	else
		*broken = at.number + 1;
out:
	if (c != NULL)
		mdb_cursor_close(c);
	arena_free(a);
	return err;
}
