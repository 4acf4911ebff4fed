/* http/tls_int.h: the serving certificate, and connections that show it. */
#ifndef HTTP_TLS_INT_H
#define HTTP_TLS_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct tls;
struct ssl_st; /* a connection */

/* What became of an attempt that does not wait. */
enum tls_io {
	TLS_OK,
	TLS_READS,  /* again when it can be read from */
	TLS_WRITES, /* again when it can be written to */
	TLS_ENDED,  /* the client has said that no more will come */
	TLS_LOST,
};

struct tls *tls_new(void); /* with no certificate yet */
void tls_free(struct tls *t);

/* Any thread.  On failure the former pair stays. */
enum err tls_set(struct tls *t, const char *chain, const char *key,
    struct fault *f) MUST_USE;

/* Any thread: a new key for session tickets, once a period. */
void tls_rotate(struct tls *t);

/*
 * A connection about to shake hands on `fd`, which stays the caller's.  Any
 * thread.  NULL before the first tls_set().
 */
struct ssl_st *tls_accept(struct tls *t, int fd);
void tls_close(struct ssl_st *ssl); /* NULL is a no-op */

/* *error is set with TLS_LOST, for tls_reason(). */
enum tls_io tls_shake(struct ssl_st *ssl, unsigned long *error);
enum tls_io tls_read(struct ssl_st *ssl, char *out, size_t room, size_t *n);
/* May take less than all.  What it did not take must be given again. */
enum tls_io tls_write(struct ssl_st *ssl, const char *bytes, size_t len,
    size_t *n);
/* Has anything been received that tls_read() has not told of? */
bool tls_pending(const struct ssl_st *ssl);
/* In a handshake, or in a message after it; to write may be to read, then. */
bool tls_is_mid(const struct ssl_st *ssl);

/* Say that no more will be sent, if the handshake got far enough. */
void tls_goodbye(struct ssl_st *ssl);

/*
 * Why the handshake failed, in OpenSSL's words; is the client one that speaks
 * HTTP without TLS?
 */
const char *tls_reason(unsigned long error, bool *plain);

#endif
