#include <pthread.h>

#include "store/store_int.h"
#include "tests/store.h"

enum { WAITERS = 4, ROUNDS = 200, MEMORY = 8192 };

struct sleeper {
	struct waiter w;
	int woken;
};

static void
woke(void *arg)
{
	struct sleeper *z = arg;

	z->woken++;
}

static struct sleeper
sleeper_for(struct bed *b, struct id object)
{
	struct snap *s = snap_open(b->st);
	struct sleeper z = {
		.w = { .object = object, .seen = snap_txnid(s), .wake = woke }
	};

	snap_close(s);
	return z;
}

static void
touch(struct bed *b, struct id object)
{
	struct batch *batch = batch_new(b->a);

	batch_touch(batch, object);
	assert_int_equal(bed_commit(b, batch), OK);
}

static void
stop(void *loop)
{
	loop_stop(loop);
}

static void
run_what_is_posted(struct loop *l)
{
	loop_post(l, stop, l);
	loop_run(l);
}

TEST(a_touch_wakes_who_waits_for_the_object_once)
{
	struct bed b;
	struct loop *l = loop_new();
	struct sleeper mine, other;
	struct id object = id_new(1);

	bed_new(&b);
	mine = sleeper_for(&b, object);
	other = sleeper_for(&b, id_new(1));
	mine.w.arg = &mine;
	other.w.arg = &other;
	assert_true(store_park(b.st, l, &mine.w));
	assert_true(store_park(b.st, l, &other.w));
	touch(&b, object);
	touch(&b, object);
	run_what_is_posted(l);
	assert_int_equal(mine.woken, 1);
	assert_int_equal(other.woken, 0);
	store_unpark(b.st, &mine.w);
	store_unpark(b.st, &other.w);
	loop_free(l);
	bed_free(&b);
}

TEST(puts_and_deletes_touch_their_object)
{
	struct bed b;
	struct sleeper z;
	struct batch *batch;
	struct order *o;

	bed_new(&b);
	o = some_order(b.a, id_new(1), 1);
	z = sleeper_for(&b, o->id);
	z.w.arg = &z;
	assert_true(store_park(b.st, b.loop, &z.w));
	batch = batch_new(b.a);
	batch_put_order(batch, o);
	assert_int_equal(bed_commit(&b, batch), OK);
	assert_int_equal(z.woken, 1);
	z.w.seen++;
	assert_true(store_park(b.st, b.loop, &z.w));
	batch = batch_new(b.a);
	batch_delete_order(batch, o->id);
	assert_int_equal(bed_commit(&b, batch), OK);
	assert_int_equal(z.woken, 2);
	bed_free(&b);
}

TEST(a_refused_batch_wakes_nobody)
{
	struct bed b;
	struct sleeper z;
	struct batch *batch;
	struct order *o;

	bed_new(&b);
	o = some_order(b.a, id_new(1), 1);
	o->version = 99;
	z = sleeper_for(&b, o->id);
	z.w.arg = &z;
	assert_true(store_park(b.st, b.loop, &z.w));
	batch = batch_new(b.a);
	batch_put_order(batch, o);
	assert_int_equal(bed_commit(&b, batch), ERR_STALE);
	assert_int_equal(z.woken, 0);
	store_unpark(b.st, &z.w);
	bed_free(&b);
}

TEST(who_has_not_seen_a_touch_is_not_parked)
{
	struct bed b;
	struct sleeper z;
	struct id object = id_new(1);

	bed_new(&b);
	z = sleeper_for(&b, object);
	touch(&b, object);
	assert_false(store_park(b.st, b.loop, &z.w));
	store_unpark(b.st, &z.w); /* harmless */
	/* and who has seen it is: no looking again for ever */
	z = sleeper_for(&b, object);
	assert_true(store_park(b.st, b.loop, &z.w));
	store_unpark(b.st, &z.w);
	bed_free(&b);
}

TEST(an_unparked_waiter_is_not_called_even_if_posted)
{
	struct bed b;
	struct loop *l = loop_new();
	struct sleeper *gone = calloc(1, sizeof(*gone)), stays;
	struct id object = id_new(1);

	bed_new(&b);
	assert_non_null(gone);
	*gone = sleeper_for(&b, object);
	gone->w.arg = gone;
	stays = sleeper_for(&b, object);
	stays.w.arg = &stays;
	assert_true(store_park(b.st, l, &gone->w));
	assert_true(store_park(b.st, l, &stays.w));
	touch(&b, object); /* both are told, by a post that waits */
	store_unpark(b.st, &gone->w);
	assert_int_equal(gone->woken, 0);
	free(gone); /* a call would be seen by the sanitizers */
	run_what_is_posted(l);
	assert_int_equal(stays.woken, 1);
	loop_free(l);
	bed_free(&b);
}

TEST(who_has_seen_a_commit_is_not_woken_by_it)
{
	struct loop *l = loop_new();
	struct store st = { .waits = waits_new(5) };
	struct sleeper z = {
		.w = { .object = { { 1 } }, .seen = 7, .wake = woke }
	};

	/* its snapshot shows commit 7, whose touches come only now */
	z.w.arg = &z;
	assert_true(store_park(&st, l, &z.w));
	waits_lock(st.waits);
	waits_touch(st.waits, z.w.object, 7);
	waits_unlock(st.waits);
	run_what_is_posted(l);
	assert_int_equal(z.woken, 0);
	waits_lock(st.waits);
	waits_touch(st.waits, z.w.object, 8);
	waits_unlock(st.waits);
	run_what_is_posted(l);
	assert_int_equal(z.woken, 1);
	waits_free(st.waits);
	loop_free(l);
}

