/* One way to write how often. */
#include "acme/rate.h"

#include <limits.h>
#include <string.h>

static const struct {
	const char *suffix;
	int64_t ms;
} units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
	{ "s", 1000 }, { "ms", 1 } };
enum { UNITS = sizeof(units) / sizeof(units[0]) };
static const int64_t YEAR_MS = 366 * INT64_C(86400000);

static bool
number_read(const char **at, unsigned *out)
{
	const char *p = *at;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if ((n = n * 10 + (uint64_t)(*p - '0')) > UINT_MAX)
			return false;
	*out = (unsigned)n;
	return p != *at && ((*at = p), true);
}

bool
rate_read(const char *text, struct rate *out)
{
	unsigned n, per;

	if (strcmp(text, "0") == 0)
		return (*out = (struct rate){ 0, 0 }), true;
	if (!number_read(&text, &n) || *text++ != '/' ||
	    !number_read(&text, &per) || n == 0 || per == 0)
		return false;
	for (int i = 0; i < UNITS; i++)
		if (strcmp(text, units[i].suffix) == 0) {
			*out = (struct rate){ n, per * units[i].ms };
			return out->per_ms <= YEAR_MS;
		}
	return false;
}

const char *
rate_text(struct rate r, struct arena *a)
{
	int i = 0;

	if (r.n == 0)
		return "0";
	while (i < UNITS - 1 && r.per_ms % units[i].ms != 0)
		i++;
	return arena_printf(a, "%u/%lld%s", r.n,
	    (long long)(r.per_ms / units[i].ms), units[i].suffix);
}
