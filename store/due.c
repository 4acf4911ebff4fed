/* Due work, read: one kind at a time, oldest first. */
#include "store/store_int.h"

size_t
snap_due(struct snap *s, enum due_kind kind, int64_t until_ms, struct due *out,
    size_t max)
{
	struct due first = { .kind = kind };
	struct key key = key_of_due(&first);
	MDB_val k = key_val(&key), v;
	MDB_cursor *c;
	size_t n = 0;
	int rc;

	if (mdb_cursor_open(s->txn, s->store->tables[TABLE_DUE], &c) != 0)
		return 0;
	for (rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE); rc == 0 && n < max;
	     rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
		if (k.mv_size != KEY_DUE_LEN) {
			table_damaged(TABLE_DUE, k.mv_data, k.mv_size);
			continue;
		}
		key_due(k.mv_data, &out[n]);
		if (out[n].kind != kind || out[n].at_ms > until_ms)
			break;
		n++;
	}
	mdb_cursor_close(c);
	return n;
}
