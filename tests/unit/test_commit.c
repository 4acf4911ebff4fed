#include <pthread.h>

#include "store/store.h"
#include "tests/store.h"

enum { THREADS = 8, ROUNDS = 60 };

TEST(a_new_object_is_refused_if_it_is_there_already)
{
	struct bed b;
	struct account *x;
	struct batch *first, *second;

	bed_new(&b);
	x = some_account(b.a);
	first = batch_new(b.a);
	batch_put_account(first, x);
	assert_int_equal(bed_commit(&b, first), OK);
	second = batch_new(b.a);
	batch_put_account(second, x);
	assert_int_equal(bed_commit(&b, second), ERR_STALE);
	bed_free(&b);
}

TEST(an_old_version_is_refused_and_leaves_no_trace)
{
	struct bed b;
	struct account *acct;
	struct order *o, *fresh;
	struct batch *batch;
	struct snap *s;
	struct store_stat before, after;
	struct due due = { DUE_ISSUANCE, 5, { { 1 } }, 0 };

	bed_new(&b);
	acct = some_account(b.a);
	o = some_order(b.a, acct->id, 1700000000000);
	batch = batch_new(b.a);
	batch_put_account(batch, acct);
	batch_put_order(batch, o);
	assert_int_equal(bed_commit(&b, batch), OK);
	store_stat(b.st, &before);

	fresh = some_order(b.a, acct->id, 1700000000001);
	batch = batch_new(b.a);
	batch_put_order(batch, fresh);
	batch_event(batch, some_event(b.a, "order.created", fresh->id));
	batch_due(batch, &due);
	batch_put_order(batch, o); /* as of version 0: it has one by now */
	assert_int_equal(bed_commit(&b, batch), ERR_STALE);

	store_stat(b.st, &after);
	assert_int_equal(after.orders, before.orders);
	assert_int_equal(after.events, before.events);
	assert_int_equal(after.due, before.due);
	assert_int_equal(after.stale, 1);
	s = snap_open(b.st);
	assert_null(snap_order(s, b.a, fresh->id));
	snap_close(s);
	bed_free(&b);
}

TEST(what_was_expected_must_still_stand)
{
	struct bed b;
	struct account *old, *now;
	struct batch *batch;
	struct order *o;
	struct snap *s;

	bed_new(&b);
	old = some_account(b.a);
	batch = batch_new(b.a);
	batch_put_account(batch, old);
	assert_int_equal(bed_commit(&b, batch), OK);
	s = snap_open(b.st);
	old = snap_account(s, b.a, old->id);
	now = snap_account(s, b.a, old->id);
	snap_close(s);

	now->status = ACCOUNT_DEACTIVATED;
	batch = batch_new(b.a);
	batch_put_account(batch, now);
	assert_int_equal(bed_commit(&b, batch), OK);

	o = some_order(b.a, old->id, 1700000000000);
	batch = batch_new(b.a);
	batch_expect_account(batch, old);
	batch_put_order(batch, o);
	assert_int_equal(bed_commit(&b, batch), ERR_STALE);
	s = snap_open(b.st);
	now = snap_account(s, b.a, old->id);
	snap_close(s);
	assert_int_equal(now->status, ACCOUNT_DEACTIVATED);
	batch = batch_new(b.a);
	batch_expect_account(batch, now);
	batch_put_order(batch, o);
	assert_int_equal(bed_commit(&b, batch), OK);
	bed_free(&b);
}

TEST(a_thumbprint_belongs_to_one_account)
{
	struct bed b;
	struct account *x, *y;
	struct batch *batch;
	struct snap *s;

	bed_new(&b);
	x = some_account(b.a);
	y = some_account(b.a);
	batch = batch_new(b.a);
	batch_put_account(batch, x);
	assert_int_equal(bed_commit(&b, batch), OK);

	y->thumbprint = x->thumbprint;
	batch = batch_new(b.a);
	batch_put_account(batch, y);
	assert_int_equal(bed_commit(&b, batch), ERR_STALE);

	/* a new key frees the old one */
	s = snap_open(b.st);
	x = snap_account(s, b.a, x->id);
	snap_close(s);
	x->thumbprint = "another";
	batch = batch_new(b.a);
	batch_put_account(batch, x);
	assert_int_equal(bed_commit(&b, batch), OK);
	batch = batch_new(b.a);
	batch_put_account(batch, y);
	assert_int_equal(bed_commit(&b, batch), OK);
	s = snap_open(b.st);
	assert_true(id_equal(y->id,
	    snap_account_by_key(s, b.a, y->thumbprint)->id));
	assert_true(id_equal(x->id,
	    snap_account_by_key(s, b.a, "another")->id));
	snap_close(s);
	bed_free(&b);
}

