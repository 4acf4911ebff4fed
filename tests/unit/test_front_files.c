/* What the front may read: what it needs, and never a key. */
#include "server/front_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cmocka.h"

/* etc/hosts; etc/ca/, the CA of D = etc; own/hosts beside nothing secret. */
struct tree {
	struct arena *a;
	char root[64];
	struct config c;
	const char *hosts, *own;
};

static const char *
file_at(struct tree *t, const char *name)
{
	const char *path = arena_printf(t->a, "%s/%s", t->root, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
	return path;
}

static int
plant(void **state)
{
	static struct tree t;

	t = (struct tree){ .a = arena_new(), .root = "/tmp/mayfly-XXXXXX" };
	assert_non_null(mkdtemp(t.root));
	for (size_t i = 0; i < 4; i++) {
		static const char *const dirs[] = { "etc", "etc/ca", "own",
			"db" };

		assert_int_equal(mkdir(arena_printf(t.a, "%s/%s", t.root,
		                           dirs[i]),
		                     0700),
		    0);
	}
	t.hosts = file_at(&t, "etc/hosts");
	t.own = file_at(&t, "own/hosts");
	t.c.dir = arena_printf(t.a, "%s/etc", t.root);
	*state = &t;
	return 0;
}

static int
fell(void **state)
{
	struct tree *t = *state;

	assert_int_equal(system(arena_printf(t->a, "rm -rf '%s'", t->root)), 0);
	arena_free(t->a);
	return 0;
}

TEST(a_file_may_be_replaced_in_its_directory)
{
	struct tree *t = *state;

	assert_string_equal(front_readable(t->own, &t->c, t->a),
	    arena_printf(t->a, "%s/own", t->root));
}

TEST(a_directory_with_the_keys_below_it_is_not_opened)
{
	struct tree *t = *state;

	assert_string_equal(front_readable(t->hosts, &t->c, t->a), t->hosts);
	assert_string_equal(front_readable(file_at(t, "hosts"), &t->c, t->a),
	    arena_printf(t->a, "%s/hosts", t->root));
}

TEST(nor_one_with_keys_that_a_link_leads_to)
{
	struct tree *t = *state;
	const char *link = arena_printf(t->a, "%s/db/ca", t->root);

	assert_int_equal(symlink(t->c.dir, link), 0);
	t->c.dir = arena_printf(t->a, "%s/db/ca", t->root);
	assert_string_equal(front_readable(t->hosts, &t->c, t->a), t->hosts);
}

TEST(nor_one_with_their_passphrase)
{
	struct tree *t = *state;

	t->c.passphrase_file = file_at(t, "own/passphrase");
	assert_string_equal(front_readable(t->own, &t->c, t->a), t->own);
}

#define T(name) cmocka_unit_test_setup_teardown(name, plant, fell)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_may_be_replaced_in_its_directory),
		T(a_directory_with_the_keys_below_it_is_not_opened),
		T(nor_one_with_keys_that_a_link_leads_to),
		T(nor_one_with_their_passphrase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
