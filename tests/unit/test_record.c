#include "store/record.h"

#include "tests/store.h"

static struct order *
full_order(struct arena *a)
{
	struct order *o = some_order(a, id_new(5), 1700000000000);

	o->version = 7;
	o->status = ORDER_PROCESSING;
	o->serial = id_new(6);
	o->issuer = 3;
	o->tbs = (const uint8_t *)"\x30\x00\xff";
	o->tbs_len = 3;
	o->not_before = 1;
	o->not_after = -2;
	memset(o->spki_sha256, 0xab, sizeof(o->spki_sha256));
	o->error = (struct reason){ "connection", "it said \"no\"" };
	o->asked_not_before = 3;
	o->asked_not_after = 4;
	o->replaces = "aYhb.AIdl";
	return o;
}

static struct authz *
full_authz(struct arena *a)
{
	struct authz *z = some_authz(a, id_new(5), "a.example.test");

	z->order = id_new(9);
	z->ident.wildcard = true;
	z->status = AUTHZ_INVALID;
	z->challenges[0].status = CHALLENGE_INVALID;
	z->challenges[0].key_authz = "token.thumb";
	z->challenges[0].account_url = "https://ca.test/acme/account/x";
	z->challenges[0].accepted_ms = 1700000000123;
	z->challenges[0].validated = 8;
	z->challenges[0].error = (struct reason){ "dns", NULL };
	z->evidence = "[]";
	z->caa_checked = 1700000001;
	z->subdomains = true;
	z->preauthorised = true;
	return z;
}

static struct certificate *
full_certificate(struct arena *a)
{
	struct certificate *c = ARENA_NEW(a, struct certificate);

	c->serial = id_new(1);
	c->account = id_new(2);
	c->order = id_new(3);
	c->issuer = 2;
	c->profile = "hour";
	c->der = (const uint8_t *)"\x30\x82";
	c->der_len = 2;
	c->not_before = 10;
	c->not_after = 20;
	memset(c->spki_sha256, 1, sizeof(c->spki_sha256));
	c->idents = some_ident(a, "x.test");
	c->n_idents = 1;
	c->revoked = 15;
	c->reason = 4;
	c->replaced_by = id_new(4);
	return c;
}

TEST(an_account_comes_back)
{
	struct arena *a = arena_new();
	static const char *const contacts[] = { "mailto:a@x.test", "" };
	struct account *x = some_account(a), *y;
	struct record r;

	x->status = ACCOUNT_REVOKED;
	x->contacts = contacts;
	x->n_contacts = 2;
	x->terms_agreed = true;
	x->terms = "https://ops.test/terms";
	x->eab = id_new(3);
	x->eab_binding = "{\"payload\":\"x\"}";
	x->allow = contacts;
	x->n_allow = 2;
	x->deny = contacts;
	x->n_deny = 1;
	assert_true(record_of_account(x, a, &r));
	record_stamp((uint8_t *)r.data, 77);
	y = record_account(r, a);
	assert_non_null(y);
	assert_int_equal(y->version, 77);
	assert_int_equal(y->status, ACCOUNT_REVOKED);
	assert_string_equal(y->jwk, x->jwk);
	assert_string_equal(y->thumbprint, x->thumbprint);
	assert_int_equal(y->n_contacts, 2);
	assert_string_equal(y->contacts[0], contacts[0]);
	assert_string_equal(y->contacts[1], "");
	assert_true(y->terms_agreed);
	assert_string_equal(y->terms, x->terms);
	assert_true(id_equal(y->eab, x->eab));
	assert_string_equal(y->eab_binding, x->eab_binding);
	assert_int_equal(y->n_allow, 2);
	assert_string_equal(y->allow[0], contacts[0]);
	assert_int_equal(y->n_deny, 1);
	assert_int_equal(y->created, x->created);
	arena_free(a);
}

