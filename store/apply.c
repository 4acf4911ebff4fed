/*
 * One batch inside the writer's transaction.  All that a batch expects is
 * looked at before any of it is applied, so a refused one leaves no trace and
 * needs no transaction of its own.
 */
#include <string.h>

#include "store/store_int.h"

enum { RESERVE = 20 }; /* one part of so many is kept back */

void
group_put(struct group *g, enum table t, MDB_val key, MDB_val value)
{
	if (g->rc == 0)
		g->rc = mdb_put(g->view.txn, g->view.store->tables[t], &key,
		    &value, 0);
}

void
group_del(struct group *g, enum table t, MDB_val key)
{
	int rc;

	if (g->rc != 0)
		return;
	rc = mdb_del(g->view.txn, g->view.store->tables[t], &key, NULL);
	if (rc != MDB_NOTFOUND)
		g->rc = rc;
}

static MDB_val
id_val(const struct id *id)
{
	return (MDB_val){ ID_SIZE, (void *)id->bytes };
}

static MDB_val
op_key(const struct op *op)
{
	if (op->table == TABLE_BLOCKED_KEY)
		return (MDB_val){ KEY_DIGEST_LEN, (void *)op->digest };
	return id_val(&op->id);
}

/* A batch that only takes away always has room, or none would ever be made. */
static bool
has_room(const struct group *g, const struct batch *b)
{
	const struct store *st = g->view.store;
	uint64_t max = store_max(st);

	if (!b->puts && b->deletes)
		return true;
	if (!b->essential)
		max -= max / RESERVE;
	return store_used(st, g->view.txn) < max;
}

/* Nobody else has this key.  An account that cannot be read has none. */
static bool
thumbprint_free(struct group *g, const struct account *x)
{
	struct account *holder =
	    snap_account_by_key(&g->view, g->scratch, x->thumbprint);

	return holder == NULL || id_equal(holder->id, x->id);
}

static bool
op_stands(struct group *g, const struct op *op)
{
	struct record now = { NULL, 0 };
	MDB_val key = op_key(op);

	if (op->kind == OP_USE_EAB)
		return eab_stands(g, op->id);
	if (op->kind != OP_PUT && op->kind != OP_EXPECT)
		return true;
	(void)table_record(&g->view, op->table, key.mv_data, key.mv_size, &now);
	if (record_version(now) != op->version)
		return false;
	return op->kind != OP_PUT || op->table != TABLE_ACCOUNT ||
	       thumbprint_free(g, op->object);
}

/* Indexes: take out what the old record says, put in what the new one does. */

static void
index_account(struct group *g, const struct op *op)
{
	const struct account *x = op->object;
	struct account *old = snap_account(&g->view, g->scratch, op->id);
	MDB_val key;

	if (old != NULL && strcmp(old->thumbprint, x->thumbprint) != 0) {
		key.mv_data = (void *)old->thumbprint;
		key.mv_size = strlen(old->thumbprint);
		group_del(g, TABLE_ACCOUNT_BY_KEY, key);
	}
	key.mv_data = (void *)x->thumbprint;
	key.mv_size = strlen(x->thumbprint);
	group_put(g, TABLE_ACCOUNT_BY_KEY, key, id_val(&op->id));
}

/* Take out the row, unless a later object has taken its place. */
static void
strike(struct group *g, enum table t, const struct key *key, struct id id)
{
	MDB_val k = key_val(key);
	struct id holder;

	if (table_id(&g->view, t, &k, &holder) && id_equal(holder, id))
		group_del(g, t, k);
}

/* False if nobody will look for it: it is under way, or over. */
static bool
open_key(const struct order *o, struct key *out)
{
	if (o->status != ORDER_PENDING || o->n_idents == 0)
		return false;
	*out = key_of_open(o->account, o->idents, o->n_idents);
	return true;
}

/* A row that stays is not put again: that would copy all pages above it. */
static void
index_order(struct group *g, const struct op *op)
{
	const struct order *x = op->object; /* NULL: it is being deleted */
	struct order *old = snap_order(&g->view, g->scratch, op->id);
	bool stays =
	    old != NULL && x != NULL && id_equal(old->account, x->account);
	struct key key;

	if (old != NULL && !stays) {
		key = key_of_order(old->account, op->id);
		group_del(g, TABLE_ORDER_BY_ACCOUNT, key_val(&key));
	}
	if (x != NULL && !stays) {
		key = key_of_order(x->account, op->id);
		group_put(g, TABLE_ORDER_BY_ACCOUNT, key_val(&key),
		    (MDB_val){ 0, NULL });
	}
	if (old != NULL && open_key(old, &key))
		strike(g, TABLE_ORDER_OPEN, &key, op->id);
	if (x != NULL && open_key(x, &key))
		group_put(g, TABLE_ORDER_OPEN, key_val(&key), id_val(&op->id));
}

/* The rows it is found by as a proof; how many. */
static size_t
proof_keys(const struct authz *z, const struct id *id, struct key out[2])
{
	unsigned below = z->subdomains ? PROOF_SUBDOMAINS : 0;
	size_t n = 0;

	if (z->status == AUTHZ_VALID) {
		out[n++] = key_of_reusable(z->account, &z->ident, 0, id);
		if (below != 0)
			out[n++] =
			    key_of_reusable(z->account, &z->ident, below, id);
	} else if (z->status == AUTHZ_PENDING && z->preauthorised) {
		out[n++] = key_of_reusable(z->account, &z->ident,
		    below | PROOF_PENDING, id);
	}
	return n;
}

