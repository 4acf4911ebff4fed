/*
 * A store of an earlier format, made one of ours when it is opened to write:
 * in one transaction, so that it is either of the two.
 *
 *	1  the index of the revoked had no spread in its keys; there was none
 *	   of lists
 */
#include <stdlib.h>
#include <string.h>

#include "store/store_int.h"

enum { KEY_REVOKED_1 = 4 + ID_SIZE, ROW_1 = KEY_REVOKED_1 + REVOKED_LEN };

/* All rows of the old index, one after the other; what is no row is left out. */
static int
revoked_take(struct store *st, MDB_txn *txn, uint8_t **rows, size_t *n)
{
	MDB_dbi table = st->tables[TABLE_REVOKED];
	MDB_cursor *c;
	MDB_stat stat;
	MDB_val k, v;
	int rc = mdb_stat(txn, table, &stat);

	*n = 0;
	*rows = NULL;
	if (rc != 0 || (rc = mdb_cursor_open(txn, table, &c)) != 0)
		return rc;
	if ((*rows = calloc(stat.ms_entries + 1, ROW_1)) == NULL)
		abort();
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0 &&
	       *n < stat.ms_entries) {
		uint8_t *row = *rows + *n * ROW_1;

		if (k.mv_size != KEY_REVOKED_1 || v.mv_size != REVOKED_LEN) {
			table_damaged(TABLE_REVOKED, k.mv_data, k.mv_size);
			continue;
		}
		memcpy(row, k.mv_data, KEY_REVOKED_1);
		memcpy(row + KEY_REVOKED_1, v.mv_data, REVOKED_LEN);
		++*n;
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
revoked_respread(struct store *st, MDB_txn *txn)
{
	uint8_t *rows;
	size_t n;
	int rc = revoked_take(st, txn, &rows, &n);

	if (rc == 0)
		rc = mdb_drop(txn, st->tables[TABLE_REVOKED], 0);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		uint8_t *row = rows + i * ROW_1;
		MDB_val k, v = { REVOKED_LEN, row + KEY_REVOKED_1 };
		struct key key;
		struct id serial;

		memcpy(serial.bytes, row + 4, ID_SIZE);
		key = key_of_revoked(0, serial);
		memcpy(key.bytes, row, 4); /* the issuer */
		k = key_val(&key);
		rc = mdb_put(txn, st->tables[TABLE_REVOKED], &k, &v, 0);
	}
	free(rows);
	return rc;
}

static int
head_put(struct store *st, MDB_txn *txn, const MDB_val *id, const MDB_val *v)
{
	struct record r = { v->mv_data, v->mv_size };
	struct arena *a = arena_new();
	struct crl *list = record_crl(r, a);
	uint8_t row[CRL_HEAD_LEN];
	struct crl_name name = { 0 };
	MDB_val k, head = { sizeof(row), row };
	struct key key;
	struct id of;
	int rc = 0;

	if (list == NULL || id->mv_size != ID_SIZE) {
		table_damaged(TABLE_CRL, id->mv_data, id->mv_size);
	} else {
		memcpy(of.bytes, id->mv_data, ID_SIZE);
		name.issuer = issuer_number(of);
		crl_head_write(list, record_version(r), row);
		key = key_of_crl(name);
		k = key_val(&key);
		rc = mdb_put(txn, st->tables[TABLE_CRL_HEAD], &k, &head, 0);
	}
	arena_free(a);
	return rc;
}

static int
heads_make(struct store *st, MDB_txn *txn)
{
	MDB_cursor *c;
	MDB_val k, v;
	int rc = mdb_cursor_open(txn, st->tables[TABLE_CRL], &c);

	if (rc != 0)
		return rc;
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0)
		if ((rc = head_put(st, txn, &k, &v)) != 0)
			break;
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int
upgrade_tables(struct store *st, MDB_txn *txn)
{
	int rc = revoked_respread(st, txn);

	return rc != 0 ? rc : heads_make(st, txn);
}
