/* Blocked keys, revoked certificates and their lists, at rest. */
#include "store/record.h"
#include "store/store.h"
#include "tests/store.h"

static const struct id none;

static struct certificate *
some_certificate(struct arena *a, unsigned issuer, int64_t ms)
{
	struct certificate *c = ARENA_NEW(a, struct certificate);

	c->serial = id_new(ms);
	c->account = id_new(1);
	c->issuer = issuer;
	c->der = (const uint8_t *)"\x30\x00";
	c->der_len = 2;
	c->not_after = ms / 1000 + 600;
	return c;
}

static void
put(struct bed *b, const struct certificate *c)
{
	struct batch *batch = batch_new(b->a);

	batch_put_certificate(batch, c);
	assert_int_equal(bed_commit(b, batch), OK);
}

static struct certificate *
read_back(struct bed *b, struct id serial)
{
	struct snap *s = snap_open(b->st);
	struct certificate *c = snap_certificate(s, b->a, serial);

	snap_close(s);
	return c;
}

static void
mark_revoked(struct bed *b, struct id serial, unixtime at, int reason)
{
	struct certificate *c = read_back(b, serial);

	c->revoked = at;
	c->reason = reason;
	put(b, c);
}

static size_t
count(struct bed *b, unsigned issuer)
{
	struct snap *s = snap_open(b->st);
	struct revoked out[8];
	size_t n = snap_revoked(s, issuer, none, out, 8);

	snap_close(s);
	return n;
}

TEST(the_index_has_the_revoked_of_each_issuer)
{
	struct bed b;
	struct id ids[5];
	struct revoked out[8];
	struct batch *batch;
	struct snap *s;

	bed_new(&b);
	for (int i = 0; i < 5; i++) {
		struct certificate *c =
		    some_certificate(b.a, i == 4 ? 2 : 1, 1000 + i);

		c->serial.bytes[ID_SIZE - 2] = 7; /* in order of their spread */
		c->serial.bytes[ID_SIZE - 1] = (uint8_t)i;
		ids[i] = c->serial;
		put(&b, c);
	}
	assert_int_equal(count(&b, 1), 0);
	mark_revoked(&b, ids[3], 50, 4);
	mark_revoked(&b, ids[0], 40, 0);
	mark_revoked(&b, ids[4], 60, 0);
	mark_revoked(&b, ids[0], 40, 1); /* another reason: still one */
	s = snap_open(b.st);
	assert_int_equal(snap_revoked(s, 1, none, out, 8), 2);
	assert_true(id_equal(out[0].serial, ids[0]));
	assert_int_equal(out[0].revoked, 40);
	assert_int_equal(out[0].reason, 1);
	assert_int_equal(out[0].not_after, 601);
	assert_true(id_equal(out[1].serial, ids[3]));
	assert_int_equal(out[1].reason, 4);
	assert_int_equal(snap_revoked(s, 1, none, out, 1), 1);
	assert_int_equal(snap_revoked(s, 1, ids[0], out, 8), 1);
	assert_true(id_equal(out[0].serial, ids[3]));
	assert_int_equal(snap_revoked(s, 1, ids[3], out, 8), 0);
	assert_int_equal(snap_revoked(s, 2, none, out, 8), 1);
	assert_int_equal(snap_revoked(s, 3, none, out, 8), 0);
	snap_close(s);

	/* gone with the certificate */
	batch = batch_new(b.a);
	batch_delete_certificate(batch, ids[0]);
	batch_delete_certificate(batch, ids[1]);
	assert_int_equal(bed_commit(&b, batch), OK);
	assert_int_equal(count(&b, 1), 1);
	bed_reopen(&b);
	assert_int_equal(count(&b, 1), 1);
	assert_int_equal(count(&b, 2), 1);
	bed_free(&b);
}

TEST(certificates_come_in_order_a_few_at_a_time)
{
	struct bed b;
	struct id ids[5];
	struct certificate *out[8];
	struct snap *s;

	bed_new(&b);
	for (int i = 0; i < 5; i++) {
		struct certificate *c = some_certificate(b.a, 1, 1000 + i);

		ids[i] = c->serial;
		put(&b, c);
	}
	s = snap_open(b.st);
	assert_int_equal(snap_certificates(s, b.a, none, out, 2), 2);
	assert_true(id_equal(out[0]->serial, ids[0]));
	assert_int_equal(snap_certificates(s, b.a, ids[1], out, 8), 3);
	assert_true(id_equal(out[2]->serial, ids[4]));
	assert_true(out[2]->version != 0);
	assert_int_equal(snap_certificates(s, b.a, ids[4], out, 8), 0);
	snap_close(s);
	bed_free(&b);
}

