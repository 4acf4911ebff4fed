/* D/token.key: made once, read by its owner, and by nobody else. */
#include "cli/token_key.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "crypto/digest.h"
#include "tests/cmocka.h"

static char dir[64], path[128];

static int
setup(void **state)
{
	(void)state;
	crypto_start();
	(void)snprintf(dir, sizeof(dir), "/tmp/mayfly-test-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/token.key", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir); /* nothing is left beside it */
}

TEST(it_is_made_once_and_then_the_same)
{
	uint8_t one[TOKEN_KEY_SIZE], other[TOKEN_KEY_SIZE] = { 0 };
	struct fault f = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(token_key_get(dir, one, &f), OK);
	assert_memory_not_equal(one, other, sizeof(one));
	assert_int_equal(token_key_get(dir, other, &f), OK);
	assert_memory_equal(one, other, sizeof(one));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

TEST(one_that_others_can_read_is_refused)
{
	uint8_t key[TOKEN_KEY_SIZE];
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(token_key_get(dir, key, &f), OK);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(token_key_get(dir, key, &f), ERR_INTERNAL);
	assert_non_null(strstr(f.detail, path));
	assert_non_null(strstr(f.detail, "chmod 600"));
}

TEST(what_is_no_key_is_refused_and_kept)
{
	static const char *const bad[] = { "", "\n", "00\n",
		"zz02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1"
		"f20\n",
		"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1"
		"f20",
		"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1"
		"f2021\n" };
	uint8_t key[TOKEN_KEY_SIZE];
	struct fault f = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(file_write(path, bad[i], 0600, &f), OK);
		assert_int_equal(token_key_get(dir, key, &f), ERR_INTERNAL);
		assert_non_null(strstr(f.detail, path));
	}
}

TEST(where_none_can_be_made_the_reason_is_told)
{
	uint8_t key[TOKEN_KEY_SIZE];
	struct fault f = { 0 };

	(void)state;
	assert_int_not_equal(token_key_get("/nowhere/at/all", key, &f), OK);
	assert_non_null(strstr(f.detail, "/nowhere/at/all"));
}

static void *
get(void *arg)
{
	struct fault f = { 0 };

	return token_key_get(dir, arg, &f) == OK ? arg : NULL;
}

TEST(two_who_make_it_at_a_time_have_the_same)
{
	uint8_t keys[4][TOKEN_KEY_SIZE];
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get,
		                     keys[i]),
		    0);
	for (int i = 0; i < 4; i++) {
		void *got = NULL;

		assert_int_equal(pthread_join(threads[i], &got), 0);
		assert_non_null(got);
		assert_memory_equal(keys[i], keys[0], TOKEN_KEY_SIZE);
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(it_is_made_once_and_then_the_same),
		CASE(one_that_others_can_read_is_refused),
		CASE(what_is_no_key_is_refused_and_kept),
		CASE(where_none_can_be_made_the_reason_is_told),
		CASE(two_who_make_it_at_a_time_have_the_same),
	};

	return cmocka_run_group_tests_name("token_key", tests, NULL, NULL);
}
