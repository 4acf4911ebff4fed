/* acme/offer.h: which challenges an authorization has (RFC 8555, 7.1.4). */
#ifndef ACME_OFFER_H
#define ACME_OFFER_H

#include "acme/acme.h"

/*
 * Give `z` a pending challenge of each type that is offered and can prove its
 * name, each with a token of its own; all in `a`.  What is to be good for the
 * names below as well is proved as a wildcard is: by DNS.
 */
void offer_challenges(const struct acme_config *config, struct authz *z,
    struct arena *a);

#endif
