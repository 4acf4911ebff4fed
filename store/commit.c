/*
 * The writer: one thread, the only one that writes.  It takes all that has
 * been queued since it last looked, applies it in one transaction, commits,
 * and only then lets anybody know.  A loop hands over what it has gathered
 * when it has been through all that was ready: the busier it is, the more
 * batches share a commit, and none waits for a clock.  A group that does not fit the map is
 * halved until what fits has been written.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/log.h"
#include "store/store_int.h"

enum { READER_CHECK_S = 10, PROBE_S = 1, ALMOST_NOTHING = 1 << 20 };
enum { GATHER_LEAST = 4, GATHER_MOST = 10, GATHER_US = 400 }; /* batches */

/* A loop's batches until the end of its turn; its thread's own. */
struct intake {
	struct writer *writer;
	struct loop *loop;
	struct batch *first, **end;
	struct intake *next;
};

struct writer {
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t more;
	struct batch *first, **end;
	struct intake *intakes; /* one for each loop there has been */
	bool closing;
};

/* What a failed write means. */
enum failure { FAILURE_NONE, FAILURE_MAP, FAILURE_DISK };

/* Of a write cut short, all LMDB says is EIO. */
static bool
disk_full(const struct store *st)
{
	struct statvfs fs;
	struct rlimit size;
	struct stat file;
	int fd;

	if (fstatvfs(st->dir, &fs) == 0 &&
	    fs.f_bavail * fs.f_frsize < ALMOST_NOTHING)
		return true;
	return mdb_env_get_fd(st->env, &fd) == 0 && fstat(fd, &file) == 0 &&
	       getrlimit(RLIMIT_FSIZE, &size) == 0 &&
	       size.rlim_cur != RLIM_INFINITY &&
	       (rlim_t)file.st_size + ALMOST_NOTHING > size.rlim_cur;
}

/*
 * Whatever is not a lack of room ends the process: after a failed fsync
 * nobody knows what is on the disk, and trying again would only hide it.
 */
static enum failure
failure_of(const struct store *st, int rc)
{
	if (rc == 0)
		return FAILURE_NONE;
	if (rc == MDB_MAP_FULL || rc == MDB_TXN_FULL)
		return FAILURE_MAP;
	if (rc == ENOSPC || rc == EDQUOT || rc == EFBIG ||
	    (rc == EIO && disk_full(st)))
		return FAILURE_DISK;
	log_error("store.broken", "error=\"%s\"", mdb_strerror(rc));
	abort();
}

static void
set_writable(struct store *st, bool writable, int rc)
{
	if (atomic_exchange(&st->writable, writable) == writable)
		return;
	if (writable)
		log_warn("store.writable", "commits work again");
	else
		log_error("store.unwritable", "error=\"%s\"", mdb_strerror(rc));
}

static int
group_begin(struct group *g, struct store *st)
{
	*g = (struct group){ .view.store = st };
	g->rc = mdb_txn_begin(st->env, NULL, 0, &g->view.txn);
	if (g->rc != 0)
		return g->rc;
	g->scratch = arena_new();
	g->txnid = mdb_txn_id(g->view.txn);
	return 0;
}

/*
 * Every commit changes something, or LMDB would not count it, and a touch
 * would bear the number of a transaction that is still to come.
 */
static int
group_end(struct group *g, bool wanted)
{
	MDB_val key = { 6, (void *)"commit" };
	MDB_val value = { sizeof(g->txnid), &g->txnid };

	if (wanted) {
		journal_save(g);
		group_put(g, TABLE_META, key, value);
	}
	arena_free(g->scratch);
	if (!wanted || g->rc != 0)
		mdb_txn_abort(g->view.txn);
	else
		g->rc = mdb_txn_commit(g->view.txn);
	if (wanted && g->rc == 0)
		g->view.store->commits++;
	return g->rc;
}

/*
 * One transaction for `n` batches; LMDB's code.  `txnid` stays 0 if there was
 * nothing to write.
 */