TEST(a_key_is_blocked_once_and_nothing_slips_past)
{
	struct bed b;
	struct blocked_key k = { .spki_sha256 = { 7, [31] = 9 },
		.since = 1700000000 };
	struct blocked_key *got;
	uint8_t other[32] = { 7, [31] = 8 };
	struct batch *batch;
	struct snap *s;
	struct id half;

	bed_new(&b);
	k.serial = id_new(5);
	batch = batch_new(b.a);
	batch_expect_unblocked(batch, k.spki_sha256);
	batch_put_account(batch, some_account(b.a));
	assert_int_equal(bed_commit(&b, batch), OK);
	batch = batch_new(b.a);
	batch_put_blocked_key(batch, &k);
	assert_int_equal(bed_commit(&b, batch), OK);
	batch = batch_new(b.a);
	batch_put_blocked_key(batch, &k); /* it is there already */
	assert_int_equal(bed_commit(&b, batch), ERR_STALE);
	batch = batch_new(b.a);
	batch_expect_unblocked(batch, k.spki_sha256);
	batch_put_account(batch, some_account(b.a));
	assert_int_equal(bed_commit(&b, batch), ERR_STALE);
	batch = batch_new(b.a);
	batch_expect_unblocked(batch, other);
	batch_put_account(batch, some_account(b.a));
	assert_int_equal(bed_commit(&b, batch), OK);
	bed_reopen(&b);
	s = snap_open(b.st);
	got = snap_blocked_key(s, b.a, k.spki_sha256);
	assert_non_null(got);
	assert_memory_equal(got->spki_sha256, k.spki_sha256, 32);
	assert_true(id_equal(got->serial, k.serial));
	assert_int_equal(got->since, k.since);
	assert_null(snap_blocked_key(s, b.a, other));
	memcpy(half.bytes, k.spki_sha256, ID_SIZE);
	got = snap_blocked_key_half(s, b.a, half);
	assert_memory_equal(got->spki_sha256, k.spki_sha256, 32);
	half.bytes[0]--;
	assert_null(snap_blocked_key_half(s, b.a, half));
	half.bytes[0] += 2;
	assert_null(snap_blocked_key_half(s, b.a, half));
	snap_close(s);
	bed_free(&b);
}

TEST(a_list_is_kept_for_each_issuer)
{
	struct bed b;
	struct crl one = { .issuer = 1,
		.number = UINT64_MAX,
		.this_update = 10,
		.next_update = 20,
		.der = (const uint8_t *)"\x30\x01\x00",
		.der_len = 3,
		.refresh_ms = 77 };
	struct crl two = { .issuer = 0x01000000, .number = 1 }, *got;
	struct batch *batch;
	struct snap *s;

	bed_new(&b);
	batch = batch_new(b.a);
	batch_put_crl(batch, &one);
	batch_put_crl(batch, &two);
	assert_int_equal(bed_commit(&b, batch), OK);
	s = snap_open(b.st);
	assert_null(snap_crl(s, b.a, 2));
	assert_null(snap_crl(s, b.a, two.issuer)->der);
	got = snap_crl(s, b.a, 1);
	snap_close(s);
	assert_int_equal(got->issuer, 1);
	assert_true(got->number == UINT64_MAX);
	assert_int_equal(got->this_update, 10);
	assert_int_equal(got->next_update, 20);
	assert_int_equal(got->der_len, 3);
	assert_memory_equal(got->der, one.der, 3);
	assert_null(got->tbs);
	assert_int_equal(got->refresh_ms, 77);
	got->tbs = (const uint8_t *)"\x30\x00";
	got->tbs_len = 2;
	batch = batch_new(b.a);
	batch_put_crl(batch, got);
	assert_int_equal(bed_commit(&b, batch), OK);
	batch = batch_new(b.a);
	batch_put_crl(batch, got); /* somebody was faster */
	assert_int_equal(bed_commit(&b, batch), ERR_STALE);
	assert_int_equal(issuer_number(issuer_id(two.issuer)), two.issuer);
	bed_free(&b);
}

