/* acme/serving.h: the server as its own first customer (DESIGN 7). */
#ifndef ACME_SERVING_H
#define ACME_SERVING_H

#include "acme/acme.h"

/* The names may have changed: look again whether the certificate fits. */
void serving_configured(struct acme *ca);

void serving_free(struct acme *ca);

#endif
