/* Anti-replay nonces (RFC 8555, 6.5): each accepted once, and only if ours. */
#include "acme/nonce.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "crypto/digest.h"
#include "tests/cmocka.h"

/* NON-09. */
TEST(a_nonce_is_accepted_once)
{
	struct nonces *n = nonces_new();
	char text[NONCE_TEXT];

	nonce_issue(n, text);
	assert_true(nonce_spend(n, text));
	assert_false(nonce_spend(n, text));
	nonces_free(n);
}

/* NON-08. */
TEST(a_nonce_of_another_epoch_is_refused)
{
	struct nonces *before = nonces_new(), *after = nonces_new();
	char text[NONCE_TEXT], own[NONCE_TEXT];

	nonce_issue(before, text);
	nonce_issue(after, own); /* the same number under another key */
	assert_false(nonce_spend(after, text));
	assert_true(nonce_spend(after, own));
	nonces_free(before);
	nonces_free(after);
}

/* NON-08, NON-10. */
TEST(what_we_never_issued_is_refused_whatever_its_length)
{
	struct nonces *n = nonces_new();
	char text[NONCE_TEXT], forged[4097];

	nonce_issue(n, text);
	for (size_t len = 0; len < sizeof(forged); len++) {
		memset(forged, 'A', len);
		forged[len] = '\0';
		assert_false(nonce_spend(n, forged));
	}
	for (int i = 0; i < NONCE_TEXT - 1; i++) {
		char bent[NONCE_TEXT];

		memcpy(bent, text, sizeof(bent));
		bent[i] = bent[i] == 'A' ? 'B' : 'A';
		assert_false(nonce_spend(n, bent));
	}
	assert_false(nonce_spend(n, "not base64url, but as long as 1!"));
	assert_true(nonce_spend(n, text)); /* none of that has spent it */
	nonces_free(n);
}

/* NON-07, NON-08. */
TEST(it_is_base64url_and_no_two_are_alike)
{
	struct nonces *n = nonces_new();
	char one[NONCE_TEXT], two[NONCE_TEXT];

	nonce_issue(n, one);
	nonce_issue(n, two);
	assert_string_not_equal(one, two);
	assert_int_equal(strspn(one,
	                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
	                     "tuvwxyz0123456789-_"),
	    NONCE_TEXT - 1);
	nonces_free(n);
}

/* NON-12, NON-13. */
TEST(an_old_one_is_refused_before_its_place_is_used_again)
{
	struct nonces *n = nonces_new();
	char first[NONCE_TEXT], last[NONCE_TEXT];

	nonce_issue(n, first);
	for (int i = 0; i < 1 << 22; i++)
		nonce_issue(n, last);
	assert_false(nonce_spend(n, first));
	assert_true(nonce_spend(n, last));
	assert_false(nonce_spend(n, last));
	nonces_free(n);
}

struct race {
	struct nonces *n;
	char (*texts)[NONCE_TEXT];
	size_t count;
	_Atomic size_t *accepted;
};

static void *
spend_all(void *arg)
{
	struct race *r = arg;

	for (size_t i = 0; i < r->count; i++)
		if (nonce_spend(r->n, r->texts[i]))
			(*r->accepted)++;
	return NULL;
}

/* NON-12, SEC-10. */
TEST(of_many_threads_with_one_nonce_one_wins)
{
	enum { N = 5000, THREADS = 4 };
	static char texts[N][NONCE_TEXT];
	_Atomic size_t accepted = 0;
	struct race r = { nonces_new(), texts, N, &accepted };
	pthread_t t[THREADS];

	for (size_t i = 0; i < N; i++)
		nonce_issue(r.n, texts[i]);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, spend_all, &r), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(accepted, N);
	nonces_free(r.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nonce_is_accepted_once),
		cmocka_unit_test(a_nonce_of_another_epoch_is_refused),
		cmocka_unit_test(
		    what_we_never_issued_is_refused_whatever_its_length),
		cmocka_unit_test(it_is_base64url_and_no_two_are_alike),
		cmocka_unit_test(
		    an_old_one_is_refused_before_its_place_is_used_again),
		cmocka_unit_test(of_many_threads_with_one_nonce_one_wins),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
