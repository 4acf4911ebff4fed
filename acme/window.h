/* acme/window.h: when to renew a certificate (RFC 9773, 4.2). */
#ifndef ACME_WINDOW_H
#define ACME_WINDOW_H

#include "store/model.h"

struct window {
	unixtime start, end;
};

/* Always the same for the same certificate, unless it is revoked. */
struct window window_of(const struct certificate *c);

/*
 * A number that stays with the certificate, so that a fleet does not renew in
 * step and polls agree.
 */
uint32_t window_lot(const struct certificate *c);

#endif