TEST(two_accounts_of_one_key_in_one_batch_are_refused)
{
	struct bed b;
	struct account *x, *y;
	struct batch *batch;

	bed_new(&b);
	x = some_account(b.a);
	y = some_account(b.a);
	y->thumbprint = x->thumbprint;
	batch = batch_new(b.a);
	batch_put_account(batch, x);
	batch_put_account(batch, y);
	assert_int_equal(bed_commit(&b, batch), ERR_INTERNAL);
	bed_free(&b);
}

struct pair {
	struct loop *loop;
	enum err results[2];
	int answered;
};
struct half {
	struct pair *pair;
	int which;
};

static void
pair_answered(void *arg, enum err result)
{
	struct half *h = arg;

	h->pair->results[h->which] = result;
	if (++h->pair->answered == 2)
		loop_stop(h->pair->loop);
}

TEST(of_two_that_read_the_same_the_second_is_refused)
{
	struct bed b;
	struct account *x, *y;
	struct batch *batch, *one, *two;
	struct pair pair;
	struct half halves[2] = { { &pair, 0 }, { &pair, 1 } };
	struct snap *s;

	bed_new(&b);
	pair = (struct pair){ .loop = b.loop };
	x = some_account(b.a);
	batch = batch_new(b.a);
	batch_put_account(batch, x);
	assert_int_equal(bed_commit(&b, batch), OK);
	s = snap_open(b.st);
	x = snap_account(s, b.a, x->id);
	y = snap_account(s, b.a, x->id);
	snap_close(s);
	x->created = 1;
	y->created = 2;
	one = batch_new(b.a);
	two = batch_new(b.a);
	batch_put_account(one, x);
	batch_put_account(two, y);
	store_commit(b.st, b.loop, one, pair_answered, &halves[0]);
	store_commit(b.st, b.loop, two, pair_answered, &halves[1]);
	loop_run(b.loop);
	assert_int_equal(pair.results[0], OK);
	assert_int_equal(pair.results[1], ERR_STALE);
	s = snap_open(b.st);
	assert_int_equal(snap_account(s, b.a, x->id)->created, 1);
	snap_close(s);
	bed_free(&b);
}

TEST(an_empty_batch_is_answered)
{
	struct bed b;
	struct batch *batch;

	bed_new(&b);
	batch = batch_new(b.a);
	assert_true(batch_empty(batch));
	assert_int_equal(bed_commit(&b, batch), OK);
	batch_touch(batch, id_new(1));
	assert_false(batch_empty(batch));
	bed_free(&b);
}

TEST(what_is_never_stored_is_refused)
{
	struct bed b;
	struct order *o;
	struct batch *batch;

	bed_new(&b);
	o = some_order(b.a, id_new(1), 1);
	o->status = ORDER_READY;
	batch = batch_new(b.a);
	batch_put_order(batch, o);
	assert_int_equal(bed_commit(&b, batch), ERR_INTERNAL);
	bed_free(&b);
}

/* Many threads, each a loop, all adding to one counter. */
struct adder {
	struct bed *bed;
	struct id counter;
	struct loop *loop;
	struct arena *a;
	int left;
	unsigned stale, failed;
	pthread_t thread;
};

static void add_one(struct adder *t);

static void
added(void *arg, enum err result)
{
	struct adder *t = arg;

	if (result == ERR_STALE)
		t->stale++;
	else if (result != OK)
		t->failed++;
	else
		t->left--;
	arena_free(t->a);
	if (t->left > 0)
		add_one(t);
	else
		loop_stop(t->loop);
}

static void
add_one(struct adder *t)
{
	struct snap *s = snap_open(t->bed->st);
	struct account *x;
	struct batch *batch;

	t->a = arena_new();
	x = snap_account(s, t->a, t->counter);
	snap_close(s);
	x->created++;
	batch = batch_new(t->a);
	batch_put_account(batch, x);
	batch_event(batch, some_event(t->a, "counter.added", t->counter));
	store_commit(t->bed->st, t->loop, batch, added, t);
}

static void *
add_many(void *arg)
{
	struct adder *t = arg;

	t->loop = loop_new();
	add_one(t);
	loop_run(t->loop);
	loop_free(t->loop);
	return NULL;
}

