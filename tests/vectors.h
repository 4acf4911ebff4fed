/* tests/vectors.h: examples that RFCs give, read from tests/vectors/rfc.txt. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "tests/cmocka.h"

enum { VECTOR_WORDS = 4, VECTOR_LINE = 8 * 1024, VECTORS_MAX = 16 };

struct vector {
	const char *section; /* "7638-3.1" */
	const char *words[VECTOR_WORDS];
};

/* Those of one kind into `out`, in `a`; how many: there are some. */
static inline size_t
vectors_of(const char *kind, struct arena *a, struct vector out[VECTORS_MAX])
{
	FILE *file = fopen("tests/vectors/rfc.txt", "r");
	char line[VECTOR_LINE], *rest, *word;
	size_t n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		struct vector v = { 0 };

		word = strtok_r(line, "\t\n", &rest);
		if (word == NULL || strcmp(word, kind) != 0)
			continue;
		v.section = arena_text(a, strtok_r(NULL, "\t\n", &rest));
		for (size_t i = 0; i < VECTOR_WORDS; i++)
			if ((word = strtok_r(NULL, "\t\n", &rest)) != NULL)
				v.words[i] = arena_text(a, word);
		assert_in_range(n, 0, VECTORS_MAX - 1);
		out[n++] = v;
	}
	(void)fclose(file);
	assert_int_not_equal(n, 0);
	return n;
}

#endif
