#include "store/store.h"

#include <pthread.h>

#include "store/store_int.h"
#include "tests/store.h"

/* Behind the store's back. */
static void
overwrite(struct bed *b, enum table t, struct id id, const void *data,
    size_t len)
{
	MDB_val k = { ID_SIZE, id.bytes }, v = { len, (void *)data };
	MDB_txn *txn;

	assert_int_equal(mdb_txn_begin(b->st->env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_put(txn, b->st->tables[t], &k, &v, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
}

static void
put_order(struct bed *b, const struct order *o)
{
	struct batch *batch = batch_new(b->a);

	batch_put_order(batch, o);
	assert_int_equal(bed_commit(b, batch), OK);
}

static void
put_authz(struct bed *b, const struct authz *z)
{
	struct batch *batch = batch_new(b->a);

	batch_put_authz(batch, z);
	assert_int_equal(bed_commit(b, batch), OK);
}

static struct authz *
read_authz(struct bed *b, struct id id)
{
	struct snap *s = snap_open(b->st);
	struct authz *z = snap_authz(s, b->a, id);

	snap_close(s);
	return z;
}

static struct id
reusable(struct bed *b, struct id account, const struct ident *i, unixtime t)
{
	struct snap *s = snap_open(b->st);
	struct authz *z = snap_reusable_authz(s, b->a, account, i, t);

	snap_close(s);
	return z == NULL ? (struct id){ { 0 } } : z->id;
}

TEST(a_snapshot_stays_as_it_was)
{
	struct bed b;
	struct order *o;
	struct snap *before, *after;

	bed_new(&b);
	o = some_order(b.a, id_new(1), 1);
	before = snap_open(b.st);
	put_order(&b, o);
	after = snap_open(b.st);
	assert_null(snap_order(before, b.a, o->id));
	assert_non_null(snap_order(after, b.a, o->id));
	assert_true(snap_txnid(after) > snap_txnid(before));
	assert_int_equal(snap_order(after, b.a, o->id)->version,
	    snap_txnid(after));
	snap_close(before);
	before = snap_open(b.st); /* the same one, renewed */
	assert_non_null(snap_order(before, b.a, o->id));
	snap_close(before);
	snap_close(after);
	bed_free(&b);
}

TEST(what_is_not_there_is_null)
{
	struct bed b;
	struct snap *s;
	char longer[600];

	bed_new(&b);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	s = snap_open(b.st);
	assert_null(snap_account(s, b.a, id_new(1)));
	assert_null(snap_account_by_key(s, b.a, "none"));
	assert_null(snap_account_by_key(s, b.a, ""));
	assert_null(snap_account_by_key(s, b.a, longer));
	assert_null(snap_order(s, b.a, id_new(1)));
	assert_null(snap_authz(s, b.a, id_new(1)));
	assert_null(snap_certificate(s, b.a, id_new(1)));
	assert_null(snap_reusable_authz(s, b.a, id_new(1),
	    some_ident(b.a, longer), 0));
	snap_close(s);
	bed_free(&b);
}

TEST(orders_come_newest_first_in_pages)
{
	struct bed b;
	struct id mine = id_new(1), other = id_new(1), ids[10], out[10];
	struct snap *s;

	bed_new(&b);
	for (int i = 0; i < 10; i++) {
		struct order *o =
		    some_order(b.a, i % 2 ? mine : other, 100 + i);

		ids[i] = o->id;
		put_order(&b, o);
	}
	s = snap_open(b.st);
	assert_int_equal(snap_orders(s, mine, (struct id){ { 0 } }, out, 10),
	    5);
	for (int i = 0; i < 5; i++)
		assert_true(id_equal(out[i], ids[9 - 2 * i]));
	assert_int_equal(snap_orders(s, mine, (struct id){ { 0 } }, out, 2), 2);
	assert_true(id_equal(out[1], ids[7]));
	assert_int_equal(snap_orders(s, mine, out[1], out, 2), 2);
	assert_true(id_equal(out[0], ids[5]));
	assert_true(id_equal(out[1], ids[3]));
	assert_int_equal(snap_orders(s, mine, out[1], out, 2), 1);
	assert_true(id_equal(out[0], ids[1]));
	assert_int_equal(snap_orders(s, mine, ids[1], out, 2), 0);
	assert_int_equal(snap_orders(s, id_new(1), (struct id){ { 0 } }, out,
	                     2),
	    0);
	snap_close(s);
	bed_free(&b);
}

/* One authorization put as described, then looked for as described. */
struct reuse_case {
	const char *title;
	enum authz_status status;
	enum ident_type type, wanted_type;
	const char *value, *wanted_value;
	bool wildcard, wanted_wildcard, other_account;
	unixtime until; /* it expires at 1000 */
	bool found;
};

/* clang-format off */
static const struct reuse_case reuse_cases[] = {
	{ "valid", AUTHZ_VALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", false, false, false, 999, true },
	{ "to the second", AUTHZ_VALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", false, false, false, 1000, true },
	{ "not long enough", AUTHZ_VALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", false, false, false, 1001, false },
	{ "another name", AUTHZ_VALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "b.test", false, false, false, 1, false },
	{ "a longer name", AUTHZ_VALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test2", false, false, false, 1, false },
	{ "a shorter name", AUTHZ_VALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.tes", false, false, false, 1, false },
	{ "another type", AUTHZ_VALID, IDENT_DNS, IDENT_IP,
	  "10.0.0.1", "10.0.0.1", false, false, false, 1, false },
	{ "an address", AUTHZ_VALID, IDENT_IP, IDENT_IP,
	  "10.0.0.1", "10.0.0.1", false, false, false, 1, true },
	{ "a wildcard", AUTHZ_VALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", true, true, false, 1, true },
	{ "a wildcard for a name", AUTHZ_VALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", true, false, false, 1, false },
	{ "a name for a wildcard", AUTHZ_VALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", false, true, false, 1, false },
	{ "another account", AUTHZ_VALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", false, false, true, 1, false },
	{ "pending", AUTHZ_PENDING, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", false, false, false, 1, false },
	{ "invalid", AUTHZ_INVALID, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", false, false, false, 1, false },
	{ "deactivated", AUTHZ_DEACTIVATED, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", false, false, false, 1, false },
	{ "revoked", AUTHZ_REVOKED, IDENT_DNS, IDENT_DNS,
	  "a.test", "a.test", false, false, false, 1, false },
};
/* clang-format on */

TEST(an_authorization_is_reused_for_what_it_proves)
{
	for (size_t i = 0; i < sizeof(reuse_cases) / sizeof(reuse_cases[0]);
	     i++) {
		const struct reuse_case *c = &reuse_cases[i];
		struct ident wanted = { c->wanted_type, c->wanted_value,
			c->wanted_wildcard };
		struct authz *z;
		struct bed b;
		struct id id;

		bed_new(&b);
		z = some_authz(b.a, id_new(1), c->value);
		z->ident.type = c->type;
		z->ident.wildcard = c->wildcard;
		z->status = c->status;
		z->expires = 1000;
		put_authz(&b, z);
		id = reusable(&b, c->other_account ? id_new(1) : z->account,
		    &wanted, c->until);
		if (id_equal(id, z->id) != c->found)
			fail_msg("%s", c->title);
		bed_free(&b);
	}
}

TEST(a_status_put_later_decides_about_reuse)
{
	struct bed b;
	struct authz *z;
	struct id id;

	bed_new(&b);
	z = some_authz(b.a, id_new(1), "a.test");
	put_authz(&b, z);
	for (int round = 0; round < 2; round++) {
		z = read_authz(&b, z->id);
		z->status = AUTHZ_VALID;
		put_authz(&b, z);
		id = reusable(&b, z->account, &z->ident, 1);
		assert_true(id_equal(id, z->id));
		z = read_authz(&b, z->id);
		z->status = AUTHZ_DEACTIVATED;
		put_authz(&b, z);
		id = reusable(&b, z->account, &z->ident, 1);
		assert_true(id_zero(id));
	}
	bed_free(&b);
}

/* REV-02: a proof counts though a newer one of the same name has ended. */
TEST(the_newest_that_is_valid_is_reused)
{
	struct bed b;
	struct authz *old, *now;
	struct batch *batch;

	bed_new(&b);
	old = some_authz(b.a, id_new(1), "a.test");
	now = some_authz(b.a, old->account, "a.test");
	now->id = id_new(id_ms(old->id) + 1);
	old->status = now->status = AUTHZ_VALID;
	put_authz(&b, old);
	put_authz(&b, now);
	assert_true(id_equal(reusable(&b, old->account, &old->ident, 1),
	    now->id));
	now = read_authz(&b, now->id);
	now->status = AUTHZ_DEACTIVATED;
	put_authz(&b, now);
	assert_true(id_equal(reusable(&b, old->account, &old->ident, 1),
	    old->id));
	now = read_authz(&b, now->id);
	now->status = AUTHZ_VALID;
	now->expires = old->expires - 1;
	put_authz(&b, now);
	assert_true(id_equal(reusable(&b, old->account, &old->ident, 1),
	    now->id));
	assert_true(id_equal(reusable(&b, old->account, &old->ident,
	                         old->expires),
	    old->id));
	batch = batch_new(b.a);
	batch_delete_authz(batch, now->id);
	batch_delete_authz(batch, old->id);
	assert_int_equal(bed_commit(&b, batch), OK);
	assert_true(id_zero(reusable(&b, old->account, &old->ident, 1)));
	bed_free(&b);
}

TEST(a_damaged_record_reads_as_absent)
{
	struct bed b;
	struct account *x;
	struct order *o;
	struct batch *batch;
	struct snap *s;
	struct id out[2];
	const char junk[] = "no record of ours at all";

	bed_new(&b);
	x = some_account(b.a);
	o = some_order(b.a, x->id, 1);
	batch = batch_new(b.a);
	batch_put_account(batch, x);
	batch_put_order(batch, o);
	assert_int_equal(bed_commit(&b, batch), OK);
	overwrite(&b, TABLE_ACCOUNT, x->id, junk, sizeof(junk));
	overwrite(&b, TABLE_ORDER, o->id, junk, 3);
	s = snap_open(b.st);
	assert_null(snap_account(s, b.a, x->id));
	assert_null(snap_account_by_key(s, b.a, x->thumbprint));
	assert_null(snap_order(s, b.a, o->id));
	snap_close(s);

	/* its key can be registered again, and the order deleted */
	x->id = id_new(2);
	batch = batch_new(b.a);
	batch_put_account(batch, x);
	batch_delete_order(batch, o->id);
	assert_int_equal(bed_commit(&b, batch), OK);
	s = snap_open(b.st);
	assert_non_null(snap_account_by_key(s, b.a, x->thumbprint));
	assert_int_equal(snap_orders(s, o->account, (struct id){ { 0 } }, out,
	                     2),
	    0);
	snap_close(s);
	bed_free(&b);
}

/* Snapshots of many threads at once, while the writer writes. */
static void *
read_a_lot(void *arg)
{
	struct bed *b = arg;
	struct id out[20];

	for (int i = 0; i < 300; i++) {
		struct arena *a = arena_new();
		struct snap *outer = snap_open(b->st);
		struct snap *s = snap_open(b->st);
		size_t n = snap_orders(s, (struct id){ { 7 } },
		    (struct id){ { 0 } }, out, 20);

		for (size_t j = 0; j < n; j++)
			if (snap_order(s, a, out[j]) == NULL)
				return "an order that is listed is not there";
		snap_close(s);
		snap_close(outer);
		arena_free(a);
	}
	return NULL;
}

TEST(many_threads_read_while_one_writes)
{
	struct bed b;
	pthread_t threads[6];
	void *complaint;

	bed_new(&b);
	for (int i = 0; i < 6; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_a_lot,
		                     &b),
		    0);
	for (int i = 0; i < 50; i++)
		put_order(&b, some_order(b.a, (struct id){ { 7 } }, i));
	for (int i = 0; i < 6; i++) {
		(void)pthread_join(threads[i], &complaint);
		assert_null(complaint);
	}
	bed_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_stays_as_it_was),
		cmocka_unit_test(what_is_not_there_is_null),
		cmocka_unit_test(orders_come_newest_first_in_pages),
		cmocka_unit_test(an_authorization_is_reused_for_what_it_proves),
		cmocka_unit_test(a_status_put_later_decides_about_reuse),
		cmocka_unit_test(the_newest_that_is_valid_is_reused),
		cmocka_unit_test(a_damaged_record_reads_as_absent),
		cmocka_unit_test(many_threads_read_while_one_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
