/* acme/metrics_page.h: /metrics, for whoever may see it. */
#ifndef ACME_METRICS_PAGE_H
#define ACME_METRICS_PAGE_H

#include "acme/rq.h"

/* Set the reply, or return why not: ERR_TOKEN without a token that is good. */
enum err metrics_page(struct rq *rq) MUST_USE;

#endif