TEST(what_is_older_than_the_memory_counts_as_changed)
{
	struct bed b;
	struct batch *batch;
	struct sleeper old, fresh;
	struct id quiet = id_new(1);

	bed_new(&b);
	old = sleeper_for(&b, quiet);
	touch(&b, id_new(1)); /* this one is forgotten */
	batch = batch_new(b.a);
	for (int i = 0; i < MEMORY; i++)
		batch_touch(batch, id_new(1));
	assert_int_equal(bed_commit(&b, batch), OK);
	assert_false(store_park(b.st, b.loop, &old.w));
	fresh = sleeper_for(&b, quiet);
	assert_true(store_park(b.st, b.loop, &fresh.w));
	store_unpark(b.st, &fresh.w);
	bed_free(&b);
}

TEST(the_memory_forgets_the_oldest_only)
{
	struct bed b;
	struct batch *batch;
	struct sleeper z;
	struct id last = id_new(1);

	bed_new(&b);
	for (int round = 0; round < 3; round++) {
		batch = batch_new(b.a);
		for (int i = 0; i < MEMORY - 1; i++)
			batch_touch(batch, id_new(1));
		assert_int_equal(bed_commit(&b, batch), OK);
		z = sleeper_for(&b, last);
		touch(&b, last);
		assert_false(store_park(b.st, b.loop, &z.w));
		z = sleeper_for(&b, last);
		assert_true(store_park(b.st, b.loop, &z.w));
		store_unpark(b.st, &z.w);
	}
	bed_free(&b);
}

/*
 * Rounds: one commit, which every waiter must see before the next is made.
 * A lost wake-up would leave a waiter asleep until its alarm.
 */
struct watcher {
	struct bed *bed;
	struct id object;
	struct loop *loop;
	struct waiter w;
	struct timer *alarm;
	_Atomic int seen;
	_Atomic bool lost;
	pthread_t thread;
};

static void
look(void *arg)
{
	struct watcher *t = arg;
	struct arena *a = arena_new();
	struct snap *s;

	do {
		s = snap_open(t->bed->st);
		t->w.seen = snap_txnid(s);
		t->seen = (int)snap_account(s, a, t->object)->created;
		snap_close(s);
	} while (t->seen < ROUNDS && !store_park(t->bed->st, t->loop, &t->w));
	arena_free(a);
	if (t->seen == ROUNDS)
		loop_stop(t->loop);
}

static void
overslept(void *arg)
{
	struct watcher *t = arg;

	t->lost = true;
	store_unpark(t->bed->st, &t->w);
	loop_stop(t->loop);
}

static void *
watch_it(void *arg)
{
	struct watcher *t = arg;

	t->loop = loop_new();
	t->alarm = loop_after(t->loop, 30000, overslept, t);
	t->w = (struct waiter){ .object = t->object, .wake = look, .arg = t };
	look(t);
	loop_run(t->loop);
	timer_free(t->alarm);
	loop_free(t->loop);
	return NULL;
}

static void
await_all(struct watcher *ts, int round)
{
	for (int i = 0; i < WAITERS; i++)
		while (ts[i].seen < round && !ts[i].lost)
			(void)usleep(10);
}

TEST(no_wake_up_is_lost)
{
	struct bed b;
	struct watcher ts[WAITERS] = { 0 };
	struct account *x;
	struct batch *batch;
	struct snap *s;

	bed_new(&b);
	x = some_account(b.a);
	x->created = 0;
	batch = batch_new(b.a);
	batch_put_account(batch, x);
	assert_int_equal(bed_commit(&b, batch), OK);
	for (int i = 0; i < WAITERS; i++) {
		ts[i].bed = &b;
		ts[i].object = x->id;
		assert_int_equal(pthread_create(&ts[i].thread, NULL, watch_it,
		                     &ts[i]),
		    0);
	}
	for (int round = 1; round <= ROUNDS; round++) {
		s = snap_open(b.st);
		x = snap_account(s, b.a, x->id);
		snap_close(s);
		x->created = round;
		batch = batch_new(b.a);
		batch_put_account(batch, x);
		assert_int_equal(bed_commit(&b, batch), OK);
		await_all(ts, round);
	}
	for (int i = 0; i < WAITERS; i++) {
		(void)pthread_join(ts[i].thread, NULL);
		assert_false(ts[i].lost);
	}
	bed_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_touch_wakes_who_waits_for_the_object_once),
		cmocka_unit_test(puts_and_deletes_touch_their_object),
		cmocka_unit_test(a_refused_batch_wakes_nobody),
		cmocka_unit_test(who_has_not_seen_a_touch_is_not_parked),
		cmocka_unit_test(
		    an_unparked_waiter_is_not_called_even_if_posted),
		cmocka_unit_test(who_has_seen_a_commit_is_not_woken_by_it),
		cmocka_unit_test(
		    what_is_older_than_the_memory_counts_as_changed),
		cmocka_unit_test(the_memory_forgets_the_oldest_only),
		cmocka_unit_test(no_wake_up_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
