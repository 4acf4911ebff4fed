/*
 * The keeper's half of the frames.  It believes nothing the front sends but
 * numbers, ids and serials: certificates and lists it reads from the store and
 * compares with what they may be, answers about certificates it makes itself.
 */
#include "crypto/keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "crypto/profile_int.h"
#include "crypto/signer_int.h"

enum {
	SEND_PATIENCE_MS = 5000, /* a front that does not read is not alive */
	AHEAD_S = 60,            /* the clock may have been set back since */
};

/* Frames have no padding: nothing of one process's stack goes to the other. */
_Static_assert(sizeof(struct keeper_ask) == 2 * sizeof(uint32_t) +
                                                sizeof(uint64_t) + ID_SIZE +
                                                sizeof(struct ocsp_query),
    "a frame has padding");

struct keeper {
	struct keeper_config config;
	struct signer **signers; /* n_keys; NULL for a key that is away */
	struct keeper_answer answer;
};

static enum err
signers_load(struct keeper *k, struct fault *f)
{
	struct fault why = { 0 };

	k->signers = calloc(k->config.n_keys + 1, sizeof(struct signer *));
	if (k->signers == NULL)
		abort();
	for (size_t i = 0; i < k->config.n_keys; i++) {
		if (k->config.key_pems[i] == NULL)
			continue;
		k->signers[i] = signer_new(k->config.key_pems[i], &why);
		if (k->signers[i] == NULL)
			return fault(f, ERR_INTERNAL, "key of issuer %zu: %s",
			    i + 1, why.detail);
	}
	k->config.key_pems = NULL; /* the caller wipes them now */
	return OK;
}

static bool
issued_by(const struct profile *p, const struct signer *s)
{
	struct der spki;

	if (s == NULL)
		return false;
	spki = signer_spki(s);
	return der_equal(&spki, p->issuer_spki.at, p->issuer_spki.len);
}

/* Better at the start than at the first order. */
static enum err
issuers_check(const struct keeper *k, struct fault *f)
{
	for (size_t i = 0; i < k->config.n_keys; i++) {
		const struct issuing *by = &k->config.issuers[i];
		struct der spki;

		if (k->signers[i] == NULL)
			continue;
		spki = signer_spki(k->signers[i]);
		if (!der_equal(&spki, by->spki, by->spki_len))
			return fault(f, ERR_INTERNAL,
			    "key of issuer %zu: not its certificate's", i + 1);
	}
	return OK;
}

static enum err
profiles_check(const struct keeper *k, struct fault *f)
{
	for (size_t i = 0; i < k->config.n_profiles; i++) {
		bool found = false;

		for (size_t n = 0; n < k->config.n_keys; n++)
			found = found ||
			        issued_by(k->config.profiles[i], k->signers[n]);
		if (!found)
			return fault(f, ERR_INTERNAL,
			    "profile %s: none of the keys is its issuer's",
			    k->config.profiles[i]->name);
	}
	return OK;
}

struct keeper *
keeper_new(const struct keeper_config *config, struct fault *f)
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (k == NULL)
		abort();
	k->config = *config;
	if (signers_load(k, f) == OK && issuers_check(k, f) == OK &&
	    profiles_check(k, f) == OK)
		return k;
	keeper_free(k);
	return NULL;
}

void
keeper_free(struct keeper *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->config.n_keys; i++)
		signer_free(k->signers[i]);
	free(k->signers);
	free(k);
}

void
keeper_ocsp_lifetime(struct keeper *k, unsigned seconds)
{
	k->config.ocsp_s = seconds;
}

/* The key of the issuer with that number; NULL, with the fault set. */
static struct signer *
signer_of(const struct keeper *k, uint32_t issuer, struct fault *f)
{
	struct signer *s = issuer == 0 || issuer > k->config.n_keys
	                       ? NULL
	                       : k->signers[issuer - 1];

	if (s == NULL)
		(void)fault(f, ERR_INTERNAL, "no key of that issuer here");
	return s;
}

/* A profile of that name for that issuer. */
static const struct profile *
profile_find(const struct keeper *k, const char *name, const struct signer *s)
{
	for (size_t i = 0; i < k->config.n_profiles; i++)
		if (strcmp(k->config.profiles[i]->name, name) == 0 &&
		    issued_by(k->config.profiles[i], s))
			return k->config.profiles[i];
	return NULL;
}

