/* http/tls_int.h: the serving certificate, and connections that show it. */
#ifndef HTTP_TLS_INT_H
#define HTTP_TLS_INT_H

#include <stdbool.h>

#include "base/err.h"

struct tls;
struct event_base;
struct bufferevent;

struct tls *tls_new(void); /* with no certificate yet */
void tls_free(struct tls *t);

/* Any thread.  On failure the former pair stays. */
enum err tls_set(struct tls *t, const char *chain, const char *key,
    struct fault *f) MUST_USE;

/*
 * A connection about to shake hands, which owns `fd` from now on.  Any thread.
 * NULL, and `fd` is still the caller's, before the first tls_set().
 */
struct bufferevent *tls_accept(struct tls *t, struct event_base *base, int fd);

/* Say that no more will be sent, if the handshake got far enough. */
void tls_goodbye(struct bufferevent *bev);

/*
 * Why the handshake failed, in OpenSSL's words; is the client one that speaks
 * HTTP without TLS?
 */
const char *tls_reason(struct bufferevent *bev, bool *plain);

#endif
