/*
 * The front's half: asks are kept in the order they were made, sent as far as
 * the window and the socket allow, and kept until answered, so that another
 * keeper can be asked when the first is gone.
 */
#include "crypto/issuer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/keeper.h"

enum {
	PATIENCE_MS = 10 * 1000,
	PING_MS = 2 * 1000,
	OCSP_MS = 3 * 1000, /* then the client may as well ask again */
	OCSP_MAX = 32,      /* under way; who wants a certificate comes first */
	/* answers to as many fit the socket, so the keeper need not wait */
	WINDOW = 64,
};

struct ask {
	struct ask *next;
	struct issuer *is;
	struct keeper_ask frame;
	struct timer *deadline;
	issue_done *done; /* NULL: a ping */
	void (*pong)(void *arg, bool alive);
	void *arg;
};

struct issuer {
	struct loop *loop;
	int fd; /* -1: no keeper at present */
	struct watch *readable;
	struct watch *writable; /* only while the socket is full */
	struct ask *first, **last;
	struct ask *unsent; /* the first that is not with the keeper */
	size_t in_flight;   /* how many are */
	size_t n_ocsp;      /* of all, those about certificates' status */
	uint64_t tag;
	unsigned patience_ms;
};

static void ready(void *arg, unsigned what);
static void send_more(struct issuer *is);

static void
ask_free(struct ask *k)
{
	timer_free(k->deadline);
	free(k);
}

static struct ask **
find(struct issuer *is, uint64_t tag)
{
	struct ask **at = &is->first;

	while (*at != NULL && (*at)->frame.tag != tag)
		at = &(*at)->next;
	return at;
}

static bool
was_sent(const struct issuer *is, const struct ask *k)
{
	const struct ask *u = is->unsent;

	/* tags grow along the list, and what is sent is its beginning */
	return u == NULL || k->frame.tag < u->frame.tag;
}

static struct ask *
unlink_ask(struct issuer *is, struct ask **at)
{
	struct ask *k = *at;

	if (was_sent(is, k))
		is->in_flight--;
	if (is->unsent == k)
		is->unsent = k->next;
	if (k->frame.op == KEEPER_OCSP)
		is->n_ocsp--;
	*at = k->next;
	if (is->last == &k->next)
		is->last = at;
	return k;
}

/* The last thing that happens to an ask; `done` may free the issuer. */
static void
finish(struct ask *k, enum err result, const uint8_t *der, size_t len)
{
	issue_done *done = k->done;
	void (*pong)(void *, bool) = k->pong;
	void *arg = k->arg;

	ask_free(k);
	if (done != NULL)
		done(arg, result, der, len);
	else
		pong(arg, result == OK);
}

static void
too_late(void *arg)
{
	struct ask *k = arg;
	struct issuer *is = k->is;

	(void)unlink_ask(is, find(is, k->frame.tag));
	if (k->done != NULL)
		log_warn("issuer.no_answer", "waiting=%zu connected=%d",
		    is->in_flight, is->fd >= 0);
	send_more(is);
	finish(k, ERR_BUSY, NULL, 0);
}

/* The keeper is gone; what it did not answer is to be asked again. */
static void
disconnect(struct issuer *is)
{
	watch_free(is->readable);
	watch_free(is->writable);
	is->readable = is->writable = NULL;
	if (is->fd >= 0)
		(void)close(is->fd);
	is->fd = -1;
	is->unsent = is->first;
	is->in_flight = 0;
}

static void
send_more(struct issuer *is)
{
	struct ask *k;

	while ((k = is->unsent) != NULL && is->fd >= 0 &&
	       is->writable == NULL && is->in_flight < WINDOW) {
		ssize_t n = send(is->fd, &k->frame, sizeof(k->frame),
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n == (ssize_t)sizeof(k->frame)) {
			is->unsent = k->next;
			is->in_flight++;
		} else if (n < 0 && errno == EAGAIN) {
			is->writable =
			    loop_watch(is->loop, is->fd, LOOP_WRITE, ready, is);
		} else if (n >= 0 || errno != EINTR) {
			disconnect(is);
		}
	}
}

/* One frame; false if there is none, or no keeper any more. */
static bool
receive(struct issuer *is, struct keeper_answer *out)
{
	const size_t head = offsetof(struct keeper_answer, der);
	ssize_t n;

	do
		n = recv(is->fd, out, sizeof(*out), MSG_DONTWAIT | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n >= (ssize_t)head && (size_t)n <= sizeof(*out) &&
	    out->len == (size_t)n - head)
		return true;
	log_warn("issuer.keeper_gone", "octets=%zd waiting=%zu", n,
	    is->in_flight);
	disconnect(is);
	return false;
}

