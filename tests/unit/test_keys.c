/* Accounts' parsed keys: found again, never confused, never too many. */
#include "acme/keys.h"

#include "crypto/digest.h"
#include "tests/cmocka.h"
#include "tests/fake/signer.h"

enum { MANY = 1200 }; /* enough that some three share a set */

/* As the store has it. */
static struct account *
account_of(struct fake_signer *s, struct arena *a)
{
	struct account *acct = ARENA_NEW(a, struct account);
	char *thumbprint = arena_alloc(a, JWK_THUMBPRINT, 1);
	struct fault f = { 0 };
	struct jwk *key;

	acct->jwk = arena_text(a, fake_signer_jwk(s));
	assert_int_equal(jwk_parse(acct->jwk, strlen(acct->jwk), &key, &f), OK);
	jwk_thumbprint(key, thumbprint);
	jwk_free(key);
	acct->thumbprint = thumbprint;
	return acct;
}

TEST(a_key_is_parsed_once_and_kept)
{
	struct fake_signer *s = fake_signer_new();
	struct arena *a = arena_new();
	struct account *acct = account_of(s, a);
	struct keys *k = keys_new();
	struct fault f = { 0 };
	const struct jwk *key = keys_of(k, acct, &f);

	assert_non_null(key);
	assert_string_equal(jwk_canonical(key), acct->jwk);
	acct->jwk = "not looked at again";
	assert_ptr_equal(keys_of(k, acct, &f), key);
	keys_free(k);
	arena_free(a);
	fake_signer_free(s);
}

TEST(a_changed_key_is_another_key)
{
	struct fake_signer *s[2] = { fake_signer_new(), fake_signer_new() };
	struct arena *a = arena_new();
	struct keys *k = keys_new();
	struct fault f = { 0 };
	struct account acct = *account_of(s[0], a), *changed;

	assert_non_null(keys_of(k, &acct, &f));
	changed = account_of(s[1], a);
	acct.jwk = changed->jwk;
	acct.thumbprint = changed->thumbprint;
	assert_string_equal(jwk_canonical(keys_of(k, &acct, &f)),
	    fake_signer_jwk(s[1]));
	keys_free(k);
	arena_free(a);
	fake_signer_free(s[0]);
	fake_signer_free(s[1]);
}

/* The leak checker counts what is dropped to make room. */
TEST(more_keys_than_room_are_each_found_right)
{
	struct arena *a = arena_new();
	struct keys *k = keys_new();
	struct account *accts[MANY];
	struct fault f = { 0 };

	for (int i = 0; i < MANY; i++) {
		struct fake_signer *other = fake_signer_new();

		accts[i] = account_of(other, a);
		fake_signer_free(other);
	}
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < MANY; i++)
			assert_string_equal(jwk_canonical(keys_of(k, accts[i],
			                        &f)),
			    accts[i]->jwk);
	keys_free(k);
	arena_free(a);
}

TEST(a_record_without_a_key_is_told_and_disturbs_nothing)
{
	static const struct account broken = { .jwk = "{}",
		.thumbprint = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
	struct keys *k = keys_new();
	struct fault f = { 0 };

	assert_null(keys_of(k, &broken, &f));
	assert_int_not_equal(f.code, OK);
	assert_null(keys_of(k, &broken, &f));
	keys_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_parsed_once_and_kept),
		cmocka_unit_test(a_changed_key_is_another_key),
		cmocka_unit_test(more_keys_than_room_are_each_found_right),
		cmocka_unit_test(
		    a_record_without_a_key_is_told_and_disturbs_nothing),
	};

	crypto_start();
	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