/* CRL-06: each of the revoked is in one shard, whatever their number. */
TEST(shards_have_all_the_revoked_and_each_once)
{
	static const unsigned shards[] = { 2, 3, 4, 7, 100, 127, 128 };
	enum { MANY = 300 };
	struct batch *batch;
	struct revoked out[7];
	struct bed b;
	struct snap *s;

	bed_new(&b);
	batch = batch_new(b.a);
	for (int i = 0; i < MANY; i++) {
		struct certificate *c =
		    some_certificate(b.a, i % 2 == 0 ? 1 : 2, 1000);

		c->revoked = 50;
		if (i < 8) /* the ends of the range */
			memset(c->serial.bytes + 14, i < 4 ? 0 : 0xff, 2);
		batch_put_certificate(batch, c);
	}
	assert_int_equal(bed_commit(&b, batch), OK);
	s = snap_open(b.st);
	for (size_t k = 0; k < sizeof(shards) / sizeof(shards[0]); k++) {
		size_t sum = 0;

		for (unsigned i = 0; i < shards[k]; i++) {
			struct crl_name name = { 1, shards[k], i };
			struct id after = none;
			size_t n;

			do { /* a few at a time */
				n = snap_revoked_of(s, name, after, out, 7);
				for (size_t j = 0; j < n; j++)
					assert_int_equal(id_part(out[j].serial,
					                     shards[k]),
					    i);
				sum += n;
				after = n > 0 ? out[n - 1].serial : after;
			} while (n == 7);
		}
		assert_int_equal(sum, MANY / 2);
	}
	snap_close(s);
	bed_free(&b);
}

static size_t
due_of(struct bed *b, struct crl_name name)
{
	struct due rows[32];
	struct snap *s = snap_open(b->st);
	size_t n = snap_due(s, DUE_CRL, INT64_MAX, rows, 32), found = 0;

	snap_close(s);
	for (size_t i = 0; i < n; i++)
		found += id_equal(rows[i].object, crl_id(name));
	return found;
}

/* CRL-06: all lists that are to have it are wanted, and no other. */
TEST(a_revocation_wants_all_lists_there_are_for_it)
{
	static const unsigned shards[] = { 0, 2, 5, 128 };
	struct crl lists[140];
	struct crl_head heads[100], h;
	struct id serial = { { 1, [14] = 0xff, [15] = 0xff } };
	struct batch *batch;
	struct bed b;
	struct snap *s;
	size_t n = 0;

	bed_new(&b);
	batch = batch_new(b.a);
	for (size_t k = 0; k < 4; k++)
		for (unsigned i = 0; i == 0 || i < shards[k]; i++, n++) {
			lists[n] = (struct crl){
				.issuer = 3, .shards = shards[k], .shard = i
			};
			batch_put_crl(batch, &lists[n]);
		}
	assert_int_equal(bed_commit(&b, batch), OK);
	batch = batch_new(b.a);
	batch_delete_crl(batch, (struct crl_name){ 3, 5, 4 });
	assert_int_equal(bed_commit(&b, batch), OK);
	batch = batch_new(b.a);
	batch_due_crls(batch, 3, serial, 77);
	batch_due_crls(batch, 2, serial, 77);
	batch_due_crls(batch, 4, serial, 77);
	assert_int_equal(bed_commit(&b, batch), OK);
	assert_int_equal(due_of(&b, (struct crl_name){ 3, 0, 0 }), 1);
	assert_int_equal(due_of(&b, (struct crl_name){ 3, 2, 0 }), 0);
	assert_int_equal(due_of(&b, (struct crl_name){ 3, 2, 1 }), 1);
	assert_int_equal(due_of(&b, (struct crl_name){ 3, 5, 4 }), 0);
	assert_int_equal(due_of(&b, (struct crl_name){ 3, 128, 127 }), 1);
	assert_int_equal(due_of(&b, (struct crl_name){ 2, 0, 0 }), 1);
	assert_int_equal(due_of(&b, (struct crl_name){ 4, 128, 127 }), 0);
	s = snap_open(b.st);
	assert_int_equal(snap_crl_heads(s, 3, NULL, heads, 100), 100);
	assert_int_equal(heads[0].name.shards, 0);
	assert_int_equal(snap_crl_heads(s, 3, &heads[99], heads, 100), n - 101);
	assert_int_equal(heads[n - 102].name.shard, 127);
	assert_int_equal(snap_crl_heads(s, 2, NULL, heads, 100), 0);
	assert_int_equal(snap_crl_heads(s, 4, NULL, heads, 100), 0);
	assert_false(snap_crl_head(s, (struct crl_name){ 3, 5, 4 }, &h));
	assert_null(snap_crl_of(s, b.a, (struct crl_name){ 3, 5, 4 }));
	snap_close(s);
	bed_free(&b);
}

