/*
 * store/store.h: snapshots to read, batches to write, waiters to be told.
 *
 * A store serves all loops of a process.  A second engine may block in a
 * snapshot; nothing here shows which engine it is.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"
#include "store/model.h"

struct store;
struct snap;  /* a consistent view; one thread; never kept across a wait */
struct batch; /* a set of changes that happens entirely or not at all */

/* SHA-256, given by server/: the journal is a hash chain, crypto is not ours. */
typedef void store_digest(const void *data, size_t len, uint8_t out[32]);

struct store_config {
	const char *path;   /* the directory D/db, which exists */
	bool read_only;     /* the keeper's way in: no writer, no commits */
	bool guest;         /* a verb's way in: writes beside a server */
	uint64_t map_bytes; /* address space; 0: 1 TiB */
	/* What users are told; 5 % of it are kept back.  0: all of the map. */
	uint64_t max_bytes;
	store_digest *digest; /* may be NULL when read-only */
};

/*
 * Open or create, and start the writer thread.  NULL, with a reason that names
 * the path in `f`: not a directory, no permission, a newer format, a file
 * system that cannot map (network), or held by another server.  One store of
 * a directory in a process, opened after any fork.
 *
 * Read-only: the store must have been made by then; each snapshot shows what
 * other processes have committed; there is no committing and no parking.
 *
 * Guest: commits take turns with those of the server, or of other guests, and
 * versions tell them apart like any; but who is parked in another process is
 * not woken by them.  What a guest makes as root belongs to the directory's
 * owner, so that a server finds it its own.
 */
struct store *store_open(const struct store_config *config, struct fault *f);
void store_close(struct store *st); /* after the last commit has answered */

/* Change the limit users are told; any thread. */
void store_limit(struct store *st, uint64_t max_bytes);

/* False while commits fail: the disk is full, or worse.  Any thread. */
bool store_writable(struct store *st);

struct store_stat {
	uint64_t used_bytes, max_bytes;
	uint64_t accounts, orders, authzs, certificates, events, due;
	uint64_t commits, batches, stale; /* since store_open() */
	uint64_t asked; /* answered, too, but with nothing to write */
};
void store_stat(struct store *st, struct store_stat *out);

struct snap *snap_open(struct store *st);
void snap_close(struct snap *s);
uint64_t snap_txnid(const struct snap *s); /* of the last commit it shows */

/*
 * What nobody outside knows, the same for as long as there is the store: 32
 * bytes of chance.  All zero only in a store that no writer has opened yet.
 */
void snap_secret(const struct snap *s, uint8_t out[32]);

/* Each returns a copy in `a`, or NULL if there is no such record. */
struct account *snap_account(struct snap *s, struct arena *a, struct id id);
struct account *snap_account_by_key(struct snap *s, struct arena *a,
    const char *thumbprint);
struct order *snap_order(struct snap *s, struct arena *a, struct id id);
struct authz *snap_authz(struct snap *s, struct arena *a, struct id id);
struct eab *snap_eab(struct snap *s, struct arena *a, struct id kid);
struct certificate *snap_certificate(struct snap *s, struct arena *a,
    struct id serial);

/* Up to `max` certificates with serials above `after`, in order; how many. */
size_t snap_certificates(struct snap *s, struct arena *a, struct id after,
    struct certificate **out, size_t max);

/* By the digest of its SPKI; NULL if it is not blocked. */
struct blocked_key *snap_blocked_key(struct snap *s, struct arena *a,
    const uint8_t spki_sha256[32]);

/* By the first half of that digest, as due work names it. */
struct blocked_key *snap_blocked_key_half(struct snap *s, struct arena *a,
    struct id half);

/* An issuer's whole revocation list, or any; NULL if there has been none. */
struct crl *snap_crl(struct snap *s, struct arena *a, unsigned issuer);
struct crl *snap_crl_of(struct snap *s, struct arena *a, struct crl_name name);

/* The same without reading it; false if there has been none. */
bool snap_crl_head(struct snap *s, struct crl_name name, struct crl_head *out);
/* Of an issuer's lists, of shards or not, up to `max` after that one. */
size_t snap_crl_heads(struct snap *s, unsigned issuer,
    const struct crl_head *after, struct crl_head *out, size_t max);

/* The number of an issuer as touches name it; its whole list is named so, too. */
struct id issuer_id(unsigned issuer);
unsigned issuer_number(struct id id);

/* A list as due work names it.  False unless that is the id of one. */
struct id crl_id(struct crl_name name);
bool crl_name_of(struct id id, struct crl_name *out);

/*
 * Revoked certificates of an issuer, up to `max` after that one, by id_spread()
 * and then serial; or those that a list is for.  How many.
 */
size_t snap_revoked(struct snap *s, unsigned issuer, struct id after,
    struct revoked *out, size_t max);
size_t snap_revoked_of(struct snap *s, struct crl_name name, struct id after,
    struct revoked *out, size_t max);

/*
 * The account's newest authorization for `ident` that is valid and does not
 * expire before `until`, or NULL.
 */
struct authz *snap_reusable_authz(struct snap *s, struct arena *a,
    struct id account, const struct ident *ident, unixtime until);

/*
 * The same of another kind: good for the names below `ident`, too (RFC 9444);
 * or made by newAuthz and still pending; or both.
 */
enum { PROOF_SUBDOMAINS = 1, PROOF_PENDING = 2 };
struct authz *snap_proof(struct snap *s, struct arena *a, struct id account,
    const struct ident *ident, unsigned kind, unixtime until);

