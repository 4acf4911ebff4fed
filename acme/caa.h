/* acme/caa.h: may we issue for a name, as far as its CAA records go? */
#ifndef ACME_CAA_H
#define ACME_CAA_H

#include <stdbool.h>

#include "acme/subject.h"

struct caa;
typedef void caa_told(void *arg);

/*
 * Begin to ask, for a name that is proved by `method` ("http-01"), as the configuration has it; what is borrowed is copied.  An
 * answer that nobody can give is asked for again if it is needed, and else
 * logged.
 */
struct caa *caa_new(struct acme *ca, const struct subject *s,
    const char *method);
/*
 * From now on somebody waits, leniently no longer than caa.timeout.  True if
 * it is over; else `told`, once, later.
 */
bool caa_await(struct caa *c, caa_told *told, void *arg);
void caa_free(struct caa *c); /* NULL is a no-op */

/* Once it is over: why not, or NULL. */
const struct fault *caa_fault(const struct caa *c);
/* Did anybody look? */
bool caa_asked(const struct caa *c);
const struct evidence *caa_evidence(const struct caa *c);

#endif
