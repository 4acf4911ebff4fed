/* cli/date.h: dates for people. */
#ifndef CLI_DATE_H
#define CLI_DATE_H

#include <stdint.h>

#include "base/arena.h"

/* "2026-11-21 08:10:14 UTC", in `a`. */
const char *date_text(int64_t unixtime, struct arena *a);

#endif
