/* server/signals.h: signals, read like anything else. */
#ifndef SERVER_SIGNALS_H
#define SERVER_SIGNALS_H

/*
 * From now on SIGHUP, SIGINT, SIGTERM and SIGCHLD wait on the descriptor that
 * is returned, to be polled, and SIGPIPE is ignored.  -1 on failure.
 */
int signals_open(void);

/* The next one that waits; 0 if none does. */
int signals_next(int fd);

#endif
