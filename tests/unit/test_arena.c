#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cmocka.h"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

TEST(memory_is_zeroed_aligned_and_apart)
{
	unsigned char *p[300];
	size_t n = sizeof(p) / sizeof(p[0]);

	for (size_t i = 0; i < n; i++) {
		size_t size = i * 7 % 400 + 1;

		p[i] = arena_alloc(a, 1, size);
		assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], (int)(i & 0xff), size);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i * 7 % 400 + 1; k++)
			assert_int_equal(p[i][k], i & 0xff);
}

TEST(what_is_larger_than_a_chunk_fits_and_leaves_the_rest_in_use)
{
	char *small = arena_alloc(a, 1, 16), *next;
	char *large = arena_alloc(a, 1000, 1000);

	memset(large, 1, 1000000);
	next = arena_alloc(a, 1, 16);
	assert_ptr_equal(next, small + 16);
}

TEST(nothing_has_an_address_too)
{
	void *none = arena_alloc(a, 0, 8), *some = arena_alloc(a, 1, 1);

	assert_non_null(none);
	assert_ptr_not_equal(none, some);
	assert_non_null(ARENA_ARRAY(a, int, 0));
}

TEST(copies_are_copies_and_end_in_nul)
{
	char text[] = "text";
	char *t = arena_text(a, text), *b = arena_bytes(a, "a\0b", 3);

	text[0] = 'x';
	assert_string_equal(t, "text");
	assert_memory_equal(b, "a\0b\0", 4);
	assert_string_equal(arena_bytes(a, NULL, 0), "");
}

TEST(printf_makes_room_for_all_of_it)
{
	char big[40000];
	char *s;

	assert_string_equal(arena_printf(a, "%s-%d", "a", 7), "a-7");
	assert_string_equal(arena_printf(a, "%s", ""), "");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	s = arena_printf(a, "<%s>", big);
	assert_int_equal(strlen(s), sizeof(big) + 1);
	assert_int_equal(s[0], '<');
	assert_string_equal(s + sizeof(big) - 1, "x>");
}

TEST(join_puts_one_behind_the_other)
{
	char *s = ARENA_JOIN(a, "a", "", "bc", "d"), *big;

	assert_string_equal(s, "abcd");
	assert_string_equal(ARENA_JOIN(a, ""), "");
	big = arena_alloc(a, 20001, 1);
	memset(big, 'x', 20000);
	big = ARENA_JOIN(a, "<", big, ">");
	assert_int_equal(strlen(big), 20002);
	assert_string_equal(big + 20000, "x>");
	assert_string_equal(s, "abcd");
}

TEST(a_size_that_overflows_ends_the_process)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)close(STDERR_FILENO);
		(void)arena_alloc(a, SIZE_MAX / 4, 8);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(freeing_none_is_fine)
{
	arena_free(NULL);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(memory_is_zeroed_aligned_and_apart),
		T(what_is_larger_than_a_chunk_fits_and_leaves_the_rest_in_use),
		T(nothing_has_an_address_too),
		T(copies_are_copies_and_end_in_nul),
		T(printf_makes_room_for_all_of_it),
		T(join_puts_one_behind_the_other),
		T(a_size_that_overflows_ends_the_process),
		cmocka_unit_test(freeing_none_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