TEST(a_shard_is_kept_with_where_it_is)
{
	static const struct crl_point points[] = { { "http://a/crl/1-2-1.crl",
		                                       0 },
		{ "http://b/crl/1-2-1.crl", 99 } };
	struct crl c = { .issuer = 1,
		.shards = 2,
		.shard = 1,
		.this_update = 10,
		.next_update = 20,
		.der = (const uint8_t *)"\x30\x01\x00",
		.der_len = 3,
		.points = points,
		.n_points = 2,
		.life_s = 600,
		.ends = 0 };
	struct crl_name name = { 1, 2, 1 }, read;
	struct crl_head h;
	struct batch *batch;
	struct snap *s;
	struct bed b;
	struct crl *got;

	bed_new(&b);
	batch = batch_new(b.a);
	batch_put_crl(batch, &c);
	assert_int_equal(bed_commit(&b, batch), OK);
	bed_reopen(&b);
	s = snap_open(b.st);
	assert_null(snap_crl(s, b.a, 1));
	got = snap_crl_of(s, b.a, name);
	assert_non_null(got);
	assert_int_equal(got->issuer, 1);
	assert_int_equal(got->shards, 2);
	assert_int_equal(got->shard, 1);
	assert_int_equal(got->n_points, 2);
	assert_string_equal(got->points[1].url, points[1].url);
	assert_int_equal(got->points[1].until, 99);
	assert_int_equal(got->life_s, 600);
	assert_true(snap_crl_head(s, name, &h));
	assert_true(h.version == got->version);
	assert_int_equal(h.der_len, 3);
	assert_int_equal(h.this_update, 10);
	assert_int_equal(h.next_update, 20);
	assert_false(h.making);
	snap_close(s);
	assert_true(crl_name_of(crl_id(name), &read));
	assert_int_equal(read.shard, 1);
	assert_true(id_equal(crl_id((struct crl_name){ .issuer = 9 }),
	    issuer_id(9)));
	name.shard = 2;
	assert_false(crl_name_of(crl_id(name), &read));
	assert_false(crl_name_of(id_new(5), &read));
	bed_free(&b);
}

/* CRL-09: a long list fits a record; DER of more than 2^24 octets does not. */
TEST(a_list_has_its_bounds)
{
	struct arena *a = arena_new();
	struct crl x = { .issuer = 1, .der_len = (1 << 24) - 1 };
	struct record r;

	x.der = arena_alloc(a, 1 << 24, 1);
	assert_true(record_of_crl(&x, a, &r));
	assert_int_equal(record_crl(r, a)->der_len, x.der_len);
	x.der_len = 1 << 24;
	assert_false(record_of_crl(&x, a, &r));
	x = (struct crl){ .this_update = 2, .next_update = 1 };
	assert_false(record_of_crl(&x, a, &r));
	x = (struct crl){ .points = ARENA_ARRAY(a, struct crl_point, 17),
		.n_points = 17 };
	for (int i = 0; i < 17; i++)
		((struct crl_point *)x.points)[i].url = "http://a";
	assert_false(record_of_crl(&x, a, &r));
	x.n_points = 16;
	assert_true(record_of_crl(&x, a, &r));
	((struct crl_point *)x.points)[3].url = "";
	assert_false(record_of_crl(&x, a, &r));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_index_has_the_revoked_of_each_issuer),
		cmocka_unit_test(certificates_come_in_order_a_few_at_a_time),
		cmocka_unit_test(a_key_is_blocked_once_and_nothing_slips_past),
		cmocka_unit_test(a_list_is_kept_for_each_issuer),
		cmocka_unit_test(shards_have_all_the_revoked_and_each_once),
		cmocka_unit_test(a_revocation_wants_all_lists_there_are_for_it),
		cmocka_unit_test(a_shard_is_kept_with_where_it_is),
		cmocka_unit_test(a_list_has_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
