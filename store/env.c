/*
 * Opening and closing the environment.  Everything LMDB cannot survive is
 * refused here with a reason: network file systems, a second writer, a newer
 * format.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "store/store_int.h"

enum { STORE_FORMAT = 2, READERS_MAX = 1024, SECRET_SIZE = 32 };

/* clang-format off */
static const char *const names[TABLE_COUNT] = {
	[TABLE_META]             = "meta",
	[TABLE_ACCOUNT]          = "account",
	[TABLE_ACCOUNT_BY_KEY]   = "account_by_key",
	[TABLE_ORDER]            = "order",
	[TABLE_ORDER_BY_ACCOUNT] = "order_by_account",
	[TABLE_AUTHZ]            = "authz",
	[TABLE_ORDER_OPEN]       = "order_open",
	[TABLE_AUTHZ_REUSABLE]   = "authz_reusable",
	[TABLE_CERTIFICATE]      = "certificate",
	[TABLE_JOURNAL]          = "journal",
	[TABLE_DUE]              = "due",
	[TABLE_EAB]              = "eab",
	[TABLE_BLOCKED_KEY]      = "blocked_key",
	[TABLE_CRL]              = "crl",
	[TABLE_CRL_HEAD]         = "crl_head",
	[TABLE_REVOKED]          = "revoked",
};

/* linux/magic.h has only some of them. */
static const struct {
	unsigned long magic;
	const char *name;
} network[] = {
	{ 0x00006969, "NFS" },    { 0x0000517b, "SMB" },
	{ 0xfe534d42, "SMB" },    { 0xff534d42, "CIFS" },
	{ 0x65735546, "FUSE" },   { 0x01021997, "9p" },
	{ 0x00c36400, "Ceph" },   { 0x5346414f, "AFS" },
	{ 0x6b414653, "AFS" },    { 0x73757245, "Coda" },
	{ 0x0bd00bd0, "Lustre" }, { 0x47504653, "GPFS" },
};
/* clang-format on */

const char *
table_name(enum table t)
{
	return names[t];
}

const char *
env_network_fs(unsigned long magic)
{
	for (size_t i = 0; i < sizeof(network) / sizeof(network[0]); i++)
		if (network[i].magic == (magic & 0xffffffff))
			return network[i].name;
	return NULL;
}

bool
env_bury_readers(struct store *st)
{
	int dead = 0;

	if (mdb_reader_check(st->env, &dead) != 0 || dead == 0)
		return false;
	log_warn("store.readers", "died=%d", dead);
	return true;
}

static enum err
check_directory(struct store *st, const char *path, struct fault *f)
{
	struct statfs fs;
	const char *network_name;

	st->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st->dir < 0 || fstatfs(st->dir, &fs) != 0)
		return fault(f, ERR_INTERNAL, "%s: %s", path,
		    mdb_strerror(errno));
	network_name = env_network_fs((unsigned long)fs.f_type);
	if (network_name != NULL)
		return fault(f, ERR_INTERNAL,
		    "%s: on a %s file system; the store needs a local disk",
		    path, network_name);
	return OK;
}

