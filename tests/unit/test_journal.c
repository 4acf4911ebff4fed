#include "store/store_int.h"
#include "tests/store.h"

static void
append(struct bed *b, int n)
{
	for (int i = 0; i < n; i++) {
		struct batch *batch = batch_new(b->a);

		batch_event(batch, some_event(b->a, "first", id_new(1)));
		batch_event(batch, some_event(b->a, "second", id_new(2)));
		assert_int_equal(bed_commit(b, batch), OK);
	}
}

static enum err
check(struct bed *b, uint64_t *broken)
{
	struct snap *s = snap_open(b->st);
	enum err err = snap_journal_check(s, broken);

	snap_close(s);
	return err;
}

static size_t
events(struct bed *b, uint64_t from, struct event *out, size_t max)
{
	struct snap *s = snap_open(b->st);
	size_t n = snap_events(s, b->a, from, out, max);

	snap_close(s);
	return n;
}

static void
cut(struct bed *b, int64_t before_ms, size_t max)
{
	struct batch *batch = batch_new(b->a);

	batch_delete_events(batch, before_ms, max);
	assert_int_equal(bed_commit(b, batch), OK);
}

/* Behind the store's back. */
static void
tamper(struct bed *b, uint64_t number, const uint8_t *data, size_t len)
{
	struct key key = key_of_u64(number);
	MDB_val k = key_val(&key), v = { len, (void *)data };
	MDB_dbi dbi = b->st->tables[TABLE_JOURNAL];
	MDB_txn *txn;

	assert_int_equal(mdb_txn_begin(b->st->env, NULL, 0, &txn), 0);
	if (data == NULL)
		assert_int_equal(mdb_del(txn, dbi, &k, NULL), 0);
	else
		assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
}

static struct record
raw(struct bed *b, uint64_t number)
{
	struct key key = key_of_u64(number);
	struct snap *s = snap_open(b->st);
	struct record r;

	assert_true(table_record(s, TABLE_JOURNAL, key.bytes, key.len, &r));
	r.data = (const uint8_t *)arena_bytes(b->a, r.data, r.len);
	snap_close(s);
	return r;
}

/* SEC-03. */
TEST(numbers_have_no_gaps_and_each_names_the_one_before)
{
	struct bed b;
	struct event out[10];
	uint8_t digest[32], none[32] = { 0 };
	struct record r;
	uint64_t broken;

	bed_new(&b);
	assert_int_equal(check(&b, &broken), OK);
	loop_shift(b.loop, 1000000);
	append(&b, 3);
	assert_int_equal(events(&b, 1, out, 10), 6);
	assert_memory_equal(out[0].previous, none, 32);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(out[i].number, i + 1);
		assert_string_equal(out[i].kind, i % 2 ? "second" : "first");
		assert_true(out[i].at_ms <= loop_now(b.loop));
		assert_true(out[i].at_ms > loop_now(b.loop) - 60000);
		if (i > 0)
			assert_memory_equal(out[i].previous, digest, 32);
		r = raw(&b, i + 1);
		test_digest(r.data, r.len, digest);
	}
	assert_int_equal(events(&b, 5, out, 10), 2);
	assert_int_equal(out[0].number, 5);
	assert_int_equal(events(&b, 2, out, 3), 3);
	assert_int_equal(check(&b, &broken), OK);
	bed_free(&b);
}

TEST(the_chain_goes_on_after_a_restart)
{
	struct bed b;
	struct event out[10];
	uint64_t broken;

	bed_new(&b);
	append(&b, 2);
	bed_reopen(&b);
	append(&b, 2);
	assert_int_equal(events(&b, 1, out, 10), 8);
	assert_int_equal(out[7].number, 8);
	assert_int_equal(check(&b, &broken), OK);
	bed_free(&b);
}

TEST(a_refused_batch_takes_no_number)
{
	struct bed b;
	struct batch *batch;
	struct order *o;
	struct event out[4];

	bed_new(&b);
	o = some_order(b.a, id_new(1), 1);
	o->version = 5;
	batch = batch_new(b.a);
	batch_event(batch, some_event(b.a, "never", o->id));
	batch_put_order(batch, o);
	assert_int_equal(bed_commit(&b, batch), ERR_STALE);
	append(&b, 1);
	assert_int_equal(events(&b, 1, out, 4), 2);
	assert_int_equal(out[0].number, 1);
	assert_string_equal(out[0].kind, "first");
	bed_free(&b);
}

