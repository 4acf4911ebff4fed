/*
 * A child commits and says on a pipe what has been acknowledged, until it is
 * killed, at a random moment, again and again in the same directory.  What it
 * said must be there, whole batches only, and the journal must hold.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/random.h"
#include "store/store.h"
#include "tests/store.h"

enum { KILLS = 30, AT_ONCE = 6, ACKS_MAX = 20000 };

/* One of the child's batches in flight; the id is what it says. */
struct flight {
	struct bed *bed;
	struct arena *a;
	struct id id;
};

static void take_off(struct flight *t);

static void
landed(void *arg, enum err result)
{
	struct flight *t = arg;

	if (result != OK ||
	    write(STDOUT_FILENO, t->id.bytes, ID_SIZE) != ID_SIZE)
		_exit(1);
	arena_free(t->a);
	take_off(t);
}

/* An account, an order, an event and a row of due work, or none of them. */
static void
take_off(struct flight *t)
{
	struct account *acct;
	struct order *o;
	struct batch *batch;
	struct due *due;

	t->a = arena_new();
	acct = some_account(t->a);
	o = some_order(t->a, acct->id, 1);
	o->id = acct->id;
	due = ARENA_NEW(t->a, struct due);
	*due = (struct due){ DUE_PRUNE_ORDER, 1, o->id, 0 };
	batch = batch_new(t->a);
	batch_put_account(batch, acct);
	batch_put_order(batch, o);
	batch_event(batch, some_event(t->a, "order.created", o->id));
	batch_due(batch, due);
	t->id = acct->id;
	store_commit(t->bed->st, t->bed->loop, batch, landed, t);
}

static int
commit_until_killed(const char *dir)
{
	struct flight flights[AT_ONCE];
	struct bed b = { .config = { .path = dir,
		             .map_bytes = TEST_MAP,
		             .digest = test_digest } };
	struct fault f;

	b.loop = loop_new();
	if ((b.st = store_open(&b.config, &f)) == NULL)
		return 1;
	for (int i = 0; i < AT_ONCE; i++) {
		flights[i].bed = &b;
		take_off(&flights[i]);
	}
	loop_run(b.loop);
	return 1;
}

/* Start it, let it say something, kill it; how many ids it said. */
static size_t
run_and_kill(const char *dir, struct id *acks, size_t room)
{
	struct pollfd ready;
	int out[2], status;
	unsigned char chance;
	size_t n = 0;
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	if ((pid = fork()) == 0) {
		(void)dup2(out[1], STDOUT_FILENO);
		(void)execl("/proc/self/exe", "test_crash", "child", dir,
		    (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	(void)close(out[1]);
	ready = (struct pollfd){ .fd = out[0], .events = POLLIN };
	assert_int_equal(poll(&ready, 1, 30000), 1);
	random_bytes(&chance, 1);
	(void)usleep(chance * 250u);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (n < room && read(out[0], acks[n].bytes, ID_SIZE) == ID_SIZE)
		n++;
	(void)close(out[0]);
	assert_true(n > 0);
	return n;
}

static void
check(struct bed *b, const struct id *acks, size_t n)
{
	struct arena *a = arena_new();
	struct store_stat stat;
	struct snap *s;
	uint64_t broken;

	bed_open(b);
	s = snap_open(b->st);
	for (size_t i = 0; i < n; i++)
		if (snap_account(s, a, acks[i]) == NULL ||
		    snap_order(s, a, acks[i]) == NULL)
			fail_msg("acknowledged, and lost");
	assert_int_equal(snap_journal_check(s, &broken), OK);
	snap_close(s);
	store_stat(b->st, &stat);
	assert_true(stat.accounts >= n);
	assert_int_equal(stat.orders, stat.accounts);
	assert_int_equal(stat.events, stat.accounts);
	assert_int_equal(stat.due, stat.accounts);
	store_close(b->st);
	b->st = NULL;
	arena_free(a);
}

TEST(nothing_acknowledged_is_lost_by_a_kill)
{
	static struct id acks[ACKS_MAX];
	struct bed b;
	size_t n = 0;

	bed_make(&b);
	for (int i = 0; i < KILLS; i++) {
		n += run_and_kill(b.dir, acks + n, ACKS_MAX - n);
		check(&b, acks, n);
	}
	bed_free(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_acknowledged_is_lost_by_a_kill),
	};

	if (argc == 3 && strcmp(argv[1], "child") == 0)
		return commit_until_killed(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
