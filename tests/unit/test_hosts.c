#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "challenges/hosts_int.h"
#include "tests/cmocka.h"

struct fixture {
	char path[64];
	struct hosts *hosts;
	struct arena *arena;
};

static void
put(const struct fixture *x, const char *text)
{
	FILE *f = fopen(x->path, "w");

	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static void
open_fixture(struct fixture *x, const char *text)
{
	int fd;

	(void)strcpy(x->path, "/tmp/mayfly-test-hosts-XXXXXX");
	fd = mkstemp(x->path);
	assert_true(fd >= 0);
	(void)close(fd);
	put(x, text);
	x->hosts = hosts_new(x->path);
	x->arena = arena_new();
}

static void
close_fixture(struct fixture *x)
{
	hosts_free(x->hosts);
	arena_free(x->arena);
	(void)unlink(x->path);
}

/* The addresses of `name`, with blanks between them. */
static const char *
find(struct fixture *x, const char *name)
{
	const char *found[4], *all = "";
	size_t n = hosts_find(x->hosts, name, x->arena, found, 4);

	for (size_t i = 0; i < n; i++)
		all = arena_printf(x->arena, "%s%s%s", all, i ? " " : "",
		    found[i]);
	return all;
}

TEST(reads_what_hosts_files_hold)
{
	struct fixture x;

	open_fixture(&x, "# comment\n\n127.0.0.1\tlocalhost\n"
	                 "192.0.2.1 a.example A2.example # b.example\r\n"
	                 "2001:db8::1 a.example\n  192.0.2.3   c.example\n"
	                 "bogus d.example\n192.0.2.4\n192.0.2.5 last.example");
	assert_string_equal(find(&x, "a.example"), "192.0.2.1 2001:db8::1");
	assert_string_equal(find(&x, "a2.EXAMPLE"), "192.0.2.1");
	assert_string_equal(find(&x, "c.example"), "192.0.2.3");
	assert_string_equal(find(&x, "last.example"), "192.0.2.5");
	assert_string_equal(find(&x, "b.example"), "");
	assert_string_equal(find(&x, "d.example"), "");
	assert_string_equal(find(&x, "example"), "");
	assert_string_equal(find(&x, ""), "");
	assert_string_equal(find(&x, "localhost"), "127.0.0.1");
	close_fixture(&x);
}

TEST(knows_localhost_without_a_file)
{
	struct fixture x;

	open_fixture(&x, "");
	assert_string_equal(find(&x, "localhost"), "::1 127.0.0.1");
	(void)unlink(x.path);
	assert_string_equal(find(&x, "localhost"), "::1 127.0.0.1");
	assert_string_equal(find(&x, "app.localhost"), "::1 127.0.0.1");
	assert_string_equal(find(&x, ".localhost"), "");
	assert_string_equal(find(&x, "notlocalhost"), "");
	close_fixture(&x);
}

TEST(sees_a_file_that_changes_comes_and_goes)
{
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct fixture x;

	open_fixture(&x, "192.0.2.1 a.example\n");
	assert_string_equal(find(&x, "a.example"), "192.0.2.1");
	put(&x, "192.0.2.2 a.example\n");
	/* the same size, perhaps in the same tick of the clock */
	(void)utimensat(AT_FDCWD, x.path, old, 0);
	assert_string_equal(find(&x, "a.example"), "192.0.2.2");
	(void)unlink(x.path);
	assert_string_equal(find(&x, "a.example"), "");
	put(&x, "192.0.2.3 a.example\n");
	assert_string_equal(find(&x, "a.example"), "192.0.2.3");
	close_fixture(&x);
}

TEST(gives_no_more_than_asked_for)
{
	struct fixture x;

	open_fixture(&x, "192.0.2.1 a\n192.0.2.2 a\n192.0.2.3 a\n192.0.2.4 "
	                 "a\n192.0.2.5 a\n");
	assert_string_equal(find(&x, "a"),
	    "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4");
	close_fixture(&x);
}

TEST(reads_a_mebibyte_and_no_half_line)
{
	struct fixture x;
	FILE *f;

	open_fixture(&x, "192.0.2.1 first.example\n");
	f = fopen(x.path, "a");
	assert_non_null(f);
	for (int i = 0; i < 60000; i++)
		(void)fprintf(f, "192.0.2.9 n%07d.example\n", i);
	(void)fclose(f);
	assert_string_equal(find(&x, "first.example"), "192.0.2.1");
	assert_string_equal(find(&x, "n0000000.example"), "192.0.2.9");
	assert_string_equal(find(&x, "n0059999.example"), "");
	close_fixture(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_hosts_files_hold),
		cmocka_unit_test(knows_localhost_without_a_file),
		cmocka_unit_test(sees_a_file_that_changes_comes_and_goes),
		cmocka_unit_test(gives_no_more_than_asked_for),
		cmocka_unit_test(reads_a_mebibyte_and_no_half_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
