/*
 * acme/metrics.h: what is counted, for Prometheus; shared by all loops.
 *
 * Each may be given NULL, and then counts nothing.  Any thread.
 */
#ifndef ACME_METRICS_H
#define ACME_METRICS_H

#include <stdint.h>

#include "base/err.h"
#include "base/page.h"

struct metrics;
struct http_server;
struct http_stat;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

/* A listener, whose connections are told of, too; `name` is a literal. */
typedef void metrics_stat(struct http_server *s, struct http_stat *out);
void metrics_listener(struct metrics *m, const char *name, metrics_stat *stat,
    struct http_server *s);

/* A reply; `endpoint` is a path as its table has it, and a literal. */
void metrics_reply(struct metrics *m, const char *endpoint, enum err e,
    int status);
/* What never became a request. */
void metrics_refused(struct metrics *m, int status);
/* A challenge of this type was decided: OK, or the error it failed with. */
void metrics_decided(struct metrics *m, const char *type, enum err e);
/* A certificate, so long after its order was finalized. */
void metrics_issued(struct metrics *m, int64_t ms);
/* An order that was finalized came to nothing. */
void metrics_not_issued(struct metrics *m);

/* All of it, in the text format 0.0.4. */
void metrics_text(struct metrics *m, struct page *out);
/* One more, in the same format; `labels` is "{…}" or "". */
void metrics_family(struct page *out, const char *name, const char *type,
    const char *help);
void metrics_sample(struct page *out, const char *name, const char *labels,
    uint64_t value);

#endif
