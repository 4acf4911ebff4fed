#include "base/rfc3339.h"

#include <stdio.h>
#include <time.h>

/* Two or four digits at `*at`, which moves behind them. */
static bool
number(const char **at, int digits, int most, int *out)
{
	int n = 0;

	for (; digits > 0; digits--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		n = 10 * n + (**at - '0');
	}
	*out = n;
	return n <= most;
}

static bool
mark(const char **at, char expected)
{
	if (**at != expected)
		return false;
	(*at)++;
	return true;
}

/* Letters may be small (5.6). */
static bool
letter(const char **at, char expected)
{
	return mark(at, expected) || mark(at, (char)(expected - 'A' + 'a'));
}

static bool
date_time(const char **at, struct tm *tm)
{
	if (!number(at, 4, 9999, &tm->tm_year) || !mark(at, '-') ||
	    !number(at, 2, 12, &tm->tm_mon) || !mark(at, '-') ||
	    !number(at, 2, 31, &tm->tm_mday) || !letter(at, 'T') ||
	    !number(at, 2, 23, &tm->tm_hour) || !mark(at, ':') ||
	    !number(at, 2, 59, &tm->tm_min) || !mark(at, ':') ||
	    !number(at, 2, 59, &tm->tm_sec))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

static bool
no_fraction(const char **at)
{
	if (!mark(at, '.'))
		return true;
	if (!mark(at, '0'))
		return false;
	while (mark(at, '0'))
		;
	return true;
}

/* Seconds that the clock on the wall is ahead of UTC. */
static bool
offset(const char **at, int *out)
{
	bool west = **at == '-';
	int hours, minutes;

	if (letter(at, 'Z')) {
		*out = 0;
		return true;
	}
	if (!mark(at, west ? '-' : '+') || !number(at, 2, 23, &hours) ||
	    !mark(at, ':') || !number(at, 2, 59, &minutes))
		return false;
	*out = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
	return true;
}

bool
rfc3339_read(const char *text, int64_t *out)
{
	struct tm tm = { 0 }, same;
	int ahead;

	if (!date_time(&text, &tm) || !no_fraction(&text) ||
	    !offset(&text, &ahead) || *text != '\0')
		return false;
	same = tm;
	*out = (int64_t)timegm(&same) - ahead;
	/* the 31st of June would be the 1st of July */
	return same.tm_mday == tm.tm_mday && same.tm_mon == tm.tm_mon &&
	       *out >= 0;
}

bool
rfc3339_write(int64_t unixtime, char out[RFC3339_TEXT])
{
	time_t t = (time_t)unixtime;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < 0 - 1900 ||
	    tm.tm_year > 9999 - 1900)
		return false;
	(void)snprintf(out, RFC3339_TEXT, "%04d", (tm.tm_year + 1900) % 10000);
	return strftime(out + 4, RFC3339_TEXT - 4, "-%m-%dT%H:%M:%SZ", &tm) ==
	       RFC3339_TEXT - 5;
}
