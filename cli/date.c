/* One way to write a date. */
#include "cli/date.h"

#include <time.h>

const char *
date_text(int64_t unixtime, struct arena *a)
{
	char *text = arena_alloc(a, 32, 1);
	time_t at = (time_t)unixtime;
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL ||
	    strftime(text, 32, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		return "?";
	return text;
}
