#include "acme/ocsp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "acme/acme_int.h"
#include "acme/cacheable.h"
#include "base/b64url.h"
#include "crypto/digest.h"

enum {
	ENTRIES = 1024, /* some 600 kB, if all are in use */
	AGE_S = 60,     /* a revocation is not to wait in a cache for longer */
};

static const char type[] = "application/ocsp-response";

/* The last answer about one certificate, named in one way, without a nonce. */
struct entry {
	struct id serial;
	uint8_t naming; /* 0: free */
	unsigned issuer;
	version version; /* of the record it tells of */
	int64_t from, to;
	uint8_t *der;
	size_t len;
};

struct ocsp_cache {
	struct entry entries[ENTRIES];
};

/* One request on its way to the keeper and back. */
struct asked {
	struct rq *rq;
	unsigned issuer;
	struct ocsp_query query;
	struct id serial; /* of the one asked for; zero: it cannot be kept */
	version version;
};

void
ocsp_cache_free(struct acme *ca)
{
	if (ca->answers == NULL)
		return;
	for (size_t i = 0; i < ENTRIES; i++)
		free(ca->answers->entries[i].der);
	free(ca->answers);
}

/* Serials end in random bits. */
static struct entry *
place_of(struct acme *ca, const struct asked *k)
{
	uint32_t n;

	if (ca->answers == NULL &&
	    (ca->answers = calloc(1, sizeof(*ca->answers))) == NULL)
		abort();
	memcpy(&n, k->serial.bytes + ID_SIZE - sizeof(n), sizeof(n));
	return &ca->answers->entries[n % ENTRIES];
}

/* Half of its time is for whoever it is given to. */
static bool
fresh(const struct entry *e, const struct asked *k, unixtime now)
{
	return e->naming == k->query.certs[0].naming &&
	       e->issuer == k->issuer && id_equal(e->serial, k->serial) &&
	       e->version == k->version && e->from <= now &&
	       now < e->from + (e->to - e->from) / 2;
}

static void
keep(const struct asked *k, const uint8_t *der, size_t len)
{
	struct entry *e = place_of(k->rq->ca, k);
	uint8_t *copy = malloc(len);

	if (copy == NULL)
		abort();
	memcpy(copy, der, len);
	free(e->der);
	*e = (struct entry){ .serial = k->serial,
		.naming = k->query.certs[0].naming,
		.issuer = k->issuer,
		.version = k->version,
		.der = copy,
		.len = len };
	if (!ocsp_times(der, len, &e->from, &e->to))
		e->naming = 0;
}

/* OCS-04: these are not signed, and say so with HTTP's 200. */
static void
refuse(struct rq *rq, enum ocsp_result why)
{
	uint8_t *der = arena_alloc(rq->arena, OCSP_REFUSAL, 1);

	ocsp_refuse(why, der);
	reply_empty(rq, 200);
	rq->reply.content_type = type;
	rq->reply.body = (const char *)der;
	rq->reply.body_len = OCSP_REFUSAL;
	reply_header(rq, "Cache-Control", "no-store");
	dispatch_answer(rq);
}

/* RFC 5019, 6.2: what was made for one client is for nobody else. */
static void
reply(const struct asked *k, const uint8_t *der, size_t len)
{
	struct rq *rq = k->rq;
	struct cacheable c = { .max_age_s = AGE_S };
	uint8_t digest[SHA256_SIZE];

	if (k->query.n_certs > 1 || k->query.nonce_len > 0 ||
	    !ocsp_times(der, len, &c.modified, &c.expires)) {
		reply_empty(rq, 200);
		rq->reply.content_type = type;
		rq->reply.body = (const char *)der;
		rq->reply.body_len = len;
		reply_header(rq, "Cache-Control", "no-store");
	} else {
		sha256(der, len, digest);
		c.etag = arena_printf(rq->arena, "\"%s\"",
		    b64url_text(digest, 12, rq->arena));
		reply_cacheable(rq, type, der, len, &c); /* OCS-06 */
	}
	dispatch_answer(rq);
}

