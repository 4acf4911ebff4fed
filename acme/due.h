/* acme/due.h: what must happen later, and who does it (DESIGN 6). */
#ifndef ACME_DUE_H
#define ACME_DUE_H

#include "acme/acme.h"

/* Stage a row for the time when the object may go: expired, and kept a while. */
void due_prune_order(struct batch *b, struct arena *a,
    const struct acme_config *config, const struct order *o);
void due_prune_authz(struct batch *b, struct arena *a,
    const struct acme_config *config, const struct authz *z);
void due_prune_certificate(struct batch *b, struct arena *a,
    const struct acme_config *config, const struct certificate *c);

/* Begin nothing more; what is being committed is still to be answered. */
void due_halt(struct acme *ca);
void due_free(struct acme *ca); /* then */

#endif
