/* store/store_int.h: what the files of store/ share.  LMDB shows here only. */
#ifndef STORE_STORE_INT_H
#define STORE_STORE_INT_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "store/record.h"
#include "store/store.h"

/* Each a tree of its own; the name on disk is in env.c. */
enum table {
	TABLE_META,
	TABLE_ACCOUNT,          /* id: record */
	TABLE_ACCOUNT_BY_KEY,   /* thumbprint: id */
	TABLE_ORDER,            /* id: record */
	TABLE_ORDER_BY_ACCOUNT, /* account, id: nothing */
	TABLE_AUTHZ,            /* id: record */
	TABLE_AUTHZ_REUSABLE,   /* account, type, kind, value, 0, id: nothing */
	TABLE_CERTIFICATE,      /* serial: record */
	TABLE_JOURNAL,          /* number: record */
	TABLE_DUE,              /* kind, time, object, index: nothing */
	TABLE_EAB,              /* kid: record */
	TABLE_BLOCKED_KEY,      /* SHA-256 of an SPKI: record */
	TABLE_CRL,              /* id: record */
	TABLE_CRL_HEAD,         /* issuer, shards, shard: what it is like */
	TABLE_REVOKED,          /* issuer, spread, serial: times and reason */
	TABLE_ORDER_OPEN,       /* account, type, kind, least value, 0: id */
	TABLE_COUNT
};
enum { STORE_KEY_MAX = 511 };

struct waits;
struct writer;

struct store {
	MDB_env *env;
	MDB_dbi tables[TABLE_COUNT];
	unsigned page_size;
	uint64_t map_bytes;
	bool read_only;
	int lock, dir; /* -1: none; the directory, for syncing it */
	store_digest *digest;

	_Atomic uint64_t max_bytes;
	_Atomic bool writable;
	_Atomic uint64_t commits, batches, stale, asked;

	pthread_mutex_t pool_lock;
	struct snap *pool; /* transactions at rest, to be renewed */

	struct waits *waits;   /* NULL when read-only, */
	struct writer *writer; /* and so is this */
};

/* A transaction to read through: a snapshot's, or the writer's own. */
struct snap {
	struct store *store;
	MDB_txn *txn;
	struct snap *next;
};

/* env.c.  What store_open() has opened, env_close() closes: any part of it. */
enum err env_open(struct store *st, const struct store_config *config,
    struct fault *f) MUST_USE;
void env_close(struct store *st);
const char *table_name(enum table t);
/* The name of a file system that cannot hold the map, or NULL. */
const char *env_network_fs(unsigned long magic);
/* Free the slots of readers that have died; true if there were any. */
bool env_bury_readers(struct store *st);

/* store.c */
uint64_t store_max(const struct store *st); /* never more than the map */
/* Pages in use, in bytes: what is free inside the file does not count. */
uint64_t store_used(const struct store *st, MDB_txn *txn);

/* snap.c */
void snap_pool_free(struct store *st);
/* False if absent; anything worse is logged, and absent too. */
bool table_get(const struct snap *s, enum table t, MDB_val *key, MDB_val *out);
bool table_id(const struct snap *s, enum table t, MDB_val *key, struct id *out);
bool table_record(const struct snap *s, enum table t, const void *key,
    size_t key_len, struct record *out);
void table_damaged(enum table t, const void *key, size_t key_len);

/* key.c: each writes the key, and returns its length, in memcmp order. */
struct key {
	uint8_t bytes[STORE_KEY_MAX];
	size_t len;
};
struct key key_of_u64(uint64_t v);
struct key key_of_order(struct id account, struct id order);
/* All of an identifier, or with `id` the row of one authorization for it. */
struct key key_of_reusable(struct id account, const struct ident *ident,
    unsigned kind, const struct id *id);
struct key key_of_revoked(unsigned issuer, struct id serial);
struct key key_of_crl(struct crl_name name);
struct key key_of_open(struct id account, const struct ident *idents, size_t n);
struct key key_of_due(const struct due *d);
void key_due(const uint8_t *bytes, struct due *out);
MDB_val key_val(const struct key *k);
enum {
	KEY_ORDER_LEN = 2 * ID_SIZE,
	KEY_DUE_LEN = 1 + 8 + ID_SIZE + 4,
	KEY_REVOKED_LEN = 4 + 2 + ID_SIZE,
	KEY_CRL_LEN = 4 + 2 + 2,
	KEY_DIGEST_LEN = 32,
};

