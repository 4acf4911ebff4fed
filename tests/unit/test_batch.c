#include "store/store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/store_int.h"
#include "tests/store.h"

enum { BLOB = 60000, MANY = 2000 };

static struct order *
big_order(struct arena *a, struct id account)
{
	struct order *o = some_order(a, account, 1700000000000);

	o->tbs = arena_alloc(a, BLOB, 1);
	o->tbs_len = BLOB;
	return o;
}

static enum err
put_big(struct bed *b, bool essential, struct id *id)
{
	struct arena *a = arena_new();
	struct order *o = big_order(a, (struct id){ { 1 } });
	struct batch *batch = batch_new(a);
	enum err err;

	batch_put_order(batch, o);
	if (essential)
		batch_essential(batch);
	*id = o->id;
	err = bed_commit(b, batch);
	arena_free(a);
	return err;
}

/* Put until it is refused; how many, and which. */
static size_t
fill(struct bed *b, bool essential, struct id *ids)
{
	size_t n = 0;
	enum err err;

	while ((err = put_big(b, essential, &ids[n])) == OK && n < MANY - 1)
		n++;
	assert_int_equal(err, ERR_FULL);
	return n;
}

static void
empty(struct bed *b, const struct id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct batch *batch = batch_new(b->a);

		batch_delete_order(batch, ids[i]);
		assert_int_equal(bed_commit(b, batch), OK);
	}
}

static size_t
present(struct bed *b, const struct id *ids, size_t n)
{
	struct arena *a = arena_new();
	struct snap *s = snap_open(b->st);
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (snap_order(s, a, ids[i]) != NULL)
			found++;
	snap_close(s);
	arena_free(a);
	return found;
}

static size_t
rows(struct bed *b, enum table t)
{
	struct snap *s = snap_open(b->st);
	MDB_stat stat;

	assert_int_equal(mdb_stat(s->txn, b->st->tables[t], &stat), 0);
	snap_close(s);
	return stat.ms_entries;
}

TEST(deleting_takes_the_indexes_along)
{
	struct bed b;
	struct order *o;
	struct authz *z;
	struct certificate cert = {
		.serial = id_new(1), .der = (const uint8_t *)"x", .der_len = 1
	};
	struct batch *batch;
	struct snap *s;
	struct id out[2];

	bed_new(&b);
	o = some_order(b.a, id_new(1), 1);
	z = some_authz(b.a, o->account, "a.test");
	z->status = AUTHZ_VALID;
	batch = batch_new(b.a);
	batch_put_order(batch, o);
	batch_put_authz(batch, z);
	batch_put_certificate(batch, &cert);
	assert_int_equal(bed_commit(&b, batch), OK);
	s = snap_open(b.st);
	assert_non_null(snap_certificate(s, b.a, cert.serial));
	assert_int_equal(snap_orders(s, o->account, (struct id){ { 0 } }, out,
	                     2),
	    1);
	snap_close(s);

	batch = batch_new(b.a);
	batch_delete_order(batch, o->id);
	batch_delete_authz(batch, z->id);
	batch_delete_certificate(batch, cert.serial);
	assert_int_equal(bed_commit(&b, batch), OK);
	s = snap_open(b.st);
	assert_null(snap_order(s, b.a, o->id));
	assert_null(snap_authz(s, b.a, z->id));
	assert_null(snap_certificate(s, b.a, cert.serial));
	assert_int_equal(snap_orders(s, o->account, (struct id){ { 0 } }, out,
	                     2),
	    0);
	assert_null(snap_reusable_authz(s, b.a, z->account, &z->ident, 1));
	snap_close(s);
	assert_int_equal(rows(&b, TABLE_ORDER_BY_ACCOUNT), 0);
	assert_int_equal(rows(&b, TABLE_AUTHZ_REUSABLE), 0);
	/* and again: no error if it is gone */
	batch = batch_new(b.a);
	batch_delete_order(batch, o->id);
	batch_delete_authz(batch, z->id);
	batch_delete_certificate(batch, cert.serial);
	assert_int_equal(bed_commit(&b, batch), OK);
	bed_free(&b);
}

TEST(an_object_may_change_until_it_is_committed)
{
	struct bed b;
	struct order *o;
	struct batch *batch;
	struct snap *s;

	bed_new(&b);
	o = some_order(b.a, id_new(1), 1);
	batch = batch_new(b.a);
	batch_put_order(batch, o);
	o->expires = 4711;
	assert_int_equal(bed_commit(&b, batch), OK);
	s = snap_open(b.st);
	assert_int_equal(snap_order(s, b.a, o->id)->expires, 4711);
	snap_close(s);
	bed_free(&b);
}

TEST(past_the_limit_only_the_essential_is_taken_until_there_is_room)
{
	static struct id ids[MANY], more[MANY], extra;
	struct bed b;
	struct store_stat stat;
	size_t n, m;

	bed_make(&b);
	b.config.max_bytes = 4 << 20;
	bed_open(&b);
	n = fill(&b, false, ids);
	assert_true(n > 40);
	store_stat(b.st, &stat);
	assert_int_equal(stat.max_bytes, 4 << 20);
	assert_true(stat.used_bytes >= stat.max_bytes / 100 * 95);
	assert_true(stat.used_bytes < stat.max_bytes);
	assert_true(store_writable(b.st));

	m = fill(&b, true, more);
	assert_true(m >= 2);
	store_stat(b.st, &stat);
	assert_true(stat.used_bytes >= stat.max_bytes);
	assert_int_equal(present(&b, ids, n), n);
	assert_int_equal(present(&b, more, m), m);

	empty(&b, more, m);
	empty(&b, ids, 3);
	assert_int_equal(put_big(&b, false, &extra), OK);
	assert_int_equal(present(&b, ids, n), n - 3);

	/* and the limit can be moved */
	n = fill(&b, false, ids);
	store_limit(b.st, 8 << 20);
	assert_int_equal(put_big(&b, false, &extra), OK);
	bed_free(&b);
}

