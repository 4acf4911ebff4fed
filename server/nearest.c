/* Optimal string alignment: edits and swaps of neighbours, three rows. */
#include "server/nearest.h"

#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 64 };

static char
plain(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + ('a' - 'A'));
	return c == '-' || c == '_' ? '.' : c;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], n = strlen(a), m = strlen(b);

	if (n > WORD_MAX || m > WORD_MAX)
		return SIZE_MAX / 2;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = rows[i % 3];
		const size_t *was = rows[(i + 2) % 3], *old = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			char x = plain(a[i - 1]), y = plain(b[j - 1]);

			now[j] = least(least(was[j], now[j - 1]) + 1,
			    was[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == plain(b[j - 2]) &&
			    y == plain(a[i - 2]))
				now[j] = least(now[j], old[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

struct nearest
nearest_to(const char *typed)
{
	/* A third of the letters wrong is still a typing mistake. */
	return (struct nearest){ .typed = typed,
		.cost = (strlen(typed) + 2) / 3 + 1 };
}

void
nearest_try(struct nearest *n, const char *candidate, const char *name,
    size_t malus)
{
	size_t cost = distance(n->typed, candidate) + malus;

	if (cost >= n->cost)
		return;
	n->cost = cost;
	n->name = name;
}
