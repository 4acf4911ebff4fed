/*
 * challenges/tls_alpn01_int.h: the handshake of tls-alpn-01 (RFC 8737, 3) over
 * bytes that others carry: no socket, no waiting, and never application data.
 */
#ifndef CHALLENGES_TLS_ALPN01_INT_H
#define CHALLENGES_TLS_ALPN01_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SHAKE_BYTES_MAX = 64 * 1024, /* that a server may send */
	SHAKE_CERTS_MAX = 16 * 1024, /* of them, certificates */
	SHAKE_TEXT = 128,
};

struct alpn; /* what all handshakes of a loop share */
struct alpn *alpn_new(void);
void alpn_free(struct alpn *a);

enum shake_end {
	SHAKE_GOING,
	SHAKE_DONE,
	SHAKE_ALERT,    /* the server refused; `why` says which alert */
	SHAKE_REFUSED,  /* we did */
	SHAKE_NOT_TLS,  /* what came is something else */
	SHAKE_TOO_LONG, /* more bytes than a handshake can need */
	SHAKE_CLOSED,   /* it ended before it was through */
};

struct shake;

/* `sni` is what is asked for; only "acme-tls/1" is offered, TLS 1.2 at least. */
struct shake *shake_new(struct alpn *a, const char *sni);
void shake_free(struct shake *s);

/* What the server sent; 0 bytes: it will not send any more. */
enum shake_end shake_feed(struct shake *s, const uint8_t *data, size_t len);
/* What is to be sent to it: up to `room` bytes; how many. */
size_t shake_take(struct shake *s, uint8_t *out, size_t room);

/* Of an alert or a refusal: a constant text of OpenSSL's. */
void shake_why(const struct shake *s, char out[SHAKE_TEXT]);

/* Once SHAKE_DONE. */
const char *shake_version(const struct shake *s); /* "TLSv1.3" */
bool shake_selected(const struct shake *s);       /* was it acme-tls/1? */
/* The first certificate in DER; 0 if there is none.  Lives as long as `s`. */
size_t shake_cert(struct shake *s, const uint8_t **der);
/* Is that signed by the key in it? */
bool shake_self_signed(const struct shake *s);
/* Say goodbye; shake_take() has it. */
void shake_close(struct shake *s);

#endif