/*
 * The account's order, last put with status pending, whose least name (by
 * ident_compare()) is that of `idents`; NULL if it is not pending any more.
 */
struct order *snap_open_order(struct snap *s, struct arena *a,
    struct id account, const struct ident *idents, size_t n);

/* Ids of the account's orders, newest first, older than `before` unless zero. */
size_t snap_orders(struct snap *s, struct id account, struct id before,
    struct id *out, size_t max);

/* Ids of accounts, oldest first, made after `after`; how many. */
size_t snap_accounts(struct snap *s, struct id after, struct id *out,
    size_t max);

/* Keys for bindings, oldest first, made after `after`; how many. */
size_t snap_eabs(struct snap *s, struct arena *a, struct id after,
    struct eab *out, size_t max);

/* Rows of `kind` due at or before `until_ms`, oldest first; how many. */
size_t snap_due(struct snap *s, enum due_kind kind, int64_t until_ms,
    struct due *out, size_t max);

/* Journal entries numbered `from` and up, in `a`; how many. */
size_t snap_events(struct snap *s, struct arena *a, uint64_t from,
    struct event *out, size_t max);

/*
 * Walk the journal's chain from the oldest entry kept to the last one written.
 * ERR_INTERNAL, with the number of the first entry that is missing, altered or
 * one too many (0: its head is), if it does not hold.
 */
enum err snap_journal_check(struct snap *s, uint64_t *broken) MUST_USE;

/*
 * Changes are invisible until store_commit() says OK.  What is passed in is
 * borrowed until then.  A put expects the version read (see store/model.h)
 * and touches the object it puts; its indexes follow by themselves.  A put of
 * a new account expects that no account has its thumbprint.
 */
struct batch *batch_new(struct arena *a);
bool batch_empty(const struct batch *b);
bool batch_writes(const struct batch *b); /* anything but expectations */
void batch_put_account(struct batch *b, const struct account *acct);
void batch_put_order(struct batch *b, const struct order *o);
void batch_put_authz(struct batch *b, const struct authz *z);
void batch_put_certificate(struct batch *b, const struct certificate *c);
void batch_put_eab(struct batch *b, const struct eab *e);

/*
 * Count one use of the key.  Refused (ERR_STALE) if by then it is gone, revoked
 * or used up; not because somebody else has used it, too.
 */
void batch_use_eab(struct batch *b, struct id kid);
void batch_put_crl(struct batch *b, const struct crl *c);
void batch_put_blocked_key(struct batch *b, const struct blocked_key *k);

/* Take out a record and what the indexes say of it; no error if it is gone. */
void batch_delete_order(struct batch *b, struct id id);
void batch_delete_authz(struct batch *b, struct id id);
void batch_delete_certificate(struct batch *b, struct id serial);
void batch_delete_eab(struct batch *b, struct id kid);
void batch_delete_crl(struct batch *b, struct crl_name name);
/* Journal entries older than `before_ms`, at most `max` of them. */
void batch_delete_events(struct batch *b, int64_t before_ms, size_t max);

/*
 * Refuse the whole batch with ERR_STALE unless what was read still stands.  A
 * batch of nothing else takes its turn among the others, and writes nothing.
 */
void batch_expect_account(struct batch *b, const struct account *acct);
void batch_expect_order(struct batch *b, const struct order *o);
void batch_expect_authz(struct batch *b, const struct authz *z);
void batch_expect_unblocked(struct batch *b, const uint8_t spki_sha256[32]);

/* Wake who waits for `id`: it looks different because of this batch. */
void batch_touch(struct batch *b, struct id id);

/* Append to the journal, in the same transaction. */
void batch_event(struct batch *b, const struct event *e);

/* Add a row of due work, or strike one that has been done. */
void batch_due(struct batch *b, const struct due *d);
void batch_due_done(struct batch *b, const struct due *d);

/*
 * Rows for all lists that are to tell of this serial: its issuer's whole one,
 * and its shard wherever there is a record of it when the batch is applied.
 */
void batch_due_crls(struct batch *b, unsigned issuer, struct id serial,
    int64_t at_ms);

/* May use the room kept back: revocation, deletion, and their journal. */
void batch_essential(struct batch *b);

/*
 * On the thread of `l`: join the next group commit, with all that this turn of
 * the loop commits.  `done` runs on `l` once the batch is on disk
 * or has been refused (ERR_STALE, ERR_FULL, ERR_INTERNAL), never before
 * store_commit() returns.  `b` and its arena must live until then.
 */
typedef void store_done(void *arg, enum err result);
void store_commit(struct store *st, struct loop *l, struct batch *b,
    store_done *done, void *arg);

/*
 * Who waits for `object` to change; embed one in it.  `wake` runs on the loop
 * that parked it, at most once.
 */
typedef void store_wake(void *arg);
struct waiter {
	/* The owner's to set. */
	struct id object;
	uint64_t seen; /* txnid of the snapshot the owner looked at */
	store_wake *wake;
	void *arg;

	/* The store's. */
	struct loop *loop;
	struct waiter *next, **prev;
};

/*
 * Park `w` until a commit newer than w->seen touches the object.  False, and
 * not parked, if one already has: look again.  So no wake-up is lost between
 * snapshot and park.
 */
bool store_park(struct store *st, struct loop *l, struct waiter *w) MUST_USE;

/* On the waiter's loop.  `wake` is not called any more, even if posted. */
void store_unpark(struct store *st, struct waiter *w);

#endif
