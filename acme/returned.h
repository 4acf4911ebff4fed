/* acme/returned.h: what the keeper returns is believed when it is checked. */
#ifndef ACME_RETURNED_H
#define ACME_RETURNED_H

#include "acme/acme.h"

/* One loop's: the issuers that have been asked for so far. */
struct returned;
void returned_free(struct returned *r);

/*
 * OK if `der` is what was recorded for `o`, signed by the issuer it was
 * recorded for.  ERR_INTERNAL otherwise, with what is wrong.
 */
enum err returned_check(struct acme *ca, const struct order *o,
    const uint8_t *der, size_t len, struct fault *f) MUST_USE;

#endif