TEST(an_order_comes_back)
{
	struct arena *a = arena_new();
	struct order *x = full_order(a), *y;
	struct record r;

	assert_true(record_of_order(x, a, &r));
	y = record_order(r, a);
	assert_non_null(y);
	assert_true(id_equal(y->account, x->account));
	assert_int_equal(y->status, ORDER_PROCESSING);
	assert_int_equal(y->created, x->created);
	assert_int_equal(y->expires, x->expires);
	assert_string_equal(y->profile, "tenminutes");
	assert_int_equal(y->n_idents, 1);
	assert_int_equal(y->idents[0].type, IDENT_DNS);
	assert_string_equal(y->idents[0].value, "www.example.test");
	assert_true(id_equal(y->authzs[0], x->authzs[0]));
	assert_true(id_equal(y->serial, x->serial));
	assert_int_equal(y->issuer, 3);
	assert_int_equal(y->tbs_len, 3);
	assert_memory_equal(y->tbs, x->tbs, 3);
	assert_int_equal(y->not_before, 1);
	assert_int_equal(y->not_after, -2);
	assert_memory_equal(y->spki_sha256, x->spki_sha256, 32);
	assert_string_equal(y->error.type, "connection");
	assert_string_equal(y->error.detail, "it said \"no\"");
	assert_int_equal(y->asked_not_before, 3);
	assert_int_equal(y->asked_not_after, 4);
	assert_string_equal(y->replaces, "aYhb.AIdl");
	arena_free(a);
}

TEST(nothing_comes_back_as_nothing)
{
	struct arena *a = arena_new();
	struct order x = { .status = ORDER_PENDING }, *y;
	struct record r;

	assert_true(record_of_order(&x, a, &r));
	assert_int_equal(r.len, RECORD_HEAD);
	y = record_order(r, a);
	assert_non_null(y);
	assert_true(id_zero(y->account));
	assert_null(y->profile);
	assert_null(y->authzs);
	assert_null(y->tbs);
	assert_null(y->replaces);
	assert_null(y->error.type);
	assert_null(y->error.detail);
	arena_free(a);
}

TEST(an_authorization_comes_back)
{
	struct arena *a = arena_new();
	struct authz *x = full_authz(a), *y;
	const struct challenge *c;
	struct record r;

	assert_true(record_of_authz(x, a, &r));
	y = record_authz(r, a);
	assert_non_null(y);
	assert_true(id_equal(y->account, x->account));
	assert_true(id_equal(y->order, x->order));
	assert_string_equal(y->ident.value, "a.example.test");
	assert_true(y->ident.wildcard);
	assert_int_equal(y->status, AUTHZ_INVALID);
	assert_int_equal(y->expires, x->expires);
	assert_int_equal(y->n_challenges, 1);
	assert_string_equal(y->evidence, "[]");
	assert_true(y->subdomains);
	assert_true(y->preauthorised);
	assert_int_equal(y->caa_checked, 1700000001);
	c = &y->challenges[0];
	assert_string_equal(c->type, "http-01");
	assert_string_equal(c->token, "token");
	assert_int_equal(c->status, CHALLENGE_INVALID);
	assert_string_equal(c->key_authz, "token.thumb");
	assert_string_equal(c->account_url, "https://ca.test/acme/account/x");
	assert_int_equal(c->accepted_ms, 1700000000123);
	assert_int_equal(c->validated, 8);
	assert_string_equal(c->error.type, "dns");
	assert_null(c->error.detail);
	arena_free(a);
}

TEST(a_certificate_comes_back)
{
	struct arena *a = arena_new();
	struct certificate *x = full_certificate(a), *y;
	struct record r;

	assert_true(record_of_certificate(x, a, &r));
	y = record_certificate(r, a);
	assert_non_null(y);
	assert_true(id_equal(y->account, x->account));
	assert_true(id_equal(y->order, x->order));
	assert_int_equal(y->issuer, 2);
	assert_string_equal(y->profile, "hour");
	assert_int_equal(y->der_len, 2);
	assert_memory_equal(y->der, x->der, 2);
	assert_int_equal(y->not_before, 10);
	assert_int_equal(y->not_after, 20);
	assert_memory_equal(y->spki_sha256, x->spki_sha256, 32);
	assert_string_equal(y->idents[0].value, "x.test");
	assert_int_equal(y->revoked, 15);
	assert_int_equal(y->reason, 4);
	assert_true(id_equal(y->replaced_by, x->replaced_by));
	arena_free(a);
}

TEST(an_event_comes_back)
{
	struct arena *a = arena_new();
	struct event *x = some_event(a, "order.created", id_new(1)), *y;
	struct record r;

	x->account = id_new(2);
	x->number = 12;
	x->at_ms = 34;
	memset(x->previous, 9, sizeof(x->previous));
	assert_true(record_of_event(x, a, &r));
	y = record_event(r, a);
	assert_non_null(y);
	assert_string_equal(y->kind, "order.created");
	assert_true(id_equal(y->account, x->account));
	assert_true(id_equal(y->object, x->object));
	assert_string_equal(y->detail, x->detail);
	assert_int_equal(y->number, 12);
	assert_int_equal(y->at_ms, 34);
	assert_memory_equal(y->previous, x->previous, 32);
	arena_free(a);
}

