/*
 * http/server_int.h: what the files of http/ share.
 *
 * server.c accepts, counts and drains; lane.c keeps a loop's connections;
 * conn.c moves one through its states, stream.c its bytes, deadline.c ends what
 * takes too long; request.c is the handler's side.
 */
#ifndef HTTP_SERVER_INT_H
#define HTTP_SERVER_INT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "http/http.h"
#include "http/parse_int.h"
#include "http/reply_int.h"
#include "http/stream_int.h"

struct conn;
struct request;
struct tls;
TAILQ_HEAD(conn_list, conn);

enum {
	PEER_TEXT = 46,
	YOUNG_MS = 100, /* not idle yet */
};

/* One loop's connections.  All is the loop's own but for the atomics. */
struct lane {
	struct http_server *server;
	struct http_lane is;
	struct conn_list waiting; /* for their clients, the idlest first */
	struct conn_list busy;
	_Atomic int64_t idlest;       /* `since` of the first waiting */
	_Atomic unsigned connections; /* those on their way to it, too */
	bool draining;
	int64_t date_of;
	char date[HTTP_DATE];
};

enum conn_state {
	CONN_HANDSHAKE,
	CONN_IDLE,      /* between requests, or before the first */
	CONN_READING,   /* a request has begun */
	CONN_DISPATCH,  /* the handler has it */
	CONN_REPLYING,  /* the reply, or a refusal, is being taken */
	CONN_LINGERING, /* all is said; the client may not have read it yet */
	CONN_GONE,
};

enum conn_place {
	PLACE_NONE,
	PLACE_BUSY,
	PLACE_BACK, /* waiting, as of now */
	PLACE_FRONT /* waiting, and the first that is to go */
};

struct conn {
	TAILQ_ENTRY(conn) link;
	struct conn_list *list;
	int64_t since; /* when it went on the list, by lane_clock() */
	struct lane *lane;
	struct stream stream;
	enum conn_state state;
	unsigned phase;      /* what `phase_until` bounds */
	int64_t phase_until; /* by lane_clock() */
	int64_t whole_until; /* 0: no request */
	int64_t timer_at;    /* not later than either */
	struct timer *timer;
	struct request *req; /* in dispatch */
	struct parse parse;
	bool tls;
	bool fresh;     /* nothing was asked on it yet */
	bool running;   /* conn_run() is on the stack: do not free */
	bool eof;       /* the client will send no more; TLS: never set */
	bool evicted;   /* told to go, to make room */
	bool last;      /* closes after this reply */
	bool held;      /* not reading: enough is queued already */
	bool head_only; /* the request is a HEAD */
	size_t discarded;
	char peer[PEER_TEXT];
};

/* Any thread. */
void server_limits(struct http_server *s, struct http_limits *out);
void server_refused(struct http_server *s);
void server_handled(struct http_server *s);
struct tls *server_tls(const struct http_server *s); /* NULL: plain */
/* Until as many releases, `done` does not run, so the server is there. */
void server_hold(struct http_server *s);
void server_release(struct http_server *s);
void server_evicted(struct http_server *s); /* one; and a release */
void server_left(struct http_server *s);    /* a connection, and a release */

void lane_start(struct lane *l, struct http_server *s,
    const struct http_lane *is);
void lane_place(struct conn *c, enum conn_place to);
const char *lane_date(struct lane *l);
int64_t lane_clock(void);        /* ms that nobody sets back; any thread */
void lane_left(struct lane *l);  /* a connection did; `l` may be freed */
loop_fn lane_evict;              /* the idlest connection of this lane */
loop_fn lane_drain;              /* this lane */
void lane_close(struct lane *l); /* all connections */

/* Takes `fd`.  The connection is counted already. */
void conn_open(struct lane *l, int fd, const char *peer);
/* No request has begun, but something has come that was not read yet. */
bool conn_is_stirring(const struct conn *c);
void conn_answer(struct conn *c, struct reply *r);
/* Say why there will be no answer, then close. */
void conn_refuse(struct conn *c, int status, const char *why);
void conn_dropped(struct conn *c);
/* Each of these may free the connection. */
void conn_evict(struct conn *c);
void conn_drain(struct conn *c);
void conn_close(struct conn *c); /* saying so, over TLS */
void conn_gone(struct conn *c);  /* without a word */
void conn_cut(struct conn *c);   /* with a reset */

/* Have the clocks run that the state asks for, each from its beginning. */
void deadline_set(struct conn *c);
void deadline_renew(struct conn *c);   /* the phase's begins again */
void deadline_met(struct conn *c);     /* the request's */
void deadline_refused(struct conn *c); /* what is left is to send that */
void deadline_free(struct conn *c);

/* Hands what was parsed to the lane's handler. */
void request_begin(struct conn *c);
/* There is nobody to answer any more.  Runs the handler's function. */
void request_lost(struct request *r);

#endif
