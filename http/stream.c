/*
 * A record that OpenSSL has read lies in its own buffer, where no loop sees it.
 * So reading goes on while there is one, and if it has to stop before, or an
 * end was seen behind bytes that must be told of first, `again` comes back.
 */
#include "http/stream_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/tls_int.h"

enum {
	IN_FIRST = 4096,
	IN_TURN = 16 * 1024, /* before others get theirs */
};

static loop_fn look;

/* Bytes, in the words of tls_int.h. */

static enum tls_io
plain_io(ssize_t n, size_t *done)
{
	*done = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return TLS_OK;
	if (n == 0)
		return TLS_ENDED;
	return errno == EAGAIN || errno == EINTR ? TLS_READS : TLS_LOST;
}

static enum tls_io
take(struct stream *s, char *out, size_t room, size_t *n)
{
	if (s->tls != NULL)
		return tls_read(s->tls, out, room, n);
	return plain_io(recv(s->fd, out, room, 0), n);
}

static void
come_back(struct stream *s)
{
	if (s->again == NULL && !s->held)
		s->again = loop_after(s->loop, 0, look, s);
}

static enum tls_io
give(struct stream *s, const char *bytes, size_t len, size_t *n)
{
	enum tls_io io;

	if (s->tls != NULL) {
		const bool mid = tls_is_mid(s->tls);

		io = tls_write(s->tls, bytes, len, n);
		/* to get there, it may have read what no socket tells of */
		if (mid && io == TLS_OK) {
			s->dry = false;
			come_back(s);
		}
		return io;
	}
	io = plain_io(send(s->fd, bytes, len, MSG_NOSIGNAL), n);
	return io == TLS_READS ? TLS_WRITES : io;
}

/* Is there anything to look at that the socket does not tell of? */
static bool
has_more(const struct stream *s)
{
	return s->over || (s->tls != NULL && !s->dry && tls_pending(s->tls));
}

/* Writing. */

/* As much as goes now.  TLS_OK: all of it. */
static enum tls_io
give_all(struct stream *s, const char *bytes, size_t len, size_t *done)
{
	enum tls_io io = TLS_OK;
	size_t n;

	for (*done = 0; io == TLS_OK && *done < len; *done += n)
		io = give(s, bytes + *done, len - *done, &n);
	return io;
}

static void
shake(struct stream *s)
{
	enum tls_io io = tls_shake(s->tls, &s->error);

	s->dry = io == TLS_READS;
	if (io != TLS_WRITES) {
		watch_free(s->writes);
		s->writes = NULL;
	} else
		stream_yield(s);
	if (io == TLS_OK) {
		s->shaking = false;
		if (has_more(s))
			come_back(s);
		s->fn(s->arg, STREAM_SHAKEN);
	} else if (io == TLS_ENDED || io == TLS_LOST) {
		stream_hold(s);
		s->fn(s->arg, STREAM_LOST);
	}
}

static void
can_write(void *arg, unsigned ready)
{
	struct stream *s = arg;
	enum tls_io io;
	size_t n;

	(void)ready;
	if (s->shaking) {
		shake(s);
		return;
	}
	io = give_all(s, s->out + s->out_at, s->out_end - s->out_at, &n);
	s->out_at += n;
	if (io == TLS_WRITES)
		return;
	watch_free(s->writes);
	s->writes = NULL;
	if (s->stuck) {
		s->stuck = false;
		if (!s->held)
			stream_release(s);
		come_back(s);
	}
	s->thirsty = io == TLS_READS;
	if (s->thirsty)
		return;
	if (io == TLS_OK) {
		free(s->out);
		s->out = NULL;
		s->out_at = s->out_end = 0;
	}
	s->fn(s->arg, io == TLS_OK ? STREAM_TAKEN : STREAM_LOST);
}

void
stream_yield(struct stream *s)
{
	if (s->writes == NULL)
		s->writes =
		    loop_watch(s->loop, s->fd, LOOP_WRITE, can_write, s);
}

