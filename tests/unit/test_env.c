#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "store/store_int.h"
#include "tests/store.h"

static void
put_order(struct bed *b, const struct order *o)
{
	struct batch *batch = batch_new(b->a);

	batch_put_order(batch, o);
	assert_int_equal(bed_commit(b, batch), OK);
}

static void
must_not_open(struct bed *b, const char *why)
{
	struct fault f = { .code = OK };
	struct store *st = store_open(&b->config, &f);

	assert_null(st);
	if (strstr(f.detail, why) == NULL)
		fail_msg("%s: no %s in it", f.detail, why);
	assert_non_null(strstr(f.detail, b->config.path));
}

TEST(a_store_that_cannot_be_opened_says_why)
{
	struct bed b;

	bed_make(&b);
	b.config.path = "/nonexistent/db";
	must_not_open(&b, "No such file");
	b.config.path = "/proc/self/exe";
	must_not_open(&b, "Not a directory");
	b.config.path = b.dir;
	b.config.read_only = true;
	must_not_open(&b, "no store here yet");
	b.config.read_only = false;
	bed_open(&b);
	must_not_open(&b, "held by another server");
	bed_free(&b);
}

TEST(a_newer_format_is_refused_and_left_alone)
{
	struct bed b;
	MDB_val k = { 6, (void *)"format" }, v = { 4, (void *)"\0\0\0\3" };
	MDB_txn *txn;

	bed_new(&b);
	assert_int_equal(mdb_txn_begin(b.st->env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_put(txn, b.st->tables[TABLE_META], &k, &v, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	store_close(b.st);
	must_not_open(&b, "newer");
	b.config.read_only = true;
	must_not_open(&b, "newer");
	b.st = NULL;
	bed_free(&b);
}

static void
as_format_1(struct bed *b, struct id serial)
{
	MDB_val k = { 6, (void *)"format" }, v = { 4, (void *)"\0\0\0\1" };
	uint8_t row[] = "........--------1111";
	uint8_t old[4 + ID_SIZE] = { 0, 0, 0, 1 };
	MDB_txn *txn;

	memcpy(old + 4, serial.bytes, ID_SIZE);
	assert_int_equal(mdb_txn_begin(b->st->env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_put(txn, b->st->tables[TABLE_META], &k, &v, 0), 0);
	assert_int_equal(mdb_drop(txn, b->st->tables[TABLE_CRL_HEAD], 1), 0);
	assert_int_equal(mdb_drop(txn, b->st->tables[TABLE_REVOKED], 0), 0);
	k = (MDB_val){ sizeof(old), old };
	v = (MDB_val){ REVOKED_LEN, row };
	assert_int_equal(mdb_put(txn, b->st->tables[TABLE_REVOKED], &k, &v, 0),
	    0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	store_close(b->st);
}

/* What is revoked stays so, and the list goes on. */
TEST(a_store_of_an_earlier_format_is_brought_up_to_date)
{
	struct crl list = { .issuer = 1,
		.this_update = 5,
		.next_update = 9,
		.der = (const uint8_t *)"\x30\x00",
		.der_len = 2 };
	struct id serial = id_new(1000);
	struct revoked found[2];
	struct crl_head h;
	struct batch *batch;
	struct bed b;
	struct snap *s;

	bed_new(&b);
	batch = batch_new(b.a);
	batch_put_crl(batch, &list);
	assert_int_equal(bed_commit(&b, batch), OK);
	as_format_1(&b, serial);
	b.config.read_only = true;
	must_not_open(&b, "older");
	b.config.read_only = false;
	bed_open(&b);
	for (int i = 0; i < 2; i++) { /* once */
		s = snap_open(b.st);
		assert_int_equal(snap_revoked(s, 1, (struct id){ { 0 } }, found,
		                     2),
		    1);
		assert_true(id_equal(found[0].serial, serial));
		assert_true(snap_crl_head(s, (struct crl_name){ .issuer = 1 },
		    &h));
		assert_true(h.version == snap_crl(s, b.a, 1)->version);
		assert_int_equal(h.next_update, 9);
		snap_close(s);
		bed_reopen(&b);
	}
	bed_free(&b);
}

/* Format, rows of the index by their old key, and no tables but those. */
static void
must_be_format_1(const struct bed *b)
{
	MDB_val k = { 6, (void *)"format" }, v;
	MDB_dbi meta, revoked, none;
	MDB_stat stat;
	MDB_env *env;
	MDB_txn *txn;

	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, TABLE_COUNT), 0);
	assert_int_equal(mdb_env_open(env, b->dir, MDB_RDONLY, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", 0, &meta), 0);
	assert_int_equal(mdb_get(txn, meta, &k, &v), 0);
	assert_int_equal(v.mv_size, 4);
	assert_memory_equal(v.mv_data, "\0\0\0\1", 4);
	assert_int_equal(mdb_dbi_open(txn, table_name(TABLE_REVOKED), 0,
	                     &revoked),
	    0);
	assert_int_equal(mdb_stat(txn, revoked, &stat), 0);
	assert_int_equal(stat.ms_entries, 1);
	assert_int_equal(mdb_dbi_open(txn, table_name(TABLE_CRL_HEAD), 0,
	                     &none),
	    MDB_NOTFOUND);
	mdb_txn_abort(txn);
	mdb_env_close(env);
}

/* The server that runs beside it may be of the earlier one. */
TEST(a_guest_leaves_a_store_of_an_earlier_format_as_it_is)
{
	struct bed b;

	bed_new(&b);
	as_format_1(&b, id_new(1000));
	b.config.guest = true;
	must_not_open(&b, "older");
	must_not_open(&b, "when it starts");
	must_be_format_1(&b);
	b.config.guest = false;
	bed_open(&b);
	bed_free(&b);
}

TEST(a_file_of_something_else_is_refused)
{
	struct bed b;
	char path[128], text[16384] = "this is no store";
	FILE *f;

	bed_make(&b);
	(void)snprintf(path, sizeof(path), "%s/data.mdb", b.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, sizeof(text), f), sizeof(text));
	(void)fclose(f);
	must_not_open(&b, b.dir);
	bed_free(&b);
}

TEST(network_file_systems_are_known)
{
	assert_string_equal(env_network_fs(0x6969), "NFS");
	assert_string_equal(env_network_fs(0xfe534d42), "SMB");
	assert_string_equal(env_network_fs(0xffffffffff534d42), "CIFS");
	assert_string_equal(env_network_fs(0x65735546), "FUSE");
	assert_null(env_network_fs(0xef53));     /* ext4 */
	assert_null(env_network_fs(0x01021994)); /* tmpfs */
}

/*
 * The keeper's way in.  This program, run again as `reader DIR`: for each id
 * that comes in it says what it sees of that order, in one byte.
 */
static int
read_for_parent(const char *dir)
{
	struct store_config config = {
		.path = dir, .map_bytes = TEST_MAP, .read_only = true
	};
	struct fault f;
	struct store *st = store_open(&config, &f);
	struct arena *a = arena_new();
	struct order *o;
	struct snap *s;
	struct id id;
	char seen;

	if (st == NULL || store_writable(st))
		return 1;
	while (read(STDIN_FILENO, id.bytes, ID_SIZE) == ID_SIZE) {
		s = snap_open(st);
		o = snap_order(s, a, id);
		seen = o == NULL ? '?' : (char)('0' + (int)o->status);
		snap_close(s);
		if (write(STDOUT_FILENO, &seen, 1) != 1)
			return 1;
	}
	arena_free(a);
	store_close(st);
	return 0;
}

static char
ask(const int to[2], const int from[2], struct id id)
{
	char seen = 0;

	assert_int_equal(write(to[1], id.bytes, ID_SIZE), ID_SIZE);
	assert_int_equal(read(from[0], &seen, 1), 1);
	return seen;
}

TEST(a_reader_in_another_process_sees_each_commit)
{
	struct bed b;
	int to[2], from[2], status;
	struct order *o;
	struct snap *s;
	pid_t pid;

	bed_new(&b);
	o = some_order(b.a, id_new(1), 1);
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	if ((pid = fork()) == 0) {
		(void)dup2(to[0], STDIN_FILENO);
		(void)dup2(from[1], STDOUT_FILENO);
		(void)execl("/proc/self/exe", "test_env", "reader", b.dir,
		    (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	(void)close(to[0]);
	(void)close(from[1]);
	assert_int_equal(ask(to, from, o->id), '?');
	put_order(&b, o);
	assert_int_equal(ask(to, from, o->id), '0' + ORDER_PENDING);
	s = snap_open(b.st);
	o = snap_order(s, b.a, o->id);
	snap_close(s);
	o->status = ORDER_PROCESSING;
	put_order(&b, o);
	assert_int_equal(ask(to, from, o->id), '0' + ORDER_PROCESSING);
	(void)close(to[1]);
	(void)close(from[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	bed_free(&b);
}

/*
 * A guest: a server's store is open while this program, run again as
 * `guest DIR KID`, commits accounts of its own, each with a use of the key.
 */
enum { TURNS = 60, USES = 100 };

static void
take_turns(struct bed *b, struct id kid, char done[2])
{
	int ok = 0;

	for (int i = 0; i < TURNS; i++) {
		struct batch *batch = batch_new(b->a);
		struct account *acct = some_account(b->a);

		batch_put_account(batch, acct);
		batch_use_eab(batch, kid);
		batch_event(batch,
		    some_event(b->a, "account.created", acct->id));
		ok += bed_commit(b, batch) == OK;
	}
	done[0] = (char)ok;
}

static int
write_for_parent(const char *dir, const char *kid_text)
{
	struct bed b = { .config = { .path = dir,
		             .map_bytes = TEST_MAP,
		             .digest = test_digest,
		             .guest = true } };
	char done[2] = { 0 };
	struct id kid;

	b.loop = loop_new();
	b.a = arena_new();
	if (!id_parse(kid_text, &kid))
		return 1;
	bed_open(&b);
	take_turns(&b, kid, done);
	store_close(b.st);
	loop_free(b.loop);
	arena_free(b.a);
	return write(STDOUT_FILENO, done, 1) != 1;
}

static pid_t
start_guest(const struct bed *b, struct id kid, int out)
{
	char text[ID_TEXT];
	pid_t pid;

	id_text(kid, text);
	if ((pid = fork()) != 0)
		return pid;
	(void)dup2(out, STDOUT_FILENO);
	(void)execl("/proc/self/exe", "test_env", "guest", b->dir, text,
	    (char *)NULL);
	_exit(127);
}

TEST(guests_write_beside_a_server_and_nothing_is_lost)
{
	struct bed b;
	struct eab *e;
	struct batch *batch;
	struct store_stat stat;
	struct snap *s;
	uint64_t broken;
	int from[2], status, ok;
	pid_t pids[2];
	char done[2];

	bed_new(&b);
	e = ARENA_NEW(b.a, struct eab);
	e->id = id_new(1);
	e->key[0] = 1;
	e->uses_max = USES;
	batch = batch_new(b.a);
	batch_put_eab(batch, e);
	assert_int_equal(bed_commit(&b, batch), OK);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	for (int i = 0; i < 2; i++)
		assert_true((pids[i] = start_guest(&b, e->id, from[1])) > 0);
	take_turns(&b, e->id, done);
	ok = done[0];
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(read(from[0], done, 2), 2);
	ok += done[0] + done[1];
	assert_int_equal(ok, USES); /* of three times TURNS */
	store_stat(b.st, &stat);
	assert_int_equal(stat.accounts, USES);
	assert_int_equal(stat.events, USES);
	s = snap_open(b.st);
	assert_int_equal(snap_eab(s, b.a, e->id)->uses, USES);
	assert_int_equal(snap_journal_check(s, &broken), OK);
	snap_close(s);
	(void)close(from[0]);
	(void)close(from[1]);
	bed_free(&b);
}

/* Whoever read what another process has changed since must read it again. */
TEST(versions_hold_across_processes)
{
	struct bed b;
	struct batch *batch;
	struct eab *e, *read_before;
	struct snap *s;
	int from[2], status;
	char done;
	pid_t pid;

	bed_new(&b);
	e = ARENA_NEW(b.a, struct eab);
	e->id = id_new(1);
	e->key[0] = 1;
	e->uses_max = 1;
	batch = batch_new(b.a);
	batch_put_eab(batch, e);
	assert_int_equal(bed_commit(&b, batch), OK);
	s = snap_open(b.st);
	read_before = snap_eab(s, b.a, e->id);
	snap_close(s);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	assert_true((pid = start_guest(&b, e->id, from[1])) > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(from[0], &done, 1), 1);
	assert_int_equal(done, 1);
	batch = batch_new(b.a);
	batch_put_eab(batch, read_before);
	assert_int_equal(bed_commit(&b, batch), ERR_STALE);
	(void)close(from[0]);
	(void)close(from[1]);
	bed_free(&b);
}

/* Run again as `holder DIR`: take the lock of writers, and never end. */
static int
hold_for_parent(const char *dir)
{
	struct bed b = { .config = { .path = dir,
		             .map_bytes = TEST_MAP,
		             .digest = test_digest,
		             .guest = true } };
	MDB_txn *txn;

	bed_open(&b);
	if (mdb_txn_begin(b.st->env, NULL, 0, &txn) != 0 ||
	    write(STDOUT_FILENO, "h", 1) != 1)
		return 1;
	for (;;)
		(void)pause();
}

TEST(a_guest_that_is_killed_while_it_writes_holds_up_nobody)
{
	struct bed b;
	struct batch *batch;
	int from[2], status;
	char said;
	pid_t pid;

	bed_new(&b);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	if ((pid = fork()) == 0) {
		(void)dup2(from[1], STDOUT_FILENO);
		(void)execl("/proc/self/exe", "test_env", "holder", b.dir,
		    (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(read(from[0], &said, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (int i = 0; i < 2; i++) {
		batch = batch_new(b.a);
		batch_put_account(batch, some_account(b.a));
		assert_int_equal(bed_commit(&b, batch), OK);
	}
	(void)close(from[0]);
	(void)close(from[1]);
	bed_free(&b);
}

/* Nobody has served yet: the verb's is the first store there is. */
TEST(a_guest_may_be_the_first)
{
	struct bed b;
	struct fault f;
	struct account *acct;
	struct batch *batch;
	struct snap *s;

	bed_make(&b);
	b.config.guest = true;
	bed_open(&b);
	acct = some_account(b.a);
	batch = batch_new(b.a);
	batch_put_account(batch, acct);
	assert_int_equal(bed_commit(&b, batch), OK);
	store_close(b.st);
	b.config.guest = false;
	b.st = store_open(&b.config, &f);
	assert_non_null(b.st);
	s = snap_open(b.st);
	assert_non_null(snap_account(s, b.a, acct->id));
	snap_close(s);
	bed_free(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_that_cannot_be_opened_says_why),
		cmocka_unit_test(a_newer_format_is_refused_and_left_alone),
		cmocka_unit_test(
		    a_store_of_an_earlier_format_is_brought_up_to_date),
		cmocka_unit_test(
		    a_guest_leaves_a_store_of_an_earlier_format_as_it_is),
		cmocka_unit_test(a_file_of_something_else_is_refused),
		cmocka_unit_test(network_file_systems_are_known),
		cmocka_unit_test(a_reader_in_another_process_sees_each_commit),
		cmocka_unit_test(
		    guests_write_beside_a_server_and_nothing_is_lost),
		cmocka_unit_test(versions_hold_across_processes),
		cmocka_unit_test(
		    a_guest_that_is_killed_while_it_writes_holds_up_nobody),
		cmocka_unit_test(a_guest_may_be_the_first),
	};

	if (argc == 3 && strcmp(argv[1], "reader") == 0)
		return read_for_parent(argv[2]);
	if (argc == 3 && strcmp(argv[1], "holder") == 0)
		return hold_for_parent(argv[2]);
	if (argc == 4 && strcmp(argv[1], "guest") == 0)
		return write_for_parent(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