/* The lock goes with the process, however it ends. */
static enum err
take_lock(struct store *st, const char *path, struct fault *f)
{
	st->lock =
	    openat(st->dir, "writer.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (st->lock < 0)
		return fault(f, ERR_INTERNAL, "%s: %s", path,
		    mdb_strerror(errno));
	if (flock(st->lock, LOCK_EX | LOCK_NB) == 0)
		return OK;
	if (errno == EWOULDBLOCK)
		return fault(f, ERR_INTERNAL, "%s: held by another server",
		    path);
	return fault(f, ERR_INTERNAL, "%s: flock: %s", path,
	    mdb_strerror(errno));
}

static enum err
open_env(struct store *st, const char *path, struct fault *f)
{
	unsigned flags = MDB_NOTLS | (st->read_only ? MDB_RDONLY : 0);
	int rc = mdb_env_create(&st->env);

	if (rc == 0)
		rc = mdb_env_set_maxdbs(st->env, TABLE_COUNT);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(st->env, READERS_MAX);
	if (rc == 0)
		rc = mdb_env_set_mapsize(st->env, (size_t)st->map_bytes);
	if (rc == 0)
		rc = mdb_env_open(st->env, path, flags, 0600);
	if (rc == ENOENT && st->read_only)
		return fault(f, ERR_INTERNAL, "%s: no store here yet", path);
	if (rc == ENOMEM)
		return fault(f, ERR_INTERNAL,
		    "%s: cannot map %llu bytes of address space", path,
		    (unsigned long long)st->map_bytes);
	if (rc != 0)
		return fault(f, ERR_INTERNAL, "%s: %s", path, mdb_strerror(rc));
	return OK;
}

/* 0: a store that has just been made. */
static int
read_format(struct store *st, MDB_txn *txn, uint32_t *format)
{
	MDB_val key = { 6, (void *)"format" }, value;
	int rc = mdb_get(txn, st->tables[TABLE_META], &key, &value);

	*format = 0;
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == 0 && value.mv_size != sizeof(*format))
		return MDB_CORRUPTED;
	if (rc == 0) {
		memcpy(format, value.mv_data, sizeof(*format));
		*format = be32toh(*format);
	}
	return rc;
}

static int
open_tables(struct store *st, MDB_txn *txn)
{
	unsigned flags = st->read_only ? 0 : MDB_CREATE;
	int rc = 0;

	for (int t = 0; rc == 0 && t < TABLE_COUNT; t++)
		rc = mdb_dbi_open(txn, names[t], flags, &st->tables[t]);
	return rc;
}

static MDB_val
secret_key(void)
{
	return (MDB_val){ 6, (void *)"secret" };
}

static int
make_secret(struct store *st, MDB_txn *txn)
{
	uint8_t secret[SECRET_SIZE];
	MDB_val key = secret_key(), value = { sizeof(secret), secret };
	int rc;

	random_bytes(secret, sizeof(secret));
	rc =
	    mdb_put(txn, st->tables[TABLE_META], &key, &value, MDB_NOOVERWRITE);
	return rc == MDB_KEYEXIST ? 0 : rc;
}

void
snap_secret(const struct snap *s, uint8_t out[32])
{
	MDB_val key = secret_key(), value;

	memset(out, 0, SECRET_SIZE);
	if (!table_get(s, TABLE_META, &key, &value))
		return;
	if (value.mv_size == SECRET_SIZE)
		memcpy(out, value.mv_data, SECRET_SIZE);
	else
		table_damaged(TABLE_META, key.mv_data, key.mv_size);
}

/*
 * What an older mayfly has written is for the server to bring up to date: a
 * guest may have that older one running beside it.
 */
static bool
too_old(const struct store *st, bool guest, uint32_t format)
{
	return format < STORE_FORMAT &&
	       (st->read_only || (guest && format != 0));
}

/*
 * The tables, once the format is known to be ours: a store that is refused
 * is left exactly as it was found.
 */
static int
open_txn(struct store *st, MDB_txn *txn, bool guest, uint32_t *format)
{
	uint32_t ours = htobe32(STORE_FORMAT);
	MDB_val key = { 6, (void *)"format" }, value = { 4, &ours };
	int rc = mdb_dbi_open(txn, names[TABLE_META],
	    st->read_only ? 0 : MDB_CREATE, &st->tables[TABLE_META]);

	if (rc == 0)
		rc = read_format(st, txn, format);
	if (rc != 0 || *format > STORE_FORMAT || too_old(st, guest, *format))
		return rc;
	rc = open_tables(st, txn);
	if (rc == 0 && *format == 1)
		rc = upgrade_tables(st, txn);
	if (rc == 0 && *format < STORE_FORMAT)
		rc = mdb_put(txn, st->tables[TABLE_META], &key, &value, 0);
	return rc != 0 || st->read_only ? rc : make_secret(st, txn);
}

