/*
 * http/stream_int.h: the bytes of one connection, over TLS or plain.
 *
 * What has come lies in memory that is there only while something is in it.
 * What is said is written at once; only what the client does not take yet is
 * kept.  So a request costs one read and one write, and an idle connection
 * next to nothing.
 */
#ifndef HTTP_STREAM_INT_H
#define HTTP_STREAM_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"

struct ssl_st;

enum stream_event {
	STREAM_SHAKEN, /* the handshake is done */
	STREAM_CAME,   /* there is more to look at */
	STREAM_TAKEN,  /* all that was kept, or stream_yield() was called */
	STREAM_ENDED,  /* the client said that it will send no more */
	STREAM_LOST,   /* without that, or the handshake failed */
};

/* Never called from the functions below; may close the stream. */
typedef void stream_fn(void *arg, enum stream_event what);

struct stream {
	struct loop *loop;
	stream_fn *fn;
	void *arg;
	int fd;
	struct ssl_st *tls; /* NULL: plain */
	unsigned long error;
	struct watch *reads, *writes;
	struct timer *again;
	char *in, *out;
	size_t in_at, in_end, in_cap;
	size_t out_at, out_end;
	bool shaking;
	bool held;    /* not to be read from */
	bool stuck;   /* reading waits until it can be written to */
	bool dry;     /* what OpenSSL has is no whole record */
	bool thirsty; /* writing waits until it has been read from */
	bool over;    /* an end was seen, behind bytes that came before it */
};

/* Takes `fd` and `tls`, which is about to shake hands. */
void stream_open(struct stream *s, int fd, struct ssl_st *tls);
void stream_close(struct stream *s); /* at once; what is kept is dropped */

/* What has come and was not used yet. */
const char *stream_bytes(const struct stream *s, size_t *len);
void stream_used(struct stream *s, size_t n);

/* As one write, and one TLS record as far as records go. */
void stream_send(struct stream *s, const char *bytes, size_t len);
bool stream_is_taken(const struct stream *s);
/* Have STREAM_TAKEN come when the loop has seen to others. */
void stream_yield(struct stream *s);

void stream_hold(struct stream *s); /* read no more until released */
void stream_release(struct stream *s);

/* Has anything come that stream_bytes() does not show? */
bool stream_is_stirring(const struct stream *s);

#endif