static void
keep(struct stream *s, const char *bytes, size_t len)
{
	size_t had = s->out_end - s->out_at;
	char *out = malloc(had + len);

	if (out == NULL)
		abort();
	if (had != 0)
		memcpy(out, s->out + s->out_at, had);
	memcpy(out + had, bytes, len);
	free(s->out);
	s->out = out;
	s->out_at = 0;
	s->out_end = had + len;
}

void
stream_send(struct stream *s, const char *bytes, size_t len)
{
	size_t n = 0;

	/* A failure shows again when it is tried again. */
	if (stream_is_taken(s))
		(void)give_all(s, bytes, len, &n);
	if (n == len)
		return;
	keep(s, bytes + n, len - n);
	stream_yield(s);
}

bool
stream_is_taken(const struct stream *s)
{
	return s->out_at == s->out_end;
}

/* Reading. */

static void
make_room(struct stream *s)
{
	if (s->in_end < s->in_cap)
		return;
	if (s->in_at >= s->in_cap / 2 && s->in_at != 0) {
		s->in_end -= s->in_at;
		memmove(s->in, s->in + s->in_at, s->in_end);
		s->in_at = 0;
		return;
	}
	s->in_cap = s->in_cap == 0 ? IN_FIRST : s->in_cap * 2;
	if ((s->in = realloc(s->in, s->in_cap)) == NULL)
		abort();
}

/* What there is for one turn; *came tells how much. */
static enum tls_io
read_on(struct stream *s, size_t *came)
{
	enum tls_io io;
	size_t n;

	*came = 0;
	do {
		make_room(s);
		io = take(s, s->in + s->in_end, s->in_cap - s->in_end, &n);
		s->in_end += n;
		*came += n;
		s->dry = io == TLS_READS;
	} while (io == TLS_OK && has_more(s) && *came < IN_TURN);
	stream_used(s, 0);
	return io;
}

/* Whoever has no more to say stays readable for ever. */
static void
look(void *arg)
{
	struct stream *s = arg;
	enum tls_io io;
	size_t came;

	timer_free(s->again);
	s->again = NULL;
	if (s->shaking) {
		shake(s);
		return;
	}
	io = read_on(s, &came);
	if (s->thirsty)
		stream_yield(s);
	s->thirsty = false;
	if (io == TLS_WRITES) {
		s->stuck = true;
		watch_free(s->reads);
		s->reads = NULL;
		stream_yield(s);
	}
	s->over = io == TLS_ENDED || io == TLS_LOST;
	if (came != 0) {
		if (has_more(s))
			come_back(s);
		s->fn(s->arg, STREAM_CAME);
	} else if (s->over) {
		s->over = false;
		stream_hold(s);
		s->fn(s->arg, io == TLS_ENDED ? STREAM_ENDED : STREAM_LOST);
	}
}

static void
can_read(void *arg, unsigned ready)
{
	(void)ready;
	look(arg);
}

const char *
stream_bytes(const struct stream *s, size_t *len)
{
	*len = s->in_end - s->in_at;
	return s->in + s->in_at;
}

void
stream_used(struct stream *s, size_t n)
{
	s->in_at += n;
	if (s->in_at != s->in_end)
		return;
	free(s->in);
	s->in = NULL;
	s->in_at = s->in_end = s->in_cap = 0;
}

void
stream_hold(struct stream *s)
{
	s->held = true;
	watch_free(s->reads);
	s->reads = NULL;
	timer_free(s->again);
	s->again = NULL;
}

void
stream_release(struct stream *s)
{
	s->held = false;
	if (s->reads == NULL && !s->stuck)
		s->reads = loop_watch(s->loop, s->fd, LOOP_READ, can_read, s);
	if (has_more(s))
		come_back(s);
}

bool
stream_is_stirring(const struct stream *s)
{
	char byte;

	return has_more(s) ||
	       recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void
stream_open(struct stream *s, int fd, struct ssl_st *tls)
{
	s->fd = fd;
	s->tls = tls;
	s->shaking = tls != NULL;
	stream_release(s);
}

void
stream_close(struct stream *s)
{
	stream_hold(s);
	watch_free(s->writes);
	tls_close(s->tls);
	(void)close(s->fd);
	free(s->in);
	free(s->out);
}