/* revocation.c: what TABLE_REVOKED says of a certificate. */
enum { REVOKED_LEN = 8 + 8 + 4 };
void revoked_write(const struct certificate *c, uint8_t out[REVOKED_LEN]);
/* The first row after `key`, which need not be there itself. */
int table_after(MDB_cursor *c, const struct key *key, MDB_val *k, MDB_val *v);

/* crl_head.c: what TABLE_CRL_HEAD says of a list, written as `v`. */
enum { CRL_HEAD_LEN = 5 * 8 + 1 };
void crl_head_write(const struct crl *c, version v, uint8_t out[CRL_HEAD_LEN]);
/* Which shards of the issuer's there are for this serial, with so many or more. */
bool crl_head_next(struct snap *s, unsigned issuer, struct id serial,
    unsigned *shards);

/* upgrade.c: from format 1, in the transaction that opens the store. */
int upgrade_tables(struct store *st, MDB_txn *txn);

/* batch.c */
enum op_kind {
	OP_PUT,
	OP_DELETE,
	OP_EXPECT,
	OP_TOUCH,
	OP_USE_EAB,
	OP_EVENT,
	OP_DUE,
	OP_DUE_CRLS,
	OP_DUE_DONE,
	OP_DELETE_EVENTS
};

struct op {
	struct op *next;
	enum op_kind kind;
	enum table table;
	struct id id;
	uint8_t digest[KEY_DIGEST_LEN]; /* the key, where it is none of ids */
	version version;
	const void *object; /* the noun put, or the event */
	struct record record;
	struct due due;
	int64_t before_ms;
	size_t max;
};

struct batch {
	struct arena *arena;
	struct op *ops, **end;
	bool essential, puts, deletes, writes;

	/* From store_commit() on. */
	struct batch *next; /* in the writer's queue */
	struct loop *loop;
	store_done *done;
	void *arg;
	int64_t at_ms; /* of its events */
	bool refused;  /* something in it cannot be written */
	enum err result;
};
/* Encode what is put.  False, and logged, if something in it cannot be. */
bool batch_seal(struct batch *b);

/* apply.c: a group of batches in one write transaction. */
struct journal_head {
	uint64_t number, cut; /* the last one; the last one deleted */
	uint8_t digest[32], cut_digest[32];
};

struct group {
	struct snap view; /* its store, its transaction */
	struct arena *scratch;
	version txnid;
	int rc; /* LMDB's first complaint; after it nothing is written */
	struct journal_head head;
	bool head_read, head_changed;
};
/*
 * OK, and applied; or refused, and nothing of it applied.  When g->rc is not
 * 0 afterwards, the whole transaction is to be aborted.
 */
enum err group_apply(struct group *g, const struct batch *b) MUST_USE;
void group_put(struct group *g, enum table t, MDB_val key, MDB_val value);
void group_del(struct group *g, enum table t, MDB_val key);

/* eab.c: may it be used once more; count that it was. */
bool eab_stands(struct group *g, struct id kid);
void eab_use(struct group *g, struct id kid);

/* journal.c */
void journal_append(struct group *g, const struct event *e, int64_t at_ms);
void journal_cut(struct group *g, int64_t before_ms, size_t max);
void journal_save(struct group *g); /* before the group's commit */
bool journal_head_read(const struct snap *s, struct journal_head *out);

/* commit.c */
void writer_start(struct store *st);
void writer_stop(struct store *st);

/* wait.c.  Snapshots older than `txnid` count as changed. */
struct waits *waits_new(uint64_t txnid);
void waits_free(struct waits *ws);
/* What `b`, committed as `txnid`, changed; between lock and unlock. */
void waits_lock(struct waits *ws);
void waits_touch(struct waits *ws, struct id id, uint64_t txnid);
void waits_unlock(struct waits *ws);

#endif