/* The journal goes on from its head: it must be the one of these entries. */
static bool
journal_sound(struct store *st, MDB_txn *txn)
{
	struct snap view = { .store = st, .txn = txn };
	struct journal_head head;
	struct key last;
	MDB_cursor *c;
	MDB_val k, v;
	bool ok;

	if (!journal_head_read(&view, &head) ||
	    mdb_cursor_open(txn, st->tables[TABLE_JOURNAL], &c) != 0)
		return false;
	last = key_of_u64(head.number);
	ok = mdb_cursor_get(c, &k, &v, MDB_LAST) != 0
	         ? head.number == head.cut
	         : k.mv_size == last.len &&
	               memcmp(k.mv_data, last.bytes, last.len) == 0;
	mdb_cursor_close(c);
	return ok;
}

static enum err
open_store(struct store *st, const struct store_config *config, struct fault *f)
{
	const char *path = config->path;
	uint32_t format = 0;
	bool sound = false;
	MDB_txn *txn;
	MDB_stat stat;
	int rc;

	(void)env_bury_readers(st);
	rc = mdb_txn_begin(st->env, NULL, st->read_only ? MDB_RDONLY : 0, &txn);
	if (rc != 0)
		return fault(f, ERR_INTERNAL, "%s: %s", path, mdb_strerror(rc));
	rc = open_txn(st, txn, config->guest, &format);
	if (rc == 0 && format <= STORE_FORMAT &&
	    !too_old(st, config->guest, format))
		sound = journal_sound(st, txn);
	if (sound)
		rc = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	if (rc == MDB_NOTFOUND)
		return fault(f, ERR_INTERNAL, "%s: no store here yet", path);
	if (rc != 0)
		return fault(f, ERR_INTERNAL, "%s: %s", path, mdb_strerror(rc));
	if (format > STORE_FORMAT)
		return fault(f, ERR_INTERNAL,
		    "%s: written by a newer mayfly (format %u, ours is %d)",
		    path, format, STORE_FORMAT);
	if (too_old(st, config->guest, format))
		return fault(f, ERR_INTERNAL,
		    "%s: written by an older mayfly (format %u, ours is %d); "
		    "the server brings it up to date when it starts",
		    path, format, STORE_FORMAT);
	if (!sound)
		return fault(f, ERR_INTERNAL,
		    "%s: damaged: the journal does not end at its head", path);
	if ((rc = mdb_env_stat(st->env, &stat)) != 0)
		return fault(f, ERR_INTERNAL, "%s: %s", path, mdb_strerror(rc));
	st->page_size = stat.ms_psize;
	return OK;
}

/* What root has made the server must be able to open. */
static enum err
give_away(struct store *st, const char *path, struct fault *f)
{
	static const char *const files[] = { "data.mdb", "lock.mdb" };
	struct stat dir;

	if (geteuid() != 0)
		return OK;
	if (fstat(st->dir, &dir) != 0)
		return fault(f, ERR_INTERNAL, "%s: %s", path,
		    mdb_strerror(errno));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (fchownat(st->dir, files[i], dir.st_uid, dir.st_gid,
		        AT_SYMLINK_NOFOLLOW) != 0)
			return fault(f, ERR_INTERNAL, "%s/%s: %s", path,
			    files[i], mdb_strerror(errno));
	return OK;
}

enum err
env_open(struct store *st, const struct store_config *config, struct fault *f)
{
	TRY(check_directory(st, config->path, f));
	if (!st->read_only && !config->guest)
		TRY(take_lock(st, config->path, f));
	TRY(open_env(st, config->path, f));
	if (config->guest)
		TRY(give_away(st, config->path, f));
	TRY(open_store(st, config, f));
	/* LMDB syncs its file, not the directory that names it */
	if (!st->read_only && fsync(st->dir) != 0)
		return fault(f, ERR_INTERNAL, "%s: %s", config->path,
		    mdb_strerror(errno));
	return OK;
}

void
env_close(struct store *st)
{
	if (st->env != NULL)
		mdb_env_close(st->env);
	if (st->lock >= 0)
		(void)close(st->lock);
	if (st->dir >= 0)
		(void)close(st->dir);
}
