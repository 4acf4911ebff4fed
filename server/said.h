/* server/said.h: a child's side of its talk with the supervisor. */
#ifndef SERVER_SAID_H
#define SERVER_SAID_H

#include "base/err.h"
#include "server/config.h"
#include "server/msg.h"

/* The configuration in a CONFIG or RELOAD.  NULL, with the reason in `f`. */
struct config *said_config(const struct msg *m, struct fault *f);

/* Tell the supervisor why we cannot go on; the exit code for that. */
int said_failed(int sock, const struct fault *f);

/* Log an error of that name, with the reason. */
void said_log(const char *event, const struct fault *f);

/* Before we serve, DRAIN is all that may come out of turn; the exit code. */
int said_drain(int sock, const struct msg *m);

#endif
