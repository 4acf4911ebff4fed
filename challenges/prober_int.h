/* challenges/prober_int.h: what the challenge types share. */
#ifndef CHALLENGES_PROBER_INT_H
#define CHALLENGES_PROBER_INT_H

#include "base/flow.h"
#include "challenges/challenge.h"
#include "challenges/evidence_int.h"
#include "challenges/hosts_int.h"
#include "challenges/resolve_int.h"
#include "challenges/visit_int.h"

/* A configuration with what was parsed of it; looks keep the one they met. */
struct settings {
	unsigned refs;
	struct arena *arena;
	struct prober_config config; /* a copy, all of it */
	struct dns_server servers[DNS_SERVERS_MAX];
	size_t n_servers; /* 0: the system's */
};

struct alpn; /* challenges/tls_alpn01_int.h */
struct look;

/* How a type looks: steps, begun again until they end in a verdict. */
struct look_kind {
	const char *type;
	size_t size; /* of the object that begins with a struct look */
	flow_step *const *steps;
	/* Time is up: give the fault, and note what was being waited for. */
	enum probe_result (*expire)(struct look *l);
	/* Free what is outstanding, if anything is. */
	void (*cancel)(struct look *l);
};

struct look {
	struct flow flow; /* first: a flow is its look */
	const struct look_kind *kind;
	struct prober *pr;
	struct settings *set; /* from its beginning on */
	struct arena *arena;  /* of the look; the probe's is for what stays */
	struct probe *p;
	struct notes notes;
	struct timer *timer; /* its bound, then its end */
	bool over;
	probe_done *done;
	void *arg;
	struct look *next, *prev;
};

/* Begin as soon as there is room.  `done` never comes before this returns. */
void look_start(struct prober *pr, const struct look_kind *kind,
    struct probe *p, probe_done *done, void *arg);
/* The verdict; its fault, if any, has been given.  Nothing is outstanding. */
void look_over(struct look *l, enum probe_result result);

/* How it asks DNS: all the time it has. */
struct lookup_plan look_plan(struct look *l);

struct loop *prober_loop(const struct prober *pr);
struct visits *prober_visits(const struct prober *pr);
struct alpn *prober_alpn(struct prober *pr);
struct hosts *prober_hosts(const struct prober *pr); /* or NULL */

/* The rows of table.c. */
void http01_look(struct prober *pr, struct probe *p, probe_done *done,
    void *arg);
void dns01_look(struct prober *pr, struct probe *p, probe_done *done,
    void *arg);
void dns_account01_look(struct prober *pr, struct probe *p, probe_done *done,
    void *arg);
void dns_persist01_look(struct prober *pr, struct probe *p, probe_done *done,
    void *arg);
void tls_alpn01_look(struct prober *pr, struct probe *p, probe_done *done,
    void *arg);

#endif