static int
try_group(struct store *st, struct batch *b, size_t n, version *txnid)
{
	struct group g;
	bool wanted = false;
	int rc = group_begin(&g, st);

	if (rc != 0)
		return rc;
	for (; n > 0 && g.rc == 0; n--, b = b->next) {
		b->result = group_apply(&g, b);
		if (b->result == OK && b->writes)
			wanted = true;
	}
	*txnid = wanted ? g.txnid : 0;
	return group_end(&g, wanted);
}

/* A commit of nothing: does it work, and may freed pages be used by now? */
static int
commit_nothing(struct store *st)
{
	struct group g;
	int rc = group_begin(&g, st);

	return rc != 0 ? rc : group_end(&g, true);
}

static void
answered(void *arg)
{
	struct batch *b = arg;
	store_done *done = b->done;

	done(b->arg, b->result); /* `b` may be gone now */
}

static void
touch_all(struct store *st, const struct batch *b, version txnid)
{
	for (const struct op *op = b->ops; op != NULL; op = op->next)
		if (op->kind == OP_PUT || op->kind == OP_DELETE ||
		    op->kind == OP_TOUCH)
			waits_touch(st->waits, op->id, txnid);
}

/* Tell the waiting, then the senders, of what is on disk. */
static void
publish(struct store *st, struct batch *b, size_t n, version txnid)
{
	struct batch *at = b, *next;

	waits_lock(st->waits);
	for (size_t i = 0; i < n; i++, at = at->next)
		if (at->result == OK)
			touch_all(st, at, txnid);
	waits_unlock(st->waits);
	for (; n > 0; n--, b = next) {
		next = b->next;
		if (b->writes)
			st->batches++;
		else
			st->asked++;
		if (b->result == ERR_STALE)
			st->stale++;
		loop_post(b->loop, answered, b);
	}
}

static void
refuse_all(struct store *st, struct batch *b, size_t n)
{
	struct batch *at = b;

	for (size_t i = 0; i < n; i++, at = at->next)
		at->result = ERR_FULL;
	publish(st, b, n, 0);
}

/* Room that a dead reader or the last transaction's leftovers hold. */
static bool
make_room(struct store *st)
{
	bool buried = env_bury_readers(st);

	return failure_of(st, commit_nothing(st)) == FAILURE_NONE || buried;
}

static void
write_group(struct store *st, struct batch *b, size_t n, bool may_make_room)
{
	version txnid = 0;
	int rc = try_group(st, b, n, &txnid);
	enum failure failure = failure_of(st, rc);
	struct batch *half = b;

	if (failure == FAILURE_MAP && may_make_room && make_room(st))
		failure = failure_of(st, rc = try_group(st, b, n, &txnid));
	if (failure == FAILURE_MAP && n > 1) {
		for (size_t i = 0; i < n / 2; i++)
			half = half->next;
		write_group(st, b, n / 2, false);
		write_group(st, half, n - n / 2, false);
		return;
	}
	if (failure == FAILURE_DISK)
		set_writable(st, false, rc);
	if (failure != FAILURE_NONE) {
		refuse_all(st, b, n);
		return;
	}
	if (txnid != 0 && !st->writable)
		set_writable(st, true, 0);
	publish(st, b, n, txnid);
}

static time_t
seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* What is queued, or NULL after a while; `closing` as it was then. */
static struct batch *
take(struct writer *wr, unsigned wait_s, size_t *n, bool *closing)
{
	struct timespec until;
	struct batch *b;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_s;
	(void)pthread_mutex_lock(&wr->lock);
	while (wr->first == NULL && !wr->closing)
		if (pthread_cond_timedwait(&wr->more, &wr->lock, &until) != 0)
			break;
	b = wr->first;
	wr->first = NULL;
	wr->end = &wr->first;
	*closing = wr->closing;
	(void)pthread_mutex_unlock(&wr->lock);
	*n = 0;
	for (struct batch *at = b; at != NULL; at = at->next)
		++*n;
	return b;
}

