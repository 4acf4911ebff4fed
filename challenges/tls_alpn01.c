/*
 * A TLS client that wants nothing but a certificate.  It verifies no chain:
 * what the certificate must be is judged elsewhere, and before its signature,
 * so that only what looks right is reckoned with.
 */
#include "challenges/tls_alpn01_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static const unsigned char acme_tls[] = "\x0a"
                                        "acme-tls/1";
enum { ACME_TLS = sizeof(acme_tls) - 1 };

struct alpn {
	SSL_CTX *ctx;
};

struct shake {
	SSL *ssl;
	BIO *in, *out; /* the SSL's */
	enum shake_end end;
	unsigned long error; /* OpenSSL's, of an alert or a refusal */
	size_t received;
	uint8_t head[2]; /* how it began */
	unsigned char *der;
};

/* Nothing here asks who issued what. */
static int
take_any(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

/*
 * Finite-field key exchange is left out: its parameters are the server's to
 * choose, and large ones would keep a loop busy.
 */
static bool
configure(SSL_CTX *ctx)
{
	int bad = 0;

	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, take_any, NULL);
	SSL_CTX_set_max_cert_list(ctx, SHAKE_CERTS_MAX);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_options(ctx,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	bad = SSL_CTX_set_alpn_protos(ctx, acme_tls, ACME_TLS); /* A01-01 */
	return bad == 0 &&
	       SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, "DEFAULT:!kDHE:!PSK:!SRP") == 1;
}

struct alpn *
alpn_new(void)
{
	struct alpn *a = calloc(1, sizeof(*a));

	if (a == NULL || (a->ctx = SSL_CTX_new(TLS_client_method())) == NULL ||
	    !configure(a->ctx))
		abort();
	return a;
}

void
alpn_free(struct alpn *a)
{
	if (a == NULL)
		return;
	SSL_CTX_free(a->ctx);
	free(a);
}

static void
step(struct shake *s)
{
	int rc;

	ERR_clear_error();
	rc = SSL_do_handshake(s->ssl);
	if (rc == 1) {
		s->end = SHAKE_DONE;
	} else if (SSL_get_error(s->ssl, rc) != SSL_ERROR_WANT_READ) {
		s->error = ERR_peek_error();
		s->end = ERR_GET_REASON(s->error) > SSL_AD_REASON_OFFSET
		             ? SHAKE_ALERT
		             : SHAKE_REFUSED;
	}
	ERR_clear_error();
}

struct shake *
shake_new(struct alpn *a, const char *sni)
{
	struct shake *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->ssl = SSL_new(a->ctx)) == NULL ||
	    (s->in = BIO_new(BIO_s_mem())) == NULL ||
	    (s->out = BIO_new(BIO_s_mem())) == NULL ||
	    SSL_set_tlsext_host_name(s->ssl, sni) != 1)
		abort();
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_connect_state(s->ssl);
	step(s);
	return s;
}

void
shake_free(struct shake *s)
{
	if (s == NULL)
		return;
	OPENSSL_free(s->der);
	SSL_free(s->ssl);
	free(s);
}

/* A record has a type of 20 to 23, and a version of 3.x (RFC 8446, 5.1). */
static bool
no_record(const struct shake *s)
{
	return s->head[0] < 20 || s->head[0] > 23 ||
	       (s->received > 1 && s->head[1] != 3);
}

enum shake_end
shake_feed(struct shake *s, const uint8_t *data, size_t len)
{
	if (s->end != SHAKE_GOING)
		return s->end;
	if (len == 0)
		return s->end = SHAKE_CLOSED;
	for (size_t i = s->received; i < 2 && i - s->received < len; i++)
		s->head[i] = data[i - s->received];
	s->received += len;
	if (no_record(s))
		return s->end = SHAKE_NOT_TLS;
	if (s->received > SHAKE_BYTES_MAX)
		return s->end = SHAKE_TOO_LONG;
	if (BIO_write(s->in, data, (int)len) != (int)len)
		abort(); /* it is memory */
	step(s);
	return s->end;
}

size_t
shake_take(struct shake *s, uint8_t *out, size_t room)
{
	int n = BIO_read(s->out, out, (int)room);

	return n > 0 ? (size_t)n : 0;
}

void
shake_why(const struct shake *s, char out[SHAKE_TEXT])
{
	const char *text = ERR_reason_error_string(s->error);

	if (s->end == SHAKE_ALERT)
		text = SSL_alert_desc_string_long(ERR_GET_REASON(s->error) -
		                                  SSL_AD_REASON_OFFSET);
	(void)snprintf(out, SHAKE_TEXT, "%s", text != NULL ? text : "?");
}

const char *
shake_version(const struct shake *s)
{
	return SSL_get_version(s->ssl);
}

bool
shake_selected(const struct shake *s)
{
	const unsigned char *name;
	unsigned len;

	SSL_get0_alpn_selected(s->ssl, &name, &len);
	return len == acme_tls[0] && memcmp(name, acme_tls + 1, len) == 0;
}

size_t
shake_cert(struct shake *s, const uint8_t **der)
{
	X509 *leaf = SSL_get0_peer_certificate(s->ssl);
	int len;

	OPENSSL_free(s->der);
	s->der = NULL;
	if (leaf == NULL)
		return 0;
	len = i2d_X509(leaf, &s->der);
	*der = s->der;
	return len > 0 ? (size_t)len : 0;
}

bool
shake_self_signed(const struct shake *s)
{
	X509 *leaf = SSL_get0_peer_certificate(s->ssl);
	EVP_PKEY *key = leaf != NULL ? X509_get0_pubkey(leaf) : NULL;
	bool ok = key != NULL && X509_verify(leaf, key) == 1;

	ERR_clear_error();
	return ok;
}

void
shake_close(struct shake *s)
{
	if (s->end == SHAKE_DONE)
		(void)SSL_shutdown(s->ssl);
	ERR_clear_error();
}
