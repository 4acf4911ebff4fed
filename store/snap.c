/*
 * Snapshots: read transactions that are reset, not ended, and renewed for the
 * next reader, which takes no lock of LMDB's and allocates nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/store_int.h"

enum { HEX_BYTES = 32 };

static struct snap *
pool_take(struct store *st)
{
	struct snap *s;

	(void)pthread_mutex_lock(&st->pool_lock);
	if ((s = st->pool) != NULL)
		st->pool = s->next;
	(void)pthread_mutex_unlock(&st->pool_lock);
	return s;
}

void
snap_pool_free(struct store *st)
{
	struct snap *s;

	while ((s = pool_take(st)) != NULL) {
		mdb_txn_abort(s->txn);
		free(s);
	}
}

/* More readers at once than there are slots is a fault of ours, unless some of them have died. */
static int
begin(struct store *st, MDB_txn **txn)
{
	int rc = mdb_txn_begin(st->env, NULL, MDB_RDONLY, txn);

	if (rc == MDB_READERS_FULL && env_bury_readers(st))
		rc = mdb_txn_begin(st->env, NULL, MDB_RDONLY, txn);
	return rc;
}

struct snap *
snap_open(struct store *st)
{
	struct snap *s = pool_take(st);
	int rc;

	if (s != NULL) {
		rc = mdb_txn_renew(s->txn);
	} else {
		if ((s = calloc(1, sizeof(*s))) == NULL)
			abort();
		s->store = st;
		rc = begin(st, &s->txn);
	}
	if (rc != 0) {
		log_error("store.snapshot", "error=\"%s\"", mdb_strerror(rc));
		abort();
	}
	return s;
}

void
snap_close(struct snap *s)
{
	struct store *st = s->store;

	mdb_txn_reset(s->txn);
	(void)pthread_mutex_lock(&st->pool_lock);
	s->next = st->pool;
	st->pool = s;
	(void)pthread_mutex_unlock(&st->pool_lock);
}

uint64_t
snap_txnid(const struct snap *s)
{
	return mdb_txn_id(s->txn);
}

void
table_damaged(enum table t, const void *key, size_t key_len)
{
	const uint8_t *bytes = key;
	char hex[2 * HEX_BYTES + 1] = "";

	for (size_t i = 0; i < key_len && i < HEX_BYTES; i++) {
		hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
		hex[2 * i + 2] = '\0';
	}
	log_error("store.damaged", "table=%s key=%s", table_name(t), hex);
}

bool
table_get(const struct snap *s, enum table t, MDB_val *key, MDB_val *out)
{
	int rc = mdb_get(s->txn, s->store->tables[t], key, out);

	/* a writer's broken transaction has its own reporter */
	if (rc != 0 && rc != MDB_NOTFOUND && rc != MDB_BAD_TXN)
		log_error("store.unreadable", "table=%s error=\"%s\"",
		    table_name(t), mdb_strerror(rc));
	return rc == 0;
}

bool
table_record(const struct snap *s, enum table t, const void *key, size_t len,
    struct record *out)
{
	MDB_val k = { len, (void *)key }, v;

	if (!table_get(s, t, &k, &v))
		return false;
	*out = (struct record){ v.mv_data, v.mv_size };
	return true;
}

bool
table_id(const struct snap *s, enum table t, MDB_val *key, struct id *out)
{
	MDB_val v;

	if (!table_get(s, t, key, &v))
		return false;
	if (v.mv_size != ID_SIZE) {
		table_damaged(t, key->mv_data, key->mv_size);
		return false;
	}
	memcpy(out->bytes, v.mv_data, ID_SIZE);
	return true;
}

struct account *
snap_account(struct snap *s, struct arena *a, struct id id)
{
	struct record r;
	struct account *x;

	if (!table_record(s, TABLE_ACCOUNT, id.bytes, ID_SIZE, &r))
		return NULL;
	if ((x = record_account(r, a)) == NULL)
		table_damaged(TABLE_ACCOUNT, id.bytes, ID_SIZE);
	else
		x->id = id;
	return x;
}

struct account *
snap_account_by_key(struct snap *s, struct arena *a, const char *thumbprint)
{
	MDB_val key = { strlen(thumbprint), (void *)thumbprint };
	struct id id;

	if (key.mv_size == 0 || key.mv_size > RECORD_THUMBPRINT_MAX ||
	    !table_id(s, TABLE_ACCOUNT_BY_KEY, &key, &id))
		return NULL;
	return snap_account(s, a, id);
}

size_t
snap_accounts(struct snap *s, struct id after, struct id *out, size_t max)
{
	MDB_val k = { ID_SIZE, after.bytes }, v;
	MDB_cursor *c;
	size_t n = 0;
	int rc;

	if (mdb_cursor_open(s->txn, s->store->tables[TABLE_ACCOUNT], &c) != 0)
		return 0;
	for (rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE); rc == 0 && n < max;
	     rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
		if (k.mv_size != ID_SIZE)
			table_damaged(TABLE_ACCOUNT, k.mv_data, k.mv_size);
		else if (memcmp(k.mv_data, after.bytes, ID_SIZE) != 0)
			memcpy(out[n++].bytes, k.mv_data, ID_SIZE);
	}
	mdb_cursor_close(c);
	return n;
}

