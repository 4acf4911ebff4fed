/* The store as a whole: open, close, limits, numbers. */
#include "store/store.h"

#include <stdlib.h>

#include "store/store_int.h"

static const uint64_t DEFAULT_MAP = (uint64_t)1 << 40;

enum { META_PAGES = 2, FREE_DBI = 0, MAIN_DBI = 1 };

static uint64_t
last_txnid(const struct store *st)
{
	MDB_envinfo info;

	return mdb_env_info(st->env, &info) == 0 ? info.me_last_txnid : 0;
}

struct store *
store_open(const struct store_config *config, struct fault *f)
{
	struct store *st = calloc(1, sizeof(*st));

	if (st == NULL || pthread_mutex_init(&st->pool_lock, NULL) != 0)
		abort();
	st->lock = st->dir = -1;
	st->read_only = config->read_only;
	st->map_bytes =
	    config->map_bytes == 0 ? DEFAULT_MAP : config->map_bytes;
	st->digest = config->digest;
	st->max_bytes = config->max_bytes;
	st->writable = !config->read_only;
	if (env_open(st, config, f) != OK) {
		env_close(st);
		(void)pthread_mutex_destroy(&st->pool_lock);
		free(st);
		return NULL;
	}
	if (!st->read_only) {
		st->waits = waits_new(last_txnid(st));
		writer_start(st);
	}
	return st;
}

void
store_close(struct store *st)
{
	if (st == NULL)
		return;
	if (!st->read_only) {
		writer_stop(st);
		waits_free(st->waits);
	}
	snap_pool_free(st);
	env_close(st);
	(void)pthread_mutex_destroy(&st->pool_lock);
	free(st);
}

void
store_limit(struct store *st, uint64_t max_bytes)
{
	st->max_bytes = max_bytes;
}

bool
store_writable(struct store *st)
{
	return st->writable;
}

uint64_t
store_max(const struct store *st)
{
	uint64_t max = st->max_bytes;

	return max != 0 && max < st->map_bytes ? max : st->map_bytes;
}

static uint64_t
pages_of(MDB_txn *txn, MDB_dbi dbi)
{
	MDB_stat s;

	if (mdb_stat(txn, dbi, &s) != 0)
		return 0;
	return s.ms_branch_pages + s.ms_leaf_pages + s.ms_overflow_pages;
}

uint64_t
store_used(const struct store *st, MDB_txn *txn)
{
	uint64_t pages =
	    META_PAGES + pages_of(txn, FREE_DBI) + pages_of(txn, MAIN_DBI);

	for (int t = 0; t < TABLE_COUNT; t++)
		pages += pages_of(txn, st->tables[t]);
	return pages * st->page_size;
}

static uint64_t
entries_of(const struct snap *s, enum table t)
{
	MDB_stat stat;

	if (mdb_stat(s->txn, s->store->tables[t], &stat) != 0)
		return 0;
	return stat.ms_entries;
}

void
store_stat(struct store *st, struct store_stat *out)
{
	struct snap *s = snap_open(st);

	out->used_bytes = store_used(st, s->txn);
	out->max_bytes = store_max(st);
	out->accounts = entries_of(s, TABLE_ACCOUNT);
	out->orders = entries_of(s, TABLE_ORDER);
	out->authzs = entries_of(s, TABLE_AUTHZ);
	out->certificates = entries_of(s, TABLE_CERTIFICATE);
	out->events = entries_of(s, TABLE_JOURNAL);
	out->due = entries_of(s, TABLE_DUE);
	snap_close(s);
	out->commits = st->commits;
	out->batches = st->batches;
	out->stale = st->stale;
	out->asked = st->asked;
}