TEST(a_full_map_refuses_and_recovers)
{
	static struct id ids[MANY], extra;
	struct bed b;
	size_t n;

	bed_make(&b);
	b.config.map_bytes = 1 << 20;
	bed_open(&b);
	for (int round = 0; round < 3; round++) {
		n = fill(&b, true, ids);
		assert_true(n > 5);
		assert_true(store_writable(b.st));
		assert_int_equal(present(&b, ids, n), n);
		empty(&b, ids, n);
		assert_int_equal(put_big(&b, false, &extra), OK);
		empty(&b, &extra, 1);
	}
	bed_free(&b);
}

/* A group in which one batch alone is too big for the map. */
struct crowd {
	struct loop *loop;
	int left;
};
struct member {
	struct crowd *crowd;
	enum err result;
};

static void
member_answered(void *arg, enum err result)
{
	struct member *m = arg;

	m->result = result;
	if (--m->crowd->left == 0)
		loop_stop(m->crowd->loop);
}

TEST(one_that_does_not_fit_does_not_take_its_group_along)
{
	struct bed b;
	struct crowd crowd = { .left = 20 };
	struct member members[20];
	struct batch *batch;
	struct order *o;

	bed_make(&b);
	b.config.map_bytes = 2 << 20;
	bed_open(&b);
	crowd.loop = b.loop;
	for (int i = 0; i < 20; i++) {
		batch = batch_new(b.a);
		for (int j = 0; j < (i == 7 ? 4 : 1); j++) {
			o = big_order(b.a, id_new(1));
			o->tbs_len = i == 7 ? 900000 : 100;
			o->tbs = arena_alloc(b.a, o->tbs_len, 1);
			batch_put_order(batch, o);
		}
		members[i] = (struct member){ .crowd = &crowd };
		store_commit(b.st, b.loop, batch, member_answered, &members[i]);
	}
	loop_run(b.loop);
	for (int i = 0; i < 20; i++)
		assert_int_equal(members[i].result, i == 7 ? ERR_FULL : OK);
	bed_free(&b);
}

static void
give_up(void *arg)
{
	loop_stop(arg);
}

static void
wait_ms(struct bed *b, unsigned ms)
{
	struct timer *t = loop_after(b->loop, ms, give_up, b->loop);

	loop_run(b->loop);
	timer_free(t);
}

/* A file that may not grow behaves as a disk that is full does. */
TEST(a_full_disk_refuses_and_recovers_by_itself)
{
	static struct id ids[MANY], extra;
	struct bed b;
	struct rlimit before, small;
	struct stat file;
	char path[128];
	size_t n;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 2 << 20;
	bed_new(&b);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	n = fill(&b, true, ids);
	assert_true(n > 15);
	assert_false(store_writable(b.st));
	(void)snprintf(path, sizeof(path), "%s/data.mdb", b.dir);
	assert_int_equal(stat(path, &file), 0);
	assert_true(file.st_size <= 2 << 20);
	assert_int_equal(present(&b, ids, n), n);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	for (int i = 0; i < 100 && !store_writable(b.st); i++)
		wait_ms(&b, 50);
	assert_true(store_writable(b.st));
	assert_int_equal(put_big(&b, false, &extra), OK);
	bed_reopen(&b);
	assert_int_equal(present(&b, ids, n), n);
	bed_free(&b);
}

/* This program, run again as `reader DIR`: holds a snapshot until killed. */
static int
read_until_killed(const char *dir)
{
	struct store_config config = {
		.path = dir, .map_bytes = TEST_MAP, .read_only = true
	};
	struct fault f;
	struct store *st = store_open(&config, &f);

	if (st == NULL)
		return 1;
	(void)snap_open(st);
	if (write(STDOUT_FILENO, "!", 1) != 1)
		return 1;
	(void)pause();
	return 1;
}

TEST(a_reader_that_was_killed_does_not_fill_the_map)
{
	static struct id id;
	struct bed b;
	int out[2], status;
	char ready;
	pid_t pid;

	bed_make(&b);
	b.config.map_bytes = 2 << 20;
	bed_open(&b);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	if ((pid = fork()) == 0) {
		(void)dup2(out[1], STDOUT_FILENO);
		(void)execl("/proc/self/exe", "test_batch", "reader", b.dir,
		    (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(read(out[0], &ready, 1), 1);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(out[0]);
	(void)close(out[1]);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(put_big(&b, false, &id), OK);
		empty(&b, &id, 1);
	}
	bed_free(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deleting_takes_the_indexes_along),
		cmocka_unit_test(an_object_may_change_until_it_is_committed),
		cmocka_unit_test(
		    past_the_limit_only_the_essential_is_taken_until_there_is_room),
		cmocka_unit_test(a_full_map_refuses_and_recovers),
		cmocka_unit_test(
		    one_that_does_not_fit_does_not_take_its_group_along),
		cmocka_unit_test(a_full_disk_refuses_and_recovers_by_itself),
		cmocka_unit_test(
		    a_reader_that_was_killed_does_not_fill_the_map),
	};

	if (argc == 3 && strcmp(argv[1], "reader") == 0)
		return read_until_killed(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