/* So small a commit may fit where no batch would: ask the disk as well. */
static void
probe(struct store *st)
{
	if (!disk_full(st) &&
	    failure_of(st, commit_nothing(st)) == FAILURE_NONE)
		set_writable(st, true, 0);
}

/*
 * Where several came at once, more are on their way, and what one commit costs
 * for all it costs for each alone.  Who is alone does not wait.
 */
static void
gather(size_t n)
{
	size_t us = n < GATHER_MOST ? n * GATHER_US : GATHER_MOST * GATHER_US;
	struct timespec ts = { .tv_nsec = (long)us * 1000 };

	if (n >= GATHER_LEAST)
		(void)nanosleep(&ts, NULL);
}

static void *
write_for_ever(void *arg)
{
	struct store *st = arg;
	struct batch *b;
	time_t checked = seconds();
	bool closing = false;
	size_t n = 0;

	(void)pthread_setname_np(pthread_self(), "writer");
	while (!closing) {
		gather(n);
		b = take(st->writer, st->writable ? READER_CHECK_S : PROBE_S,
		    &n, &closing);
		if (b != NULL)
			write_group(st, b, n, true);
		else if (!st->writable && !closing)
			probe(st);
		if (seconds() - checked >= READER_CHECK_S) {
			(void)env_bury_readers(st);
			checked = seconds();
		}
	}
	return NULL;
}

void
writer_start(struct store *st)
{
	struct writer *wr = calloc(1, sizeof(*wr));
	pthread_condattr_t attr;
	sigset_t all, before;

	if (wr == NULL || pthread_mutex_init(&wr->lock, NULL) != 0 ||
	    pthread_condattr_init(&attr) != 0 ||
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&wr->more, &attr) != 0)
		abort();
	(void)pthread_condattr_destroy(&attr);
	wr->end = &wr->first;
	st->writer = wr;
	/* signals are the loops' to handle; SIGXFSZ becomes EFBIG */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&wr->thread, NULL, write_for_ever, st) != 0)
		abort();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
writer_stop(struct store *st)
{
	struct writer *wr = st->writer;
	struct intake *in;

	(void)pthread_mutex_lock(&wr->lock);
	wr->closing = true;
	(void)pthread_cond_signal(&wr->more);
	(void)pthread_mutex_unlock(&wr->lock);
	(void)pthread_join(wr->thread, NULL);
	while ((in = wr->intakes) != NULL) {
		wr->intakes = in->next;
		free(in);
	}
	(void)pthread_cond_destroy(&wr->more);
	(void)pthread_mutex_destroy(&wr->lock);
	free(wr);
}

static struct intake *
intake_of(struct writer *wr, struct loop *l)
{
	struct intake *in;

	(void)pthread_mutex_lock(&wr->lock);
	for (in = wr->intakes; in != NULL && in->loop != l; in = in->next)
		;
	if (in == NULL) {
		if ((in = calloc(1, sizeof(*in))) == NULL)
			abort();
		in->writer = wr;
		in->loop = l;
		in->end = &in->first;
		in->next = wr->intakes;
		wr->intakes = in;
	}
	(void)pthread_mutex_unlock(&wr->lock);
	return in;
}

/* At the end of the loop's turn. */
static void
hand_over(void *arg)
{
	struct intake *in = arg;
	struct writer *wr = in->writer;

	(void)pthread_mutex_lock(&wr->lock);
	*wr->end = in->first;
	wr->end = in->end;
	(void)pthread_mutex_unlock(&wr->lock);
	(void)pthread_cond_signal(&wr->more); /* who wakes needs the lock */
	in->first = NULL;
	in->end = &in->first;
}

void
store_commit(struct store *st, struct loop *l, struct batch *b,
    store_done *done, void *arg)
{
	struct intake *in = intake_of(st->writer, l);

	b->next = NULL;
	b->loop = l;
	b->done = done;
	b->arg = arg;
	b->at_ms = loop_now(l);
	b->refused = !batch_seal(b);
	if (in->first == NULL)
		loop_last(l, hand_over, in);
	*in->end = b;
	in->end = &b->next;
}