static void
answered(void *arg, enum err result, const uint8_t *der, size_t len)
{
	struct asked *k = arg;

	if (result == OK && k->version != 0)
		keep(k, der, len);
	if (k->rq->gone)
		dispatch_drop(k->rq);
	else if (result == OK)
		reply(k, (const uint8_t *)arena_bytes(k->rq->arena, der, len),
		    len);
	else
		refuse(k->rq,
		    result == ERR_BUSY ? OCSP_TRY_LATER : OCSP_INTERNAL);
}

static void
left(void *arg)
{
	((struct rq *)arg)->gone = true;
}

/* What may be kept: one that there is, asked for without a nonce. */
static void
look_up(struct asked *k)
{
	const struct ocsp_query *q = &k->query;
	const struct ocsp_cert *cert = &q->certs[0];
	const struct certificate *c;
	struct snap *s;

	if (q->n_certs != 1 || q->nonce_len > 0 || cert->len > ID_SIZE)
		return;
	memcpy(k->serial.bytes + ID_SIZE - cert->len, cert->serial, cert->len);
	s = snap_open(k->rq->ca->deps.store);
	c = snap_certificate(s, k->rq->arena, k->serial);
	snap_close(s);
	if (c != NULL && c->issuer == k->issuer)
		k->version = c->version;
}

static void
ask(struct rq *rq, const uint8_t *der, size_t len)
{
	struct asked *k = ARENA_NEW(rq->arena, struct asked);
	enum ocsp_result r;
	const struct entry *e;
	size_t which;

	r = ocsp_read(der, len, rq->config->issuers, rq->config->n_issuers,
	    &which, &k->query);
	if (r != OCSP_SUCCESSFUL) { /* OCS-04 */
		refuse(rq, r);
		return;
	}
	k->rq = rq;
	k->issuer = (unsigned)which + 1;
	look_up(k);
	e = k->version == 0 ? NULL : place_of(rq->ca, k);
	if (e != NULL && fresh(e, k, rq_now(rq))) {
		reply(k,
		    (const uint8_t *)arena_bytes(rq->arena, e->der, e->len),
		    e->len);
		return;
	}
	http_on_hangup(rq->http, left, rq);
	issuer_ocsp(rq->ca->deps.issuer, k->issuer, &k->query, answered, k);
}

void
page_ocsp_post(struct rq *rq)
{
	static const char want[] = "application/ocsp-request";
	const char *got = http_header_of(rq->http, "Content-Type");
	size_t len = sizeof(want) - 1;

	if (got == NULL || strncasecmp(got, want, len) != 0 ||
	    (got[len] != '\0' && got[len] != ';' && got[len] != ' '))
		dispatch_refuse(rq, fault(&rq->fault, ERR_MEDIA_TYPE,
		                        "content type must be "
		                        "application/ocsp-request"));
	else
		ask(rq, (const uint8_t *)rq->http->body, rq->http->body_len);
}

static int
hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	                              : -1;
}

/*
 * Base64 of RFC 4648, 4, its special characters escaped or not (6960, A.1),
 * with or without padding.  False if it is none.
 */
static bool
unwrap(const char *text, struct arena *a, const uint8_t **der, size_t *len)
{
	char *plain = arena_alloc(a, strlen(text) + 1, 1);
	size_t n = 0;

	for (; *text != '\0'; text++) {
		int c = (unsigned char)*text;

		if (c == '%') {
			if (hex(text[1]) < 0 || hex(text[2]) < 0)
				return false;
			c = hex(text[1]) * 16 + hex(text[2]);
			text += 2;
		}
		if (c == '-' || c == '_' || c == 0)
			return false; /* that is base64url */
		plain[n++] = (char)(c == '+' ? '-' : c == '/' ? '_' : c);
	}
	for (int i = 0; i < 2 && n > 0 && plain[n - 1] == '='; i++)
		n--;
	return b64url_read(plain, n, a, der, len);
}

void
page_ocsp_get(struct rq *rq)
{
	const uint8_t *der;
	size_t len;

	if (unwrap(rq->word, rq->arena, &der, &len)) /* OCS-01 */
		ask(rq, der, len);
	else
		refuse(rq, OCSP_MALFORMED);
}
