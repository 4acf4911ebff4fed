/* tests/hear.h: run a verb in this process, and keep what it says. */
#ifndef TESTS_HEAR_H
#define TESTS_HEAR_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/cmocka.h"

enum { HEAR_BYTES = 1 << 16 };

/* What a verb says, on stdout and stderr together, and its exit code. */
struct said {
	int code, file, out, err;
	char text[HEAR_BYTES];
};

static inline void
listen_to(struct said *s)
{
	FILE *f = tmpfile();

	memset(s, 0, sizeof(*s));
	assert_non_null(f);
	s->file = dup(fileno(f));
	(void)fclose(f);
	(void)fflush(stdout);
	s->out = dup(STDOUT_FILENO);
	s->err = dup(STDERR_FILENO);
	(void)dup2(s->file, STDOUT_FILENO);
	(void)dup2(s->file, STDERR_FILENO);
}

static inline void
hear(struct said *s, int code)
{
	ssize_t n;

	s->code = code;
	(void)fflush(stdout);
	(void)dup2(s->out, STDOUT_FILENO);
	(void)dup2(s->err, STDERR_FILENO);
	(void)close(s->out);
	(void)close(s->err);
	n = pread(s->file, s->text, sizeof(s->text) - 1, 0);
	(void)close(s->file);
	assert_true(n >= 0);
}

#define HEAR(s, call)               \
	do {                        \
		listen_to(&(s));    \
		hear(&(s), (call)); \
	} while (0)

#endif