/*
 * One answer a time: `done` may do anything, also free us.  What else waits is
 * seen by the loop's next look.
 */
static void
answered(struct issuer *is)
{
	struct keeper_answer a;
	struct ask **at, *k;
	enum err e;

	if (!receive(is, &a))
		return;
	at = find(is, a.tag);
	if (*at == NULL || !was_sent(is, *at))
		return; /* it came too late */
	k = unlink_ask(is, at);
	send_more(is);
	e = a.result == OK && (k->done == NULL || a.len > 0) ? OK
	                                                     : ERR_INTERNAL;
	finish(k, e, e == OK ? a.der : NULL, e == OK ? a.len : 0);
}

static void
ready(void *arg, unsigned what)
{
	struct issuer *is = arg;

	if ((what & LOOP_WRITE) != 0) {
		watch_free(is->writable);
		is->writable = NULL;
		send_more(is);
	} else {
		answered(is);
	}
}

struct issuer *
issuer_new(struct loop *l, int fd)
{
	struct issuer *is = calloc(1, sizeof(*is));

	if (is == NULL)
		abort();
	is->loop = l;
	is->fd = -1;
	is->last = &is->first;
	is->patience_ms = PATIENCE_MS;
	issuer_reconnect(is, fd);
	return is;
}

void
issuer_reconnect(struct issuer *is, int fd)
{
	disconnect(is);
	is->fd = fd;
	if (fd < 0)
		return;
	is->readable = loop_watch(is->loop, fd, LOOP_READ, ready, is);
	send_more(is);
}

void
issuer_free(struct issuer *is)
{
	struct ask *k, *next;

	if (is == NULL)
		return;
	disconnect(is);
	for (k = is->first; k != NULL; k = next) {
		next = k->next;
		ask_free(k);
	}
	free(is);
}

void
issuer_patience(struct issuer *is, unsigned ms)
{
	is->patience_ms = ms;
}

static struct ask *
ask_new(struct issuer *is, enum keeper_op op, unsigned ms)
{
	struct ask *k = calloc(1, sizeof(*k));

	if (k == NULL)
		abort();
	k->is = is;
	k->frame.op = (uint32_t)op;
	k->frame.tag = ++is->tag;
	k->deadline = loop_after(is->loop, ms, too_late, k);
	*is->last = k;
	is->last = &k->next;
	if (is->unsent == NULL)
		is->unsent = k;
	return k;
}

static void
sign(struct issuer *is, enum keeper_op op, unsigned issuer, struct id object,
    issue_done *done, void *arg)
{
	struct ask *k = ask_new(is, op, is->patience_ms);

	k->frame.issuer = issuer;
	k->frame.object = object;
	k->done = done;
	k->arg = arg;
	send_more(is);
}

void
issuer_sign(struct issuer *is, unsigned issuer, struct id order,
    issue_done *done, void *arg)
{
	sign(is, KEEPER_LEAF, issuer, order, done, arg);
}

void
issuer_sign_crl(struct issuer *is, unsigned issuer, struct id crl,
    issue_done *done, void *arg)
{
	sign(is, KEEPER_CRL, issuer, crl, done, arg);
}

void
issuer_ocsp(struct issuer *is, unsigned issuer, const struct ocsp_query *q,
    issue_done *done, void *arg)
{
	struct ask *k;

	if (is->n_ocsp >= OCSP_MAX) {
		done(arg, ERR_BUSY, NULL, 0);
		return;
	}
	k = ask_new(is, KEEPER_OCSP,
	    is->patience_ms < OCSP_MS ? is->patience_ms : OCSP_MS);
	k->frame.issuer = issuer;
	k->frame.ocsp = *q;
	k->done = done;
	k->arg = arg;
	is->n_ocsp++;
	send_more(is);
}

void
issuer_ping(struct issuer *is, void (*done)(void *arg, bool alive), void *arg)
{
	/* without a keeper there is nothing to wait for */
	struct ask *k = ask_new(is, KEEPER_PING,
	    is->fd < 0                  ? 0
	    : is->patience_ms < PING_MS ? is->patience_ms
	                                : PING_MS);

	k->pong = done;
	k->arg = arg;
	send_more(is);
}
