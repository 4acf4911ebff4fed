/* store/eab.c: keys for external account bindings, at rest and in use. */
#include "store/record.h"
#include "tests/store.h"

static struct eab *
some_eab(struct arena *a, uint32_t uses_max)
{
	struct eab *e = ARENA_NEW(a, struct eab);

	e->id = id_new(1700000000000);
	memset(e->key, 0x5a, sizeof(e->key));
	e->created = 1700000000;
	e->uses_max = uses_max;
	return e;
}

static void
put(struct bed *b, const struct eab *e)
{
	struct batch *batch = batch_new(b->a);

	batch_put_eab(batch, e);
	assert_int_equal(bed_commit(b, batch), OK);
}

static struct eab *
read_eab(struct bed *b, struct id kid)
{
	struct snap *s = snap_open(b->st);
	struct eab *e = snap_eab(s, b->a, kid);

	snap_close(s);
	return e;
}

static enum err
use(struct bed *b, struct id kid)
{
	struct batch *batch = batch_new(b->a);

	batch_use_eab(batch, kid);
	return bed_commit(b, batch);
}

TEST(all_of_it_comes_back)
{
	static const char *const allow[] = { "*.a.test", "b.test" },
	                         *const deny[] = { "c.a.test" },
	                         *const profiles[] = { "hour" };
	struct bed b;
	struct eab *e, *back;

	bed_new(&b);
	e = some_eab(b.a, 7);
	e->expires = 1800000000;
	e->allow = allow;
	e->n_allow = 2;
	e->deny = deny;
	e->n_deny = 1;
	e->profiles = profiles;
	e->n_profiles = 1;
	e->rate = "300/1h";
	e->note = "for the shop";
	put(&b, e);
	bed_reopen(&b);
	back = read_eab(&b, e->id);
	assert_non_null(back);
	assert_true(id_equal(back->id, e->id));
	assert_memory_equal(back->key, e->key, EAB_KEY_SIZE);
	assert_true(back->version > 0);
	assert_int_equal(back->created, e->created);
	assert_int_equal(back->expires, e->expires);
	assert_int_equal(back->uses_max, 7);
	assert_int_equal(back->uses, 0);
	assert_int_equal(back->revoked, 0);
	assert_int_equal(back->n_allow, 2);
	assert_string_equal(back->allow[1], "b.test");
	assert_int_equal(back->n_deny, 1);
	assert_string_equal(back->deny[0], "c.a.test");
	assert_int_equal(back->n_profiles, 1);
	assert_string_equal(back->profiles[0], "hour");
	assert_string_equal(back->rate, "300/1h");
	assert_string_equal(back->note, "for the shop");
	assert_null(read_eab(&b, id_new(1)));
	bed_free(&b);
}

TEST(a_key_of_nothing_is_not_written)
{
	struct arena *a = arena_new();
	struct eab *e = some_eab(a, 0);
	struct record r;

	assert_true(record_of_eab(e, a, &r));
	memset(e->key, 0, sizeof(e->key));
	assert_false(record_of_eab(e, a, &r));
	arena_free(a);
}

TEST(uses_are_counted_up_to_what_is_allowed)
{
	struct bed b;
	struct eab *e;
	version before;

	bed_new(&b);
	e = some_eab(b.a, 2);
	put(&b, e);
	before = read_eab(&b, e->id)->version;
	assert_int_equal(use(&b, e->id), OK);
	assert_int_equal(use(&b, e->id), OK);
	assert_int_equal(use(&b, e->id), ERR_STALE);
	assert_int_equal(read_eab(&b, e->id)->uses, 2);
	assert_true(read_eab(&b, e->id)->version > before);
	e = some_eab(b.a, 0);
	put(&b, e);
	for (int i = 0; i < 5; i++)
		assert_int_equal(use(&b, e->id), OK);
	assert_int_equal(read_eab(&b, e->id)->uses, 5);
	bed_free(&b);
}

TEST(what_is_revoked_or_gone_is_not_used)
{
	struct bed b;
	struct eab *e;
	struct batch *batch;

	bed_new(&b);
	e = some_eab(b.a, 0);
	put(&b, e);
	e = read_eab(&b, e->id);
	e->revoked = 1700000001;
	put(&b, e);
	assert_int_equal(use(&b, e->id), ERR_STALE);
	assert_int_equal(read_eab(&b, e->id)->uses, 0);
	batch = batch_new(b.a);
	batch_delete_eab(batch, e->id);
	assert_int_equal(bed_commit(&b, batch), OK);
	assert_null(read_eab(&b, e->id));
	assert_int_equal(use(&b, e->id), ERR_STALE);
	bed_free(&b);
}

struct answers {
	struct loop *loop;
	int ok, stale, left;
};

static void
answered(void *arg, enum err e)
{
	struct answers *w = arg;

	w->ok += e == OK;
	w->stale += e == ERR_STALE;
	if (--w->left == 0)
		loop_stop(w->loop);
}

/* EAB-06: nobody is refused because others use the key, too; nor one too many. */
TEST(many_at_once_get_what_there_is)
{
	enum { N = 40, USES = 25 };
	struct bed b;
	struct answers w = { .left = N };
	struct eab *e;

	bed_new(&b);
	w.loop = b.loop;
	e = some_eab(b.a, USES);
	put(&b, e);
	for (int i = 0; i < N; i++) {
		struct batch *batch = batch_new(b.a);

		batch_put_account(batch, some_account(b.a));
		batch_use_eab(batch, e->id);
		store_commit(b.st, b.loop, batch, answered, &w);
	}
	loop_run(b.loop);
	assert_int_equal(w.ok, USES);
	assert_int_equal(w.stale, N - USES);
	assert_int_equal(read_eab(&b, e->id)->uses, USES);
	bed_free(&b);
}

TEST(they_are_listed_from_the_oldest_in_pages)
{
	struct bed b;
	struct eab page[3], *e;
	struct id ids[5], after = { { 0 } };
	struct snap *s;

	bed_new(&b);
	for (int i = 0; i < 5; i++) {
		e = some_eab(b.a, 0);
		e->id = ids[i] = id_new(1700000000000 + i);
		put(&b, e);
	}
	s = snap_open(b.st);
	assert_int_equal(snap_eabs(s, b.a, after, page, 3), 3);
	for (int i = 0; i < 3; i++)
		assert_true(id_equal(page[i].id, ids[i]));
	assert_int_equal(snap_eabs(s, b.a, ids[2], page, 3), 2);
	assert_true(id_equal(page[0].id, ids[3]));
	assert_int_equal(snap_eabs(s, b.a, ids[4], page, 3), 0);
	snap_close(s);
	bed_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_comes_back),
		cmocka_unit_test(a_key_of_nothing_is_not_written),
		cmocka_unit_test(uses_are_counted_up_to_what_is_allowed),
		cmocka_unit_test(what_is_revoked_or_gone_is_not_used),
		cmocka_unit_test(many_at_once_get_what_there_is),
		cmocka_unit_test(they_are_listed_from_the_oldest_in_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
