/*
 * The context is built anew for each certificate and swapped under a lock;
 * connections hold a reference to theirs.  OpenSSL's error queue is a thread's
 * own and sticky: whatever calls OpenSSL leaves it empty.
 */
#include "http/tls_int.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "http/tls_ticket_int.h"

enum { IDLE_RECORDS_MAX = 64 }; /* one after the other */

struct tls {
	pthread_mutex_t lock;
	SSL_CTX *ctx;
	struct tickets *tickets;
};

/* BCP 195: forward secrecy and AEAD only; TLS 1.3 has nothing else. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

struct tls *
tls_new(void)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL || pthread_mutex_init(&t->lock, NULL) != 0)
		abort();
	t->tickets = tickets_new();
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	tickets_free(t->tickets);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

/* A client that offers protocols must offer ours (RFC 7301, 3.2). */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *offered, unsigned len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	for (unsigned i = 0; i < len; i += 1u + offered[i])
		if (len - i >= sizeof(ours) - 1 &&
		    memcmp(offered + i, ours, sizeof(ours) - 1) == 0) {
			*out = offered + i + 1;
			*out_len = offered[i];
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Without this, OpenSSL would ask the terminal for a passphrase. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/*
 * Records that carry no byte of a request are no end of a read: OpenSSL goes
 * on with the next, and whoever sends them without end would have the loop to
 * himself (RFC 8446, 4.6.3; refused renegotiation before it).
 */
static void
heard(int written, int version, int type, const void *bytes, size_t len,
    SSL *ssl, void *arg)
{
	const int told = SSL_version(ssl) == TLS1_3_VERSION
	                     ? SSL3_RT_INNER_CONTENT_TYPE
	                     : SSL3_RT_HEADER;
	uintptr_t n = (uintptr_t)SSL_get_app_data(ssl);

	(void)version;
	(void)arg;
	if (written || len == 0 || type != told || !SSL_is_init_finished(ssl))
		return;
	n = *(const uint8_t *)bytes == SSL3_RT_APPLICATION_DATA ? 0 : n + 1;
	(void)SSL_set_app_data(ssl, (void *)n);
	if (n > IDLE_RECORDS_MAX) /* it reads no further, then */
		SSL_set_shutdown(ssl,
		    SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

static BIO *
reader(const char *pem)
{
	BIO *b = BIO_new_mem_buf(pem, -1);

	if (b == NULL)
		abort();
	return b;
}

static bool
use_chain(SSL_CTX *ctx, const char *pem)
{
	BIO *in = reader(pem);
	X509 *x = PEM_read_bio_X509(in, NULL, no_passphrase, NULL);
	bool ok = x != NULL && SSL_CTX_use_certificate(ctx, x) == 1;

	X509_free(x);
	while (ok &&
	       (x = PEM_read_bio_X509(in, NULL, no_passphrase, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ctx, x) != 1) {
			X509_free(x);
			ok = false;
		}
	/* The end of the text shows as an error: there is no next begin line. */
	if (ok && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		ok = false;
	BIO_free(in);
	return ok;
}

static bool
use_key(SSL_CTX *ctx, const char *pem)
{
	BIO *in = reader(pem);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
	bool ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
	          SSL_CTX_check_private_key(ctx) == 1;

	EVP_PKEY_free(key);
	BIO_free(in);
	return ok;
}

static SSL_CTX *
context_new(struct tickets *tickets)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, ciphers) != 1 ||
	    SSL_CTX_set_max_early_data(ctx, 0) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 1) != 1)
		abort();
	SSL_CTX_set_read_ahead(ctx, 1); /* a record is one read */
	SSL_CTX_set_msg_callback(ctx, heard);
	(void)SSL_CTX_set_options(ctx,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	        SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                                SSL_MODE_ENABLE_PARTIAL_WRITE);
	/* Tickets resume sessions; nothing is kept here. */
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	tickets_use(tickets, ctx);
	(void)SSL_CTX_set_timeout(ctx, TICKETS_ROTATE_MS / 1000);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	return ctx;
}

static const char *
why(unsigned long code)
{
	const char *text = ERR_reason_error_string(code);

	return text != NULL ? text : "no reason given";
}

enum err
tls_set(struct tls *t, const char *chain, const char *key, struct fault *f)
{
	SSL_CTX *ctx, *former;
	const char *what = NULL;
	unsigned long code;

	ERR_clear_error();
	ctx = context_new(t->tickets);
	if (!use_chain(ctx, chain))
		what = "certificate chain";
	else if (!use_key(ctx, key))
		what = "private key";
	code = ERR_peek_last_error();
	ERR_clear_error();
	if (what != NULL) {
		SSL_CTX_free(ctx);
		return fault(f, ERR_INTERNAL, "%s: %s", what, why(code));
	}

	(void)pthread_mutex_lock(&t->lock);
	former = t->ctx;
	t->ctx = ctx;
	/* Who resumes sees no certificate: let it not be one of before. */
	tickets_forget(t->tickets);
	(void)pthread_mutex_unlock(&t->lock);
	SSL_CTX_free(former);
	return OK;
}

void
tls_rotate(struct tls *t)
{
	tickets_rotate(t->tickets);
}

struct ssl_st *
tls_accept(struct tls *t, int fd)
{
	SSL *ssl;

	ERR_clear_error();
	(void)pthread_mutex_lock(&t->lock);
	ssl = t->ctx != NULL ? SSL_new(t->ctx) : NULL;
	(void)pthread_mutex_unlock(&t->lock);
	if (ssl != NULL && SSL_set_fd(ssl, fd) != 1)
		abort();
	if (ssl != NULL)
		SSL_set_accept_state(ssl);
	return ssl;
}

void
tls_close(struct ssl_st *ssl)
{
	SSL_free(ssl);
}

static enum tls_io
outcome(const SSL *ssl, int result, unsigned long *error)
{
	int what = SSL_get_error(ssl, result);

	if (what == SSL_ERROR_NONE)
		return TLS_OK;
	if (what == SSL_ERROR_WANT_READ)
		return TLS_READS;
	if (what == SSL_ERROR_WANT_WRITE)
		return TLS_WRITES;
	if (error != NULL) /* the latest; below it are others */
		*error = ERR_peek_last_error();
	ERR_clear_error();
	return what == SSL_ERROR_ZERO_RETURN ? TLS_ENDED : TLS_LOST;
}

enum tls_io
tls_shake(struct ssl_st *ssl, unsigned long *error)
{
	ERR_clear_error();
	return outcome(ssl, SSL_do_handshake(ssl), error);
}

enum tls_io
tls_read(struct ssl_st *ssl, char *out, size_t room, size_t *n)
{
	int ok;

	*n = 0;
	ERR_clear_error();
	ok = SSL_read_ex(ssl, out, room, n);
	return outcome(ssl, ok, NULL);
}

enum tls_io
tls_write(struct ssl_st *ssl, const char *bytes, size_t len, size_t *n)
{
	int ok;

	*n = 0;
	ERR_clear_error();
	ok = SSL_write_ex(ssl, bytes, len, n);
	return outcome(ssl, ok, NULL);
}

bool
tls_pending(const struct ssl_st *ssl)
{
	return SSL_has_pending(ssl) == 1;
}

bool
tls_is_mid(const struct ssl_st *ssl)
{
	return SSL_in_init(ssl) == 1;
}

void
tls_goodbye(struct ssl_st *ssl)
{
	ERR_clear_error();
	if (SSL_is_init_finished(ssl) &&
	    (SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) == 0)
		(void)SSL_shutdown(ssl);
	ERR_clear_error();
}

const char *
tls_reason(unsigned long error, bool *plain)
{
	*plain = ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST;
	return error != 0 ? why(error) : "connection lost";
}
