#include "store/store.h"
#include "tests/store.h"

static void
add(struct bed *b, const struct due *rows, size_t n)
{
	struct batch *batch = batch_new(b->a);

	for (size_t i = 0; i < n; i++)
		batch_due(batch, &rows[i]);
	assert_int_equal(bed_commit(b, batch), OK);
}

TEST(rows_come_oldest_first_and_of_one_kind)
{
	struct bed b;
	struct id x = id_new(1), y = id_new(2);
	const struct due rows[] = { { DUE_VALIDATION, 3000, x, 1 },
		{ DUE_ISSUANCE, 1, y, 0 }, { DUE_VALIDATION, 255, y, 0 },
		{ DUE_VALIDATION, 256, x, 2 }, { DUE_VALIDATION, 3000, x, 0 },
		{ DUE_PRUNE_ORDER, 2, x, 0 } };
	struct due out[8];
	struct snap *s;

	bed_new(&b);
	add(&b, rows, 6);
	s = snap_open(b.st);
	assert_int_equal(snap_due(s, DUE_VALIDATION, 3000, out, 8), 4);
	assert_int_equal(out[0].at_ms, 255);
	assert_true(id_equal(out[0].object, y));
	assert_int_equal(out[1].at_ms, 256);
	assert_int_equal(out[1].index, 2);
	assert_int_equal(out[2].at_ms, 3000);
	assert_int_equal(out[2].index, 0);
	assert_int_equal(out[3].index, 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(out[i].kind, DUE_VALIDATION);
	assert_int_equal(snap_due(s, DUE_VALIDATION, 2999, out, 8), 2);
	assert_int_equal(snap_due(s, DUE_VALIDATION, 254, out, 8), 0);
	assert_int_equal(snap_due(s, DUE_VALIDATION, 3000, out, 3), 3);
	assert_int_equal(snap_due(s, DUE_ISSUANCE, INT64_MAX, out, 8), 1);
	assert_int_equal(snap_due(s, DUE_PRUNE_JOURNAL, INT64_MAX, out, 8), 0);
	snap_close(s);
	bed_free(&b);
}

TEST(a_row_done_is_gone_and_the_others_survive_a_restart)
{
	struct bed b;
	const struct due rows[] = { { DUE_VALIDATION, 1, id_new(1), 0 },
		{ DUE_VALIDATION, 1, id_new(1), 1 } };
	struct due out[4];
	struct batch *batch;
	struct store_stat stat;
	struct snap *s;

	bed_new(&b);
	add(&b, rows, 2);
	add(&b, rows, 2); /* the same rows: still two */
	batch = batch_new(b.a);
	batch_due_done(batch, &rows[0]);
	assert_int_equal(bed_commit(&b, batch), OK);
	batch = batch_new(b.a);
	batch_due_done(batch, &rows[0]); /* no error if it is gone */
	assert_int_equal(bed_commit(&b, batch), OK);
	bed_reopen(&b);
	store_stat(b.st, &stat);
	assert_int_equal(stat.due, 1);
	s = snap_open(b.st);
	assert_int_equal(snap_due(s, DUE_VALIDATION, 5, out, 4), 1);
	assert_true(id_equal(out[0].object, rows[1].object));
	assert_int_equal(out[0].index, 1);
	snap_close(s);
	bed_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_oldest_first_and_of_one_kind),
		cmocka_unit_test(
		    a_row_done_is_gone_and_the_others_survive_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
