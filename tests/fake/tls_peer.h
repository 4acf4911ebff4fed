/*
 * tests/fake/tls_peer.h: a TLS server on loopback, in a thread of its own,
 * with any manners.  It serves one connection after the other.
 */
#ifndef TESTS_FAKE_TLS_PEER_H
#define TESTS_FAKE_TLS_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/cmocka.h"

enum tls_manners {
	TLS_RIGHT,
	TLS_NO_ALPN,    /* it knows nothing of it */
	TLS_OTHER_ALPN, /* it selects what was not offered */
	TLS_ALERT,      /* no_application_protocol */
	TLS_SILENT,
	TLS_DRIP,  /* a byte now and then */
	TLS_PLAIN, /* HTTP */
	TLS_CLOSE, /* at once */
	TLS_RESET, /* once the client has spoken */
	TLS_FLOOD, /* HelloRequests, without end */
};

struct tls_peer {
	/* Set before it is asked. */
	enum tls_manners manners;
	SSL_CTX *ctx;

	/* Of the last connection; read them after tls_peer_stop(). */
	char sni[300];
	unsigned char offered[64];
	size_t offered_len;
	int hello_version;
	size_t data;         /* bytes of application data */
	bool shaken, closed; /* the client finished; and said goodbye */
	unsigned served;

	int fd, conn;
	uint16_t port;
	pthread_t thread;
};

static inline int
tls_peer_choose(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned inlen, void *arg)
{
	static const unsigned char right[] = "acme-tls/1", other[] = "h2";
	struct tls_peer *s = arg;

	(void)ssl;
	s->offered_len = inlen < sizeof(s->offered) ? inlen : 0;
	memcpy(s->offered, in, s->offered_len);
	if (s->manners == TLS_NO_ALPN)
		return SSL_TLSEXT_ERR_NOACK;
	if (s->manners == TLS_ALERT)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = s->manners == TLS_OTHER_ALPN ? other : right;
	*outlen = (unsigned char)strlen((const char *)*out);
	return SSL_TLSEXT_ERR_OK;
}

static inline void
tls_peer_shake(struct tls_peer *s)
{
	SSL *ssl = SSL_new(s->ctx);
	const char *sni;
	char data[512];
	int n;

	(void)SSL_set_fd(ssl, s->conn);
	s->shaken = SSL_accept(ssl) == 1;
	s->hello_version = SSL_client_version(ssl);
	sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	(void)snprintf(s->sni, sizeof(s->sni), "%s", sni ? sni : "");
	while (s->shaken && (n = SSL_read(ssl, data, sizeof(data))) > 0)
		s->data += (size_t)n;
	s->closed = (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
	SSL_free(ssl);
	ERR_clear_error();
}

static inline void
tls_peer_serve(struct tls_peer *s)
{
	static const char http[] =
	    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
	static const unsigned char request[] = { 0x16, 3, 3, 0, 4, 0, 0, 0, 0 };
	static const unsigned char record[] = { 0x16, 3, 3, 0x10, 0, 2 };
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	char data[512];

	switch (s->manners) {
	case TLS_SILENT: /* until the client goes */
		while (recv(s->conn, data, sizeof(data), 0) > 0)
			;
		break;
	case TLS_DRIP:
		for (size_t i = 0;
		     send(s->conn, i < sizeof(record) ? &record[i] : &record[4],
		         1, MSG_NOSIGNAL) == 1;
		     i++)
			(void)usleep(20000);
		break;
	case TLS_PLAIN:
		(void)send(s->conn, http, sizeof(http) - 1, MSG_NOSIGNAL);
		break;
	case TLS_FLOOD:
		while (send(s->conn, request, sizeof(request), MSG_NOSIGNAL) ==
		       sizeof(request))
			;
		break;
	case TLS_RESET:
		(void)recv(s->conn, data, sizeof(data), 0);
		(void)setsockopt(s->conn, SOL_SOCKET, SO_LINGER, &now,
		    sizeof(now));
		break;
	case TLS_CLOSE:
		break;
	default:
		tls_peer_shake(s);
		break;
	}
}

static inline void *
tls_peer_thread(void *arg)
{
	struct tls_peer *s = arg;

	while ((s->conn = accept(s->fd, NULL, NULL)) >= 0) {
		s->served++;
		tls_peer_serve(s);
		(void)close(s->conn);
	}
	return NULL;
}

/* `address` is "127.0.0.1" or "::1"; any port if it is 0. */
static inline void
tls_peer_start(struct tls_peer *s, const char *address, uint16_t port)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in a4 = { .sin_family = AF_INET };
	bool v6 = strchr(address, ':') != NULL;
	struct sockaddr *a = v6 ? (void *)&a6 : (void *)&a4;
	socklen_t len = v6 ? sizeof(a6) : sizeof(a4);
	int on = 1;

	(void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes as it likes */
	memset(s, 0, sizeof(*s));
	a4.sin_port = a6.sin6_port = htons(port);
	if (inet_pton(a->sa_family, address,
	        v6 ? (void *)&a6.sin6_addr : (void *)&a4.sin_addr) != 1 ||
	    (s->fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 ||
	    setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(s->fd, a, len) != 0 || getsockname(s->fd, a, &len) != 0 ||
	    listen(s->fd, 64) != 0)
		abort();
	s->port = ntohs(v6 ? a6.sin6_port : a4.sin_port);
	s->ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_alpn_select_cb(s->ctx, tls_peer_choose, s);
	(void)SSL_CTX_set_num_tickets(s->ctx, 2);
}

/* From now on it listens, with what has been set. */
static inline void
tls_peer_run(struct tls_peer *s, X509 *cert, EVP_PKEY *key)
{
	if (cert != NULL && (SSL_CTX_use_certificate(s->ctx, cert) != 1 ||
	                        SSL_CTX_use_PrivateKey(s->ctx, key) != 1))
		abort();
	if (pthread_create(&s->thread, NULL, tls_peer_thread, s) != 0)
		abort();
}

static inline void
tls_peer_stop(struct tls_peer *s)
{
	(void)shutdown(s->fd, SHUT_RDWR); /* ends the accept */
	if (pthread_join(s->thread, NULL) != 0)
		abort();
	(void)close(s->fd);
	SSL_CTX_free(s->ctx);
}

#endif