struct order *
snap_order(struct snap *s, struct arena *a, struct id id)
{
	struct record r;
	struct order *x;

	if (!table_record(s, TABLE_ORDER, id.bytes, ID_SIZE, &r))
		return NULL;
	if ((x = record_order(r, a)) == NULL)
		table_damaged(TABLE_ORDER, id.bytes, ID_SIZE);
	else
		x->id = id;
	return x;
}

struct authz *
snap_authz(struct snap *s, struct arena *a, struct id id)
{
	struct record r;
	struct authz *x;

	if (!table_record(s, TABLE_AUTHZ, id.bytes, ID_SIZE, &r))
		return NULL;
	if ((x = record_authz(r, a)) == NULL)
		table_damaged(TABLE_AUTHZ, id.bytes, ID_SIZE);
	else
		x->id = id;
	return x;
}

struct certificate *
snap_certificate(struct snap *s, struct arena *a, struct id serial)
{
	struct record r;
	struct certificate *x;

	if (!table_record(s, TABLE_CERTIFICATE, serial.bytes, ID_SIZE, &r))
		return NULL;
	if ((x = record_certificate(r, a)) == NULL)
		table_damaged(TABLE_CERTIFICATE, serial.bytes, ID_SIZE);
	else
		x->serial = serial;
	return x;
}

struct order *
snap_open_order(struct snap *s, struct arena *a, struct id account,
    const struct ident *idents, size_t n)
{
	struct key key;
	MDB_val k;
	struct id id;
	struct order *o;

	if (n == 0)
		return NULL;
	key = key_of_open(account, idents, n);
	k = key_val(&key);
	if (!table_id(s, TABLE_ORDER_OPEN, &k, &id) ||
	    (o = snap_order(s, a, id)) == NULL)
		return NULL;
	return o->status == ORDER_PENDING ? o : NULL;
}

/* The row before `key`, which need not be there itself. */
static int
before_key(MDB_cursor *c, const struct key *key, MDB_val *k, MDB_val *v)
{
	int rc;

	*k = key_val(key);
	rc = mdb_cursor_get(c, k, v, MDB_SET_RANGE);
	return mdb_cursor_get(c, k, v,
	    rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
}

struct authz *
snap_proof(struct snap *s, struct arena *a, struct id account,
    const struct ident *ident, unsigned kind, unixtime until)
{
	enum authz_status status =
	    kind & PROOF_PENDING ? AUTHZ_PENDING : AUTHZ_VALID;
	struct key first, last;
	struct authz *found = NULL, *z;
	struct id id;
	MDB_cursor *c;
	MDB_val k, v;
	int rc;

	memset(id.bytes, 0xff, ID_SIZE);
	if (strlen(ident->value) > RECORD_VALUE_MAX ||
	    mdb_cursor_open(s->txn, s->store->tables[TABLE_AUTHZ_REUSABLE],
	        &c) != 0)
		return NULL;
	first = key_of_reusable(account, ident, kind, NULL);
	last = key_of_reusable(account, ident, kind, &id);
	for (rc = before_key(c, &last, &k, &v); rc == 0 && found == NULL;
	     rc = mdb_cursor_get(c, &k, &v, MDB_PREV)) {
		if (k.mv_size != first.len + ID_SIZE ||
		    memcmp(k.mv_data, first.bytes, first.len) != 0)
			break;
		memcpy(id.bytes, (uint8_t *)k.mv_data + first.len, ID_SIZE);
		z = snap_authz(s, a, id);
		if (z != NULL && z->status == status && z->expires >= until)
			found = z;
	}
	mdb_cursor_close(c);
	return found;
}

struct authz *
snap_reusable_authz(struct snap *s, struct arena *a, struct id account,
    const struct ident *ident, unixtime until)
{
	return snap_proof(s, a, account, ident, 0, until);
}

size_t
snap_orders(struct snap *s, struct id account, struct id before, struct id *out,
    size_t max)
{
	struct id last;
	struct key key;
	struct record r;
	MDB_cursor *c;
	MDB_val k, v;
	size_t n = 0;
	int rc;

	memset(last.bytes, 0xff, ID_SIZE);
	key = key_of_order(account, id_zero(before) ? last : before);
	if (mdb_cursor_open(s->txn, s->store->tables[TABLE_ORDER_BY_ACCOUNT],
	        &c) != 0)
		return 0;
	for (rc = before_key(c, &key, &k, &v); rc == 0 && n < max;
	     rc = mdb_cursor_get(c, &k, &v, MDB_PREV)) {
		if (k.mv_size != KEY_ORDER_LEN ||
		    memcmp(k.mv_data, account.bytes, ID_SIZE) != 0)
			break;
		memcpy(out[n].bytes, (uint8_t *)k.mv_data + ID_SIZE, ID_SIZE);
		/* a damaged order, deleted, leaves its row behind */
		if (table_record(s, TABLE_ORDER, out[n].bytes, ID_SIZE, &r))
			n++;
	}
	mdb_cursor_close(c);
	return n;
}
