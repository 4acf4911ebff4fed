/* Indexes of what can be used again: proofs of all kinds, open orders. */
#include "store/store_int.h"
#include "tests/store.h"

static size_t
rows(struct bed *b, enum table t)
{
	struct snap *s = snap_open(b->st);
	MDB_stat stat;

	assert_int_equal(mdb_stat(s->txn, b->st->tables[t], &stat), 0);
	snap_close(s);
	return stat.ms_entries;
}

static void
put(struct bed *b, const struct authz *z, const struct order *o)
{
	struct batch *batch = batch_new(b->a);

	if (z != NULL)
		batch_put_authz(batch, z);
	if (o != NULL)
		batch_put_order(batch, o);
	assert_int_equal(bed_commit(b, batch), OK);
}

/* Is `z` found as each kind of proof?  A bit for each. */
static unsigned
kinds(struct bed *b, struct authz *z)
{
	struct snap *s = snap_open(b->st);
	unsigned found = 0;

	for (unsigned kind = 0; kind < 4; kind++) {
		struct authz *is = snap_proof(s, b->a, z->account, &z->ident,
		    kind, z->expires);

		if (is != NULL && id_equal(is->id, z->id))
			found |= 1U << kind;
		assert_null(snap_proof(s, b->a, z->account, &z->ident, kind,
		    z->expires + 1));
	}
	z->version = snap_authz(s, b->a, z->id)->version;
	snap_close(s);
	return found;
}

/* ORD-18, PRE-04, SUB-02 */
TEST(an_authorization_is_found_as_what_it_is)
{
	static const struct {
		enum authz_status status;
		bool below, ahead;
		unsigned found;
	} rounds[] = {
		{ AUTHZ_PENDING, false, false, 0 },
		{ AUTHZ_PENDING, false, true, 1 << PROOF_PENDING },
		{ AUTHZ_PENDING, true, true,
		    1 << (PROOF_PENDING | PROOF_SUBDOMAINS) },
		{ AUTHZ_VALID, false, true, 1 },
		{ AUTHZ_VALID, true, true, 1 | 1 << PROOF_SUBDOMAINS },
		{ AUTHZ_DEACTIVATED, true, true, 0 },
		{ AUTHZ_VALID, true, false, 1 | 1 << PROOF_SUBDOMAINS },
		{ AUTHZ_INVALID, false, true, 0 },
	};
	struct bed b;
	struct authz *z;
	struct batch *batch;

	bed_new(&b);
	z = some_authz(b.a, id_new(1), "a.test");
	for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
		z->status = rounds[i].status;
		z->subdomains = rounds[i].below;
		z->preauthorised = rounds[i].ahead;
		put(&b, z, NULL);
		assert_int_equal(kinds(&b, z), rounds[i].found);
	}
	z->status = AUTHZ_VALID;
	put(&b, z, NULL);
	batch = batch_new(b.a);
	batch_delete_authz(batch, z->id);
	assert_int_equal(bed_commit(&b, batch), OK);
	assert_int_equal(rows(&b, TABLE_AUTHZ_REUSABLE), 0);
	bed_free(&b);
}

static struct order *
open_order(struct bed *b, const struct order *o, const struct ident *idents,
    size_t n)
{
	struct snap *s = snap_open(b->st);
	struct order *found = snap_open_order(s, b->a, o->account, idents, n);

	snap_close(s);
	return found;
}

/* ORD-17 */
TEST(an_open_order_is_found_by_its_least_name)
{
	static const struct ident names[] = { { IDENT_DNS, "b.test", false },
		{ IDENT_DNS, "a.test", false },
		{ IDENT_IP, "10.0.0.1", false } };
	static const struct ident turned[] = { { IDENT_IP, "10.0.0.1", false },
		{ IDENT_DNS, "a.test", false },
		{ IDENT_DNS, "b.test", false } };
	struct bed b;
	struct order *first, *second, *found;
	struct batch *batch;

	bed_new(&b);
	first = some_order(b.a, id_new(1), 1);
	second = some_order(b.a, first->account, 2);
	first->idents = second->idents = names;
	first->n_idents = second->n_idents = 3;
	first->authzs = second->authzs = NULL;
	first->status = second->status = ORDER_PENDING;
	put(&b, NULL, first);
	found = open_order(&b, first, turned, 3);
	assert_true(found != NULL && id_equal(found->id, first->id));
	assert_null(open_order(&b, first, names, 1)); /* b.test */
	assert_null(open_order(&b, first, NULL, 0));
	/* A later one takes the place, and the end of the first leaves it. */
	put(&b, NULL, second);
	*first = *found;
	first->status = ORDER_INVALID;
	put(&b, NULL, first);
	found = open_order(&b, first, turned, 3);
	assert_true(found != NULL && id_equal(found->id, second->id));
	*second = *found;
	second->status = ORDER_PROCESSING;
	put(&b, NULL, second);
	assert_null(open_order(&b, first, turned, 3));
	assert_int_equal(rows(&b, TABLE_ORDER_OPEN), 0);
	/* Deleted while it is open: nothing stays. */
	first = some_order(b.a, id_new(1), 3);
	put(&b, NULL, first);
	assert_int_equal(rows(&b, TABLE_ORDER_OPEN), 1);
	batch = batch_new(b.a);
	batch_delete_order(batch, first->id);
	assert_int_equal(bed_commit(&b, batch), OK);
	assert_int_equal(rows(&b, TABLE_ORDER_OPEN), 0);
	bed_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_authorization_is_found_as_what_it_is),
		cmocka_unit_test(an_open_order_is_found_by_its_least_name),
	};

	return cmocka_run_group_tests_name("open_rows", tests, NULL, NULL);
}