TEST(numbers_and_chain_go_on_after_pruning)
{
	struct bed b;
	struct event out[10];
	uint64_t broken;
	int64_t now;

	bed_new(&b);
	append(&b, 2);
	loop_shift(b.loop, 3600000);
	now = loop_now(b.loop);
	append(&b, 1);
	cut(&b, now, 3); /* at most three */
	assert_int_equal(events(&b, 1, out, 10), 3);
	assert_int_equal(out[0].number, 4);
	assert_int_equal(check(&b, &broken), OK);
	cut(&b, now, 100); /* and none that is younger */
	assert_int_equal(events(&b, 1, out, 10), 2);
	assert_int_equal(out[0].number, 5);
	assert_int_equal(check(&b, &broken), OK);
	cut(&b, INT64_MAX, 100);
	assert_int_equal(events(&b, 1, out, 10), 0);
	assert_int_equal(check(&b, &broken), OK);
	bed_reopen(&b);
	append(&b, 1);
	assert_int_equal(events(&b, 1, out, 10), 2);
	assert_int_equal(out[0].number, 7);
	assert_int_equal(check(&b, &broken), OK);
	bed_free(&b);
}

/* SEC-03. */
TEST(what_was_altered_or_taken_away_is_found)
{
	struct bed b;
	struct record r;
	uint64_t broken;

	bed_new(&b);
	append(&b, 3);
	r = raw(&b, 3);
	((uint8_t *)r.data)[r.len - 1] ^= 1;
	tamper(&b, 3, r.data, r.len);
	assert_int_equal(check(&b, &broken), ERR_INTERNAL);
	assert_true(broken == 3 || broken == 4);
	((uint8_t *)r.data)[r.len - 1] ^= 1;
	tamper(&b, 3, r.data, r.len);
	assert_int_equal(check(&b, &broken), OK);
	tamper(&b, 6, NULL, 0);
	assert_int_equal(check(&b, &broken), ERR_INTERNAL);
	assert_int_equal(broken, 6);
	bed_free(&b);
}

TEST(the_oldest_taken_away_is_found)
{
	struct bed b;
	uint64_t broken;

	bed_new(&b);
	append(&b, 3);
	tamper(&b, 1, NULL, 0);
	assert_int_equal(check(&b, &broken), ERR_INTERNAL);
	assert_int_equal(broken, 1);
	bed_free(&b);
}

TEST(a_store_whose_journal_was_cut_does_not_open)
{
	struct bed b;
	struct fault f = { .code = OK };

	bed_new(&b);
	append(&b, 2);
	tamper(&b, 4, NULL, 0);
	store_close(b.st);
	b.st = store_open(&b.config, &f);
	assert_null(b.st);
	assert_non_null(strstr(f.detail, b.dir));
	assert_non_null(strstr(f.detail, "journal"));
	bed_free(&b);
}

TEST(a_damaged_entry_is_skipped_and_can_be_pruned)
{
	struct bed b;
	struct event out[10];
	const uint8_t junk[] = "not a record";

	bed_new(&b);
	append(&b, 2);
	tamper(&b, 2, junk, sizeof(junk));
	assert_int_equal(events(&b, 1, out, 10), 3);
	assert_int_equal(out[1].number, 3);
	cut(&b, INT64_MAX, 10);
	assert_int_equal(events(&b, 1, out, 10), 0);
	bed_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    numbers_have_no_gaps_and_each_names_the_one_before),
		cmocka_unit_test(the_chain_goes_on_after_a_restart),
		cmocka_unit_test(a_refused_batch_takes_no_number),
		cmocka_unit_test(numbers_and_chain_go_on_after_pruning),
		cmocka_unit_test(what_was_altered_or_taken_away_is_found),
		cmocka_unit_test(the_oldest_taken_away_is_found),
		cmocka_unit_test(a_store_whose_journal_was_cut_does_not_open),
		cmocka_unit_test(a_damaged_entry_is_skipped_and_can_be_pruned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