/* Certificate (RFC 5280, 4.1) around the very bytes that were recorded. */
static enum err
certificate_write(struct signer *s, const uint8_t *tbs, size_t len,
    struct keeper_answer *out, struct fault *f)
{
	struct der algorithm = signer_algorithm(s);
	uint8_t sig[SIGNATURE_MAX];
	size_t sig_len = signer_sign(s, tbs, len, sig);
	struct derw w;

	if (sig_len == 0)
		return fault(f, ERR_INTERNAL, "the signature went wrong");
	derw_start(&w, out->der, sizeof(out->der));
	derw_open(&w, DER_SEQUENCE);
	derw_raw(&w, tbs, len);
	derw_raw(&w, algorithm.at, algorithm.len);
	derw_bits(&w, sig, sig_len);
	derw_close(&w);
	if (!derw_end(&w))
		return fault(f, ERR_INTERNAL, "the certificate is too long");
	out->len = (uint32_t)w.len;
	return OK;
}

static enum err
sign_leaf(struct keeper *k, const struct keeper_ask *ask, struct arena *a,
    struct keeper_answer *out, struct fault *f)
{
	const struct keeper_config *c = &k->config;
	struct signer *s = signer_of(k, ask->issuer, f);
	struct keeper_found got = { 0 };
	const struct profile *p;
	enum err e;

	if (s == NULL)
		return f->code;
	e = c->read(c->store, KEEPER_LEAF, ask->object, a, &got);
	if (e != OK) /* SEC-04 */
		return fault(f, e, "the store does not have it to be signed");
	p = got.profile == NULL ? NULL : profile_find(k, got.profile, s);
	if (p == NULL)
		return fault(f, ERR_INTERNAL,
		    "no such profile for that issuer");
	TRY(tbs_fits(p, got.tbs, got.len, f)); /* SEC-04 */
	if (c->now != NULL && tbs_begin(got.tbs, got.len) >
	                          c->now(c->store) + p->lifetime_s + AHEAD_S)
		return fault(f, ERR_INTERNAL,
		    "to be signed: it is not valid yet");
	return certificate_write(s, got.tbs, got.len, out, f);
}

/* Only the signature goes back: lists are longer than a frame. */
static enum err
sign_crl(struct keeper *k, const struct keeper_ask *ask, struct arena *a,
    struct keeper_answer *out, struct fault *f)
{
	const struct keeper_config *c = &k->config;
	struct signer *s = signer_of(k, ask->issuer, f);
	struct keeper_found got = { 0 };
	enum err e;

	if (s == NULL)
		return f->code;
	e = c->read(c->store, KEEPER_CRL, ask->object, a, &got);
	if (e != OK)
		return fault(f, e, "the store does not have it to be signed");
	if (got.crl.shards != 0 && got.crl.issuer != ask->issuer) /* CRL-06 */
		return fault(f, ERR_INTERNAL, "that list is another issuer's");
	TRY(crl_fits(&c->issuers[ask->issuer - 1], &got.crl, got.tbs, got.len,
	    c->now == NULL ? 0 : c->now(c->store), f));
	out->len = (uint32_t)signer_sign(s, got.tbs, got.len, out->der);
	return out->len > 0
	           ? OK
	           : fault(f, ERR_INTERNAL, "the signature went wrong");
}

/* What the store says of each serial; one that is too long is nobody's. */
static enum err
statuses_read(struct keeper *k, const struct keeper_ask *ask, struct arena *a,
    struct ocsp_status out[OCSP_CERTS_MAX], struct fault *f)
{
	const struct keeper_config *c = &k->config;
	const struct ocsp_query *q = &ask->ocsp;

	for (size_t i = 0; i < q->n_certs && i < OCSP_CERTS_MAX; i++) {
		const struct ocsp_cert *cert = &q->certs[i];
		struct keeper_found got = { 0 };
		struct id id = { { 0 } };
		enum err e;

		out[i] = (struct ocsp_status){ 0 };
		if (cert->len > ID_SIZE)
			continue;
		memcpy(id.bytes + ID_SIZE - cert->len, cert->serial, cert->len);
		e = c->read(c->store, KEEPER_OCSP, id, a, &got);
		if (e != OK)
			return fault(f, e, "the store cannot be read");
		if (got.issuer == ask->issuer)
			out[i] = got.status;
	}
	return OK;
}

