#include <fcntl.h>
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
	MDB_val k = { 6, (void *)"format" }, v = { 4, (void *)"\0\0\0\2" };
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

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_that_cannot_be_opened_says_why),
		cmocka_unit_test(a_newer_format_is_refused_and_left_alone),
		cmocka_unit_test(a_file_of_something_else_is_refused),
		cmocka_unit_test(network_file_systems_are_known),
		cmocka_unit_test(a_reader_in_another_process_sees_each_commit),
	};

	if (argc == 3 && strcmp(argv[1], "reader") == 0)
		return read_for_parent(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
