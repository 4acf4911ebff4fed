/* server/front_int.h: what the files of the front share. */
#ifndef SERVER_FRONT_INT_H
#define SERVER_FRONT_INT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "acme/acme.h"
#include "crypto/ca.h"
#include "crypto/token.h"
#include "server/config.h"
#include "server/msg.h"

struct front;

/*
 * A configuration in the shape the loops go by.  They count references to
 * `acme`; with the last one all of it goes.
 */
struct front_config {
	struct acme_config acme;
	struct config *config; /* ours */
	uint8_t token_key[TOKEN_KEY_SIZE];
	struct arena *arena;
	struct ca ca;
	struct blocked *blocked;
	struct profile **shapes; /* every profile's, the serving one last */
	size_t n_shapes;
};

/* What we were told or have seen, and no configuration says. */
struct front_facts {
	struct arena *arena;
	struct front_ca *ca;
	const char *const *addresses; /* listened on */
	size_t n_addresses;
	uint16_t port;
	const char *serving_pem;
	bool has_token_key;
	uint8_t token_key[TOKEN_KEY_SIZE];
};

/*
 * The hierarchy, as the supervisor tells it: a file of certificates in each
 * message, and those that have come since the last RELOAD (or the start) are
 * all there are.  We could not open them: the keys lie beside.
 */
struct front_ca {
	struct arena *arena;
	struct ca_texts texts;
};
enum { FRONT_CA_FILES = 2001 };
/* One more file; false if it is none. */
bool front_ca_add(struct front_ca **ca, const struct config *c,
    const struct msg *m);
void front_ca_free(struct front_ca *ca); /* NULL is a no-op */
/* Is it time for another issuer? */
bool front_ca_due(const struct front_ca *ca, const struct config *c);

/*
 * Makes of `c`, which becomes its own, what the loops need; one reference is
 * the caller's.  NULL, with the reason in `f`, and `c` has been freed.
 */
struct front_config *front_config_new(struct config *c,
    const struct front_facts *facts, struct fault *f);

/* One loop, its thread, and all that lives on it. */
struct front_loop {
	struct front *front;
	uint32_t number;
	int keeper_fd; /* until its issuer has it; -1: not yet received */
	pthread_t thread;
	struct loop *loop;
	struct issuer *issuer;
	struct prober *prober;
	struct acme *acme;
	struct front_config *config; /* what it goes by; a reference */
};

struct front {
	int sock, listen, listen_http; /* -1: none */
	struct front_facts facts;
	struct front_ca *fresh;      /* not yet in use; NULL: none */
	struct front_config *config; /* the newest; a reference */
	struct store *store;
	struct nonces *nonces;
	struct limits *limits;
	struct underway *underway;
	struct metrics *metrics;
	struct http_server *https, *http; /* the second may be NULL */
	struct front_loop *loops;
	uint32_t n_loops;

	/* Loop 0's: how far it is. */
	struct watch *watch; /* of the supervisor's socket */
	uint32_t n_running;  /* loops that do */
	bool certified;      /* there is a serving certificate */
	bool announced;      /* READY has been sent */
	bool draining;
	unsigned n_undrained; /* servers that still have connections */
	struct msg msg;
};

/* Make each loop with what lives on it; its keeper_fd has been received. */
bool front_loops_new(struct front *f, struct fault *why);

/* Start the threads; loop 0 is the caller's to run. */
void front_loops_start(struct front *f);

/* From now on go by `fresh`: each loop, and the servers. */
void front_loops_configure(struct front *f, struct front_config *fresh);

/* A way to a new keeper, for one loop. */
void front_loop_rewire(struct front *f, uint32_t number, int fd);

/* Each answers the parked, and parks nobody any more. */
void front_loops_drain(struct front *f);
void front_loops_stop(struct front *f); /* all but loop 0, and wait for them */

#endif