static void
index_authz(struct group *g, const struct op *op)
{
	const struct authz *x = op->object; /* NULL: it is being deleted */
	struct authz *old = snap_authz(&g->view, g->scratch, op->id);
	struct key keys[2];
	size_t n = old != NULL ? proof_keys(old, &op->id, keys) : 0;

	for (size_t i = 0; i < n; i++)
		group_del(g, TABLE_AUTHZ_REUSABLE, key_val(&keys[i]));
	n = x != NULL ? proof_keys(x, &op->id, keys) : 0;
	for (size_t i = 0; i < n; i++)
		group_put(g, TABLE_AUTHZ_REUSABLE, key_val(&keys[i]),
		    (MDB_val){ 0, NULL });
}

/* A revoked certificate stays revoked: there is nothing to take out but it. */
static void
index_certificate(struct group *g, const struct op *op)
{
	const struct certificate *x =
	    op->object; /* NULL: it is being deleted */
	struct certificate *old =
	    x != NULL ? NULL : snap_certificate(&g->view, g->scratch, op->id);
	uint8_t row[REVOKED_LEN];
	struct key key;

	if (old != NULL && old->revoked != 0) {
		key = key_of_revoked(old->issuer, op->id);
		group_del(g, TABLE_REVOKED, key_val(&key));
	}
	if (x != NULL && x->revoked != 0) {
		key = key_of_revoked(x->issuer, op->id);
		revoked_write(x, row);
		group_put(g, TABLE_REVOKED, key_val(&key),
		    (MDB_val){ sizeof(row), row });
	}
}

static void
index_crl(struct group *g, const struct op *op)
{
	uint8_t row[CRL_HEAD_LEN];
	struct crl_name name;
	struct key key;

	if (!crl_name_of(op->id, &name))
		return;
	key = key_of_crl(name);
	if (op->object == NULL) { /* it is being deleted */
		group_del(g, TABLE_CRL_HEAD, key_val(&key));
		return;
	}
	crl_head_write(op->object, g->txnid, row);
	group_put(g, TABLE_CRL_HEAD, key_val(&key),
	    (MDB_val){ sizeof(row), row });
}

static void
index_object(struct group *g, const struct op *op)
{
	switch (op->table) {
	case TABLE_ACCOUNT:
		index_account(g, op);
		break;
	case TABLE_ORDER:
		index_order(g, op);
		break;
	case TABLE_AUTHZ:
		index_authz(g, op);
		break;
	case TABLE_CERTIFICATE:
		index_certificate(g, op);
		break;
	case TABLE_CRL:
		index_crl(g, op);
		break;
	default:
		break;
	}
}

static void
put_record(struct group *g, const struct op *op)
{
	MDB_val key = op_key(op), value = { op->record.len, NULL };

	if (g->rc == 0)
		g->rc = mdb_put(g->view.txn, g->view.store->tables[op->table],
		    &key, &value, MDB_RESERVE);
	if (g->rc != 0)
		return;
	memcpy(value.mv_data, op->record.data, op->record.len);
	record_stamp(value.mv_data, g->txnid);
}

static void
due_put(struct group *g, const struct due *d)
{
	const struct key key = key_of_due(d);

	group_put(g, TABLE_DUE, key_val(&key), (MDB_val){ 0, NULL });
}

/* By what there is now: a list put later reads what is revoked now. */
static void
due_crls(struct group *g, const struct op *op)
{
	struct crl_name name = { .issuer = issuer_number(op->due.object) };
	struct due d = op->due;

	due_put(g, &d);
	for (name.shards = 1; g->rc == 0 && crl_head_next(&g->view, name.issuer,
	                                        op->id, &name.shards);
	     name.shards++) {
		name.shard = id_part(op->id, name.shards);
		d.object = crl_id(name);
		due_put(g, &d); /* CRL-06 */
	}
}

static void
apply(struct group *g, const struct op *op, int64_t at_ms)
{
	struct key due;

	switch (op->kind) {
	case OP_PUT:
		index_object(g, op);
		put_record(g, op);
		break;
	case OP_DELETE:
		index_object(g, op);
		group_del(g, op->table, id_val(&op->id));
		break;
	case OP_USE_EAB:
		eab_use(g, op->id);
		break;
	case OP_EVENT:
		journal_append(g, op->object, at_ms);
		break;
	case OP_DUE:
		due_put(g, &op->due);
		break;
	case OP_DUE_CRLS:
		due_crls(g, op);
		break;
	case OP_DUE_DONE:
		due = key_of_due(&op->due);
		group_del(g, TABLE_DUE, key_val(&due));
		break;
	case OP_DELETE_EVENTS:
		journal_cut(g, op->before_ms, op->max);
		break;
	case OP_EXPECT:
	case OP_TOUCH:
		break;
	}
}

enum err
group_apply(struct group *g, const struct batch *b)
{
	if (b->refused)
		return ERR_INTERNAL;
	for (const struct op *op = b->ops; op != NULL; op = op->next)
		if (!op_stands(g, op))
			return ERR_STALE;
	if (!has_room(g, b))
		return ERR_FULL;
	for (const struct op *op = b->ops; op != NULL && g->rc == 0;
	     op = op->next)
		apply(g, op, b->at_ms);
	return OK;
}