TEST(no_addition_is_lost_among_threads)
{
	struct bed b;
	struct adder adders[THREADS];
	struct account *x;
	struct batch *batch;
	struct store_stat stat;
	struct snap *s;
	uint64_t broken;
	unsigned stale = 0;

	bed_new(&b);
	x = some_account(b.a);
	x->created = 0;
	batch = batch_new(b.a);
	batch_put_account(batch, x);
	assert_int_equal(bed_commit(&b, batch), OK);
	for (int i = 0; i < THREADS; i++) {
		adders[i] = (struct adder){
			.bed = &b, .counter = x->id, .left = ROUNDS
		};
		assert_int_equal(pthread_create(&adders[i].thread, NULL,
		                     add_many, &adders[i]),
		    0);
	}
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(adders[i].thread, NULL);
		assert_int_equal(adders[i].failed, 0);
		stale += adders[i].stale;
	}
	s = snap_open(b.st);
	assert_int_equal(snap_account(s, b.a, x->id)->created,
	    THREADS * ROUNDS);
	assert_int_equal(snap_journal_check(s, &broken), OK);
	snap_close(s);
	store_stat(b.st, &stat);
	assert_int_equal(stat.events, THREADS * ROUNDS);
	assert_int_equal(stat.stale, stale);
	assert_int_equal(stat.batches, 1 + THREADS * ROUNDS + stale);
	assert_true(stat.commits <= 1 + THREADS * ROUNDS);
	bed_free(&b);
}

static void
count_down(void *arg, enum err result)
{
	unsigned *left = arg;

	assert_int_equal(result, OK);
	--*left;
}

TEST(what_one_turn_of_a_loop_commits_is_one_commit)
{
	enum { MANY = 40 };
	struct bed b;
	struct store_stat before, after;
	struct batch *batch;
	unsigned left = MANY;

	bed_new(&b);
	store_stat(b.st, &before);
	for (int i = 0; i < MANY; i++) {
		batch = batch_new(b.a);
		batch_put_account(batch, some_account(b.a));
		store_commit(b.st, b.loop, batch, count_down, &left);
	}
	batch = batch_new(b.a);
	assert_int_equal(bed_commit(&b, batch), OK); /* the last of them */
	assert_int_equal(left, 0);
	store_stat(b.st, &after);
	assert_int_equal(after.accounts, before.accounts + MANY);
	assert_int_equal(after.commits, before.commits + 1);
	bed_free(&b);
}

/* It takes its turn among the others, so it tells of all before it. */
TEST(expectations_alone_are_answered_in_turn_and_write_nothing)
{
	struct bed b;
	struct account *x;
	struct batch *batch;
	struct store_stat before, after;
	struct snap *s;

	bed_new(&b);
	x = some_account(b.a);
	batch = batch_new(b.a);
	batch_put_account(batch, x);
	assert_true(batch_writes(batch));
	assert_int_equal(bed_commit(&b, batch), OK);
	store_stat(b.st, &before);
	batch = batch_new(b.a);
	batch_expect_account(batch, x); /* which is of version 0 */
	assert_false(batch_empty(batch));
	assert_false(batch_writes(batch));
	assert_int_equal(bed_commit(&b, batch), ERR_STALE);
	s = snap_open(b.st);
	x = snap_account(s, b.a, x->id);
	snap_close(s);
	batch = batch_new(b.a);
	batch_expect_account(batch, x);
	assert_int_equal(bed_commit(&b, batch), OK);
	store_stat(b.st, &after);
	assert_int_equal(after.commits, before.commits);
	store_limit(b.st, 1);
	assert_int_equal(bed_commit(&b, batch), ERR_FULL);
	bed_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_new_object_is_refused_if_it_is_there_already),
		cmocka_unit_test(an_old_version_is_refused_and_leaves_no_trace),
		cmocka_unit_test(what_was_expected_must_still_stand),
		cmocka_unit_test(a_thumbprint_belongs_to_one_account),
		cmocka_unit_test(
		    two_accounts_of_one_key_in_one_batch_are_refused),
		cmocka_unit_test(
		    of_two_that_read_the_same_the_second_is_refused),
		cmocka_unit_test(an_empty_batch_is_answered),
		cmocka_unit_test(what_is_never_stored_is_refused),
		cmocka_unit_test(no_addition_is_lost_among_threads),
		cmocka_unit_test(what_one_turn_of_a_loop_commits_is_one_commit),
		cmocka_unit_test(
		    expectations_alone_are_answered_in_turn_and_write_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
