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
		cmocka_unit_test(a_list_has_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
