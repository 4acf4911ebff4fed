/* All of them are kept: a percentile that is exact needs no explanation. */
#include "tests/bench/sample.h"

#include <stdlib.h>

#include "tests/bench/conn.h"

void
sample_add(struct sample *s, int64_t ns)
{
	if (s->n == s->room) {
		s->room = s->room == 0 ? 1024 : s->room * 2;
		s->ns = reallocarray(s->ns, s->room, sizeof(*s->ns));
		if (s->ns == NULL)
			die("no memory");
	}
	s->ns[s->n++] = ns;
}

void
sample_forget(struct sample *s)
{
	s->n = 0;
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The least that so many of a hundred are not above, in milliseconds. */
static double
percentile(const struct sample *s, size_t p)
{
	size_t rank = (s->n * p + 99) / 100;

	return (double)s->ns[rank - 1] / 1e6;
}

double
sample_mean(const struct sample *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += (double)s->ns[i];
	return s->n == 0 ? 0 : sum / (double)s->n;
}

void
sample_say(struct sample *s, FILE *out)
{
	if (s->n == 0) {
		(void)fputs("{\"n\":0}", out);
		return;
	}
	qsort(s->ns, s->n, sizeof(*s->ns), compare);
	(void)fprintf(out,
	    "{\"n\":%zu,\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"max\":%.3f}",
	    s->n, percentile(s, 50), percentile(s, 95), percentile(s, 99),
	    percentile(s, 100));
}

void
sample_free(struct sample *s)
{
	free(s->ns);
	*s = (struct sample){ 0 };
}
