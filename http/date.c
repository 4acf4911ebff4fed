/* Dates as HTTP writes them, and the three ways it has to read (RFC 9110, 5.6.7). */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "http/http.h"

void
http_date(int64_t unixtime, char out[HTTP_DATE])
{
	/* strftime() would speak the locale's language. */
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)unixtime;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    snprintf(out, HTTP_DATE, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
	        days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
	        tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	        tm.tm_sec) != HTTP_DATE - 1)
		abort();
}

bool
http_date_read(const char *text, int64_t *out)
{
	/* The process never sets a locale, so these names are English. */
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %e %H:%M:%S %Y",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);

		if (end == NULL || *end != '\0')
			continue;
		*out = (int64_t)timegm(&tm);
		return true;
	}
	return false;
}
