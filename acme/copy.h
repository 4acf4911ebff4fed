/* acme/copy.h: what a flow keeps of a record, after the request has gone. */
#ifndef ACME_COPY_H
#define ACME_COPY_H

#include "base/arena.h"
#include "store/model.h"

/* Whole, in `a`, except authorizations and error: issuing needs none. */
struct order *order_copy(const struct order *o, struct arena *a);

struct ident *ident_copy(const struct ident *id, size_t n, struct arena *a);

#endif
