/* A window fit for lifetimes of minutes, and spread over a fleet. */
#include "acme/window.h"

#include <string.h>

/* The end of a serial is as good as any. */
uint32_t
window_lot(const struct certificate *c)
{
	uint32_t n;

	memcpy(&n, c->serial.bytes + ID_SIZE - sizeof(n), sizeof(n));
	return n;
}

/*
 * From about the half of its life to two thirds, half as wide as that and
 * somewhere within.  Where most of its life lies in the past from the
 * first, the life that counts begins when it was issued.
 */
struct window
window_of(const struct certificate *c)
{
	unixtime issued = id_ms(c->serial) / 1000, from = c->not_before, width;
	struct window w;

	if (c->revoked != 0) /* ARI-07 */
		return (struct window){ c->revoked - 2, c->revoked - 1 };
	if (from + (c->not_after + 1 - from) / 2 <
	    issued + (c->not_after + 1 - issued) / 3)
		from = issued;
	width = (c->not_after + 1 - from) / 12;
	w.start = from + (c->not_after + 1 - from) / 2;
	w.start +=
	    (unixtime)(window_lot(c) % (uint32_t)(width + 1)); /* ARI-06 */
	w.end = w.start + (width > 0 ? width : 1);             /* ARI-04 */
	return w;
}
