/* acme/pages.h: what is not ACME: for people, load balancers, trust stores. */
#ifndef ACME_PAGES_H
#define ACME_PAGES_H

#include "acme/rq.h"

/*
 * True if `rq` asks for a page, which has been, or will be, answered.  Pages
 * answer on any Host: they make no URLs from it.
 */
bool page_answered(struct rq *rq);

#endif