TEST(what_could_not_be_read_back_is_not_written)
{
	struct arena *a = arena_new();
	char *longer = arena_alloc(a, 400, 1);
	struct account *acct = some_account(a);
	struct authz *z = some_authz(a, acct->id, "x.test");
	struct order *o = some_order(a, acct->id, 1);
	struct event *e = some_event(a, "k", acct->id);
	struct record r;

	memset(longer, 'x', 399);
	acct->thumbprint = longer;
	assert_false(record_of_account(acct, a, &r));
	acct->thumbprint = "";
	assert_false(record_of_account(acct, a, &r));
	z->status = AUTHZ_EXPIRED;
	assert_false(record_of_authz(z, a, &r));
	z->status = AUTHZ_VALID;
	z->ident.value = longer;
	assert_false(record_of_authz(z, a, &r));
	o->status = ORDER_READY;
	assert_false(record_of_order(o, a, &r));
	o->status = ORDER_PENDING;
	o->tbs = arena_alloc(a, RECORD_MAX, 1);
	o->tbs_len = RECORD_MAX;
	assert_false(record_of_order(o, a, &r));
	e->kind = NULL;
	assert_false(record_of_event(e, a, &r));
	arena_free(a);
}

TEST(another_format_is_refused)
{
	struct arena *a = arena_new();
	struct record r;
	uint8_t *copy;

	assert_true(record_of_order(full_order(a), a, &r));
	copy = (uint8_t *)arena_bytes(a, r.data, r.len);
	copy[RECORD_HEAD - 1] = RECORD_FORMAT + 1;
	assert_null(record_order((struct record){ copy, r.len }, a));
	copy[RECORD_HEAD - 1] = RECORD_FORMAT;
	assert_non_null(record_order((struct record){ copy, r.len }, a));
	arena_free(a);
}

/* Whatever comes back could have been written. */
static void
check_all(struct record r)
{
	struct arena *a = arena_new();
	struct account *acct = record_account(r, a);
	struct order *o = record_order(r, a);
	struct authz *z = record_authz(r, a);
	struct certificate *c = record_certificate(r, a);
	struct event *e = record_event(r, a);
	struct record out;

	assert_true(acct == NULL || record_of_account(acct, a, &out));
	assert_true(o == NULL || record_of_order(o, a, &out));
	assert_true(z == NULL || record_of_authz(z, a, &out));
	assert_true(c == NULL || record_of_certificate(c, a, &out));
	assert_true(e == NULL || record_of_event(e, a, &out));
	arena_free(a);
}

TEST(a_damaged_record_is_refused_or_sound)
{
	struct arena *a = arena_new();
	struct record all[3];
	uint8_t *copy;

	assert_true(record_of_order(full_order(a), a, &all[0]));
	assert_true(record_of_authz(full_authz(a), a, &all[1]));
	assert_true(record_of_certificate(full_certificate(a), a, &all[2]));
	for (size_t i = 0; i < 3; i++) {
		for (size_t len = 0; len < all[i].len; len++)
			check_all((struct record){ all[i].data, len });
		copy = (uint8_t *)arena_bytes(a, all[i].data, all[i].len);
		for (size_t bit = 0; bit < 8 * all[i].len; bit++) {
			copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
			check_all((struct record){ copy, all[i].len });
			copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	arena_free(a);
}

TEST(authorizations_are_none_or_one_for_each_name)
{
	struct arena *a = arena_new();
	/* field 7, of 16 bytes, and no field 6 */
	uint8_t bytes[RECORD_HEAD + 18] = { 0 };

	bytes[RECORD_HEAD - 1] = RECORD_FORMAT;
	bytes[RECORD_HEAD] = 7 << 3 | 2;
	bytes[RECORD_HEAD + 1] = 16;
	assert_null(record_order((struct record){ bytes, sizeof(bytes) }, a));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_comes_back),
		cmocka_unit_test(an_order_comes_back),
		cmocka_unit_test(nothing_comes_back_as_nothing),
		cmocka_unit_test(an_authorization_comes_back),
		cmocka_unit_test(a_certificate_comes_back),
		cmocka_unit_test(an_event_comes_back),
		cmocka_unit_test(what_could_not_be_read_back_is_not_written),
		cmocka_unit_test(another_format_is_refused),
		cmocka_unit_test(a_damaged_record_is_refused_or_sound),
		cmocka_unit_test(authorizations_are_none_or_one_for_each_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
