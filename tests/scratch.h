/* tests/scratch.h: a folder that lasts as long as a test, and what lies in it. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "tests/cmocka.h"

static char dir[64];
static struct arena *a; /* a test's own, made with the folder */

static inline const char *
at(const char *name)
{
	return arena_printf(a, "%s/%s", dir, name);
}

/* How many files and empty folders there are. */
static inline unsigned
entries(bool and_remove)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			n++;
			if (and_remove && unlink(at(e->d_name)) != 0)
				assert_int_equal(rmdir(at(e->d_name)), 0);
		}
	(void)closedir(d);
	return n;
}

static inline bool
scratch_make(void)
{
	a = arena_new();
	(void)snprintf(dir, sizeof(dir), "/tmp/mayfly-test-XXXXXX");
	return mkdtemp(dir) != NULL;
}

static inline int
scratch_remove(void **state)
{
	(void)state;
	(void)entries(true);
	arena_free(a);
	return rmdir(dir);
}

#endif
