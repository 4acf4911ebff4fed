/* base/page.h: a text that grows; for people and for man(1). */
#ifndef BASE_PAGE_H
#define BASE_PAGE_H

#include <stddef.h>

#include "base/arena.h"

struct page;

struct page *page_new(struct arena *a);
void page_add(struct page *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Words of `text`, each line begun with `indent`, at most `width` columns. */
void page_wrap(struct page *p, const char *indent, const char *text,
    size_t width);

/* A line for man(1): dashes kept, nothing taken for a command. */
void page_roff(struct page *p, const char *text);

const char *page_text(struct page *p); /* all of it, in the arena */

#endif
