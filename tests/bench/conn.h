/* tests/bench/conn.h: a kept TLS connection that asks one thing at a time. */
#ifndef TESTS_BENCH_CONN_H
#define TESTS_BENCH_CONN_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/loop.h"

/* Where all connections go; shared by them. */
struct target {
	struct loop *loop;
	SSL_CTX *ctx;
	struct sockaddr_storage addr;
	socklen_t addr_len;
	char host[256], port[8], authority[272];
	SSL_SESSION *session; /* the newest, if one is to be resumed */
	bool resume;
};

/*
 * From "https://HOST:PORT/…"; `ca` is a file, or NULL to trust anybody.  Ends
 * the program with the reason if that cannot be.
 */
void target_make(struct target *t, struct loop *l, const char *url,
    const char *ca);
void target_free(struct target *t);
/* The part of a URL of the target's that a request line has. */
const char *target_path(const struct target *t, const char *url);

/* A reply, whole; valid until the callback returns. */
struct answer {
	int status;
	char *head; /* with a NUL after it */
	char *body; /* so has this */
	size_t body_len;
};
/* The value of a header into `out`; false if there is none, or no room. */
bool answer_header(const struct answer *a, const char *name, char *out,
    size_t room);

struct conn;
/* Connected, with its TLS handshake done. */
typedef void conn_opened(void *arg);
/* `a` is NULL when the connection ended instead. */
typedef void conn_answered(void *arg, const struct answer *a);

struct conn {
	struct target *to;
	SSL *ssl;
	struct watch *watch;
	int fd;
	enum { CONN_CLOSED, CONN_DIALS, CONN_SHAKES, CONN_OPEN } state;
	bool head_only, asked;
	conn_opened *opened;
	conn_answered *answered;
	void *arg;
	char *in;
	size_t in_len, in_room;
};

/* `opened` once, then `answered` for each conn_ask(), or for the end. */
void conn_open(struct conn *c, struct target *to, conn_opened *opened,
    conn_answered *answered, void *arg);
/* A whole request; only when none is under way. */
void conn_ask(struct conn *c, const char *text, size_t len);
/* May be opened again; no-op if it is closed. */
void conn_close(struct conn *c);

/* Say why and end the program. */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
int64_t now_ns(void);

#endif
