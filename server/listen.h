/* server/listen.h: the sockets that strangers knock at. */
#ifndef SERVER_LISTEN_H
#define SERVER_LISTEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Bind and listen on "HOST:PORT"; the descriptor neither blocks nor survives
 * exec.  ERR_BUSY when the address is taken, ERR_INTERNAL otherwise, each
 * with a line that names address and reason.
 */
enum err listen_open(const char *host_port, int *fd, struct fault *f) MUST_USE;

/*
 * The sockets systemd passes by LISTEN_PID and LISTEN_FDS, at most `most`, in
 * its order; how many.  ERR_INTERNAL if one of them does not listen for
 * streams, or there are too many.
 */
enum err listen_inherited(int *fds, size_t most, size_t *n,
    struct fault *f) MUST_USE;

/* The port really bound; 0 if the socket has none. */
uint16_t listen_port(int fd);

#endif
