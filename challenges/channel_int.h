/*
 * challenges/channel_int.h: one DNS server, asked by c-ares on our loop.
 *
 * An answer may come from inside any call here, so `answer` must only keep
 * what it is given; `pump` is called after each batch of them that came from
 * the loop, and may do anything, channel_give() included.
 */
#ifndef CHALLENGES_CHANNEL_INT_H
#define CHALLENGES_CHANNEL_INT_H

#include "challenges/resolve_int.h"

/* c-ares's status; `msg` is NULL when no DNS message came. */
typedef void channel_answer(void *arg, int status, int timeouts,
    unsigned char *msg, int len);

struct channel;

/* One loop's; who is idle is kept so long at least, and twice that at most. */
struct channels;
struct channels *channels_new(struct loop *l, unsigned keep_ms);
void channels_free(struct channels *cs); /* all have been given back */
unsigned channels_idle(const struct channels *cs);

/* For one look-up alone; NULL if c-ares cannot. */
struct channel *channel_take(struct channels *cs,
    const struct dns_server *server, unsigned timeout_ms, loop_fn *pump,
    void *arg);
/* Asked once; `name` must live no longer than the call. */
void channel_ask(struct channel *c, const char *name, enum dns_type type,
    channel_answer *answer, void *arg);
/* What is not answered yet is answered now, with ARES_EDESTRUCTION. */
void channel_give(struct channel *c);

/* What resolv.conf had within the last second, with text in `a`. */
size_t channels_system(struct channels *cs, struct arena *a,
    struct dns_server out[DNS_SERVERS_MAX]);

#endif
