/* server/supervisor_int.h: what the files of the supervisor share. */
#ifndef SERVER_SUPERVISOR_INT_H
#define SERVER_SUPERVISOR_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "server/child.h"
#include "server/config.h"
#include "server/hierarchy.h"
#include "server/msg.h"
#include "server/proc.h"

enum phase { SERVING, DRAINING_FRONT, DRAINING_KEEPER, KILLING };

struct supervisor {
	const struct supervisor_args *args;
	struct config *config;
	struct child keeper, front;
	struct child ca; /* comes and goes: server/hierarchy.h */
	struct hierarchy hierarchy;
	int signals, lock, listen, listen_http; /* -1: none */
	uint32_t loops;

	bool opened;     /* the front that runs has opened the store */
	bool configured; /* the keeper that runs has its configuration */
	bool wired;      /* their loops' sockets have been handed out */
	bool announced;  /* args->ready() has been called */

	enum phase phase;
	int64_t deadline; /* of a phase but SERVING */
	int code;         /* to return once no child is left */
	struct msg msg;   /* the last received */
};

/* Start it, and tell it all that can be told yet. */
void wiring_start(struct supervisor *s, struct child *c);

/* Tell those that have been started before. */
void wiring_adopt(struct supervisor *s);

/* The front has opened its store: now the keeper can open it too. */
void wiring_opened(struct supervisor *s);

/* The child has ended: what it was told is forgotten. */
void wiring_ended(struct supervisor *s, const struct child *c);

/* One that cannot be told something is killed, to be told all anew. */
bool wiring_tell(struct child *c, enum msg_type type, const void *body,
    size_t len, int fd);
bool wiring_tell_config(struct supervisor *s, struct child *c,
    enum msg_type type);

/* Into D/lock: where clients find us, as of the present configuration. */
void supervisor_sign(const struct supervisor *s);

/* SIGHUP: read, check, swap and pass on; or leave all as it is. */
void reload_config(struct supervisor *s);

#endif
