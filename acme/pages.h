/* acme/pages.h: what is not ACME: for people, load balancers, trust stores. */
#ifndef ACME_PAGES_H
#define ACME_PAGES_H

#include "acme/rq.h"

/*
 * True if `rq` asks for a page, which has been, or will be, answered.  Pages
 * answer on any Host: they make no URLs from it.
 */
bool page_answered(struct rq *rq);

/* Set the reply: a page of this title, and what follows it. */
void reply_page(struct rq *rq, int status, const char *title, const char *html);

/* Text as it stands in HTML, also between quotes; in `a`. */
const char *html_text(struct arena *a, const char *text);

#endif
