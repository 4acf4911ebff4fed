/* server/own_names.h: by what names and addresses we can be reached. */
#ifndef SERVER_OWN_NAMES_H
#define SERVER_OWN_NAMES_H

#include <stddef.h>

#include "base/arena.h"

/*
 * Literal addresses of a listening socket, in `a`, without brackets: its own,
 * or, of one that listens everywhere, those of all interfaces but link-local
 * ones.  Asks the kernel, so before the sandbox.
 */
const char *const *own_addresses(int listen_fd, struct arena *a, size_t *n);

/*
 * Who we are (DESIGN 4): `names`, the host listened on, localhost, addresses.
 * Each once, in that order, in `a`; the names themselves are borrowed.
 */
struct own {
	const char *const *names, *const *addresses;
	size_t n_names, n_addresses;
	const char *listen; /* HOST:PORT */
};
const char *const *own_names(const struct own *own, struct arena *a, size_t *n);

#endif