static enum err
answer_ocsp(struct keeper *k, const struct keeper_ask *ask, struct arena *a,
    struct keeper_answer *out, struct fault *f)
{
	const struct keeper_config *c = &k->config;
	struct signer *s = signer_of(k, ask->issuer, f);
	struct ocsp_status statuses[OCSP_CERTS_MAX];
	const struct issuing *by;
	const uint8_t *tbs;
	uint8_t sig[SIGNATURE_MAX];
	size_t len, sig_len;

	if (s == NULL)
		return f->code;
	if (c->now == NULL)
		return fault(f, ERR_INTERNAL, "there is no clock");
	by = &c->issuers[ask->issuer - 1];
	TRY(statuses_read(k, ask, a, statuses, f));
	TRY(ocsp_build(by, &ask->ocsp, statuses, c->now(c->store), c->ocsp_s, a,
	    &tbs, &len, f));
	sig_len = signer_sign(s, tbs, len, sig);
	if (sig_len == 0)
		return fault(f, ERR_INTERNAL, "the signature went wrong");
	out->len = (uint32_t)ocsp_wrap(by, tbs, len, sig, sig_len, out->der,
	    sizeof(out->der));
	return out->len > 0 ? OK
	                    : fault(f, ERR_INTERNAL, "the answer is too long");
}

/* Keys were loaded or there would be no keeper; is the store there too? */
static enum err
ping(struct keeper *k, const struct keeper_ask *ask, struct arena *a,
    struct keeper_answer *out, struct fault *f)
{
	struct keeper_found got = { 0 };
	enum err e =
	    k->config.read(k->config.store, KEEPER_PING, ask->object, a, &got);

	(void)out;
	return e == OK ? OK : fault(f, e, "the store cannot be read");
}

typedef enum err op_fn(struct keeper *k, const struct keeper_ask *ask,
    struct arena *a, struct keeper_answer *out, struct fault *f);
static op_fn *const ops[KEEPER_OP_END] = {
	[KEEPER_LEAF] = sign_leaf,
	[KEEPER_PING] = ping,
	[KEEPER_CRL] = sign_crl,
	[KEEPER_OCSP] = answer_ocsp,
};

static void
answer(struct keeper *k, const struct keeper_ask *ask)
{
	struct keeper_answer *out = &k->answer;
	struct arena *a = arena_new();
	struct fault f = { 0 };
	char hex[ID_HEX];
	enum err e;

	out->tag = ask->tag;
	out->len = 0;
	e = ops[ask->op](k, ask, a, out, &f);
	out->result = (uint32_t)e;
	if (e != OK) {
		out->len = 0;
		id_hex(ask->object, hex);
		log_warn("keeper.refused",
		    "op=%u issuer=%u object=%s reason=\"%s\"", ask->op,
		    ask->issuer, hex, f.detail);
	}
	arena_free(a);
}

/* Blocks for a while when the front is behind; it reads what we send. */
static bool
answer_send(const struct keeper *k, int fd)
{
	size_t len = offsetof(struct keeper_answer, der) + k->answer.len;
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	for (int tries = 0; tries < 2;) {
		ssize_t n =
		    send(fd, &k->answer, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0)
			return (size_t)n == len;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != ENOBUFS)
			return false;
		tries++;
		if (poll(&p, 1, SEND_PATIENCE_MS) == 0)
			return false;
	}
	return false;
}

bool
keeper_serve(struct keeper *k, int fd)
{
	struct keeper_ask ask;
	ssize_t n;

	do
		n = recv(fd, &ask, sizeof(ask), MSG_DONTWAIT | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return true;
	if (n == 0)
		return false;
	if (n != (ssize_t)sizeof(ask) || ask.op == 0 ||
	    ask.op >= KEEPER_OP_END) {
		log_warn("keeper.frame_broken", "octets=%zd", n);
		return false;
	}
	answer(k, &ask);
	return answer_send(k, fd);
}
