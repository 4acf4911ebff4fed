/*
 * The keeper's half of the frames.  It believes nothing the front sends but an
 * issuer's number and an order's id, and signs nothing it has not compared
 * with the order's profile.
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
	if (signers_load(k, f) == OK && profiles_check(k, f) == OK)
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
	const uint8_t *tbs = NULL;
	const char *name = NULL;
	const struct profile *p;
	struct signer *s;
	size_t len = 0;
	enum err e;

	s = ask->issuer == 0 || ask->issuer > c->n_keys
	        ? NULL
	        : k->signers[ask->issuer - 1];
	if (s == NULL)
		return fault(f, ERR_INTERNAL, "no key of that issuer here");
	e = c->read(c->store, KEEPER_LEAF, ask->object, a, &tbs, &len, &name);
	if (e != OK) /* SEC-04 */
		return fault(f, e, "the store does not have it to be signed");
	p = name == NULL ? NULL : profile_find(k, name, s);
	if (p == NULL)
		return fault(f, ERR_INTERNAL,
		    "no such profile for that issuer");
	TRY(tbs_fits(p, tbs, len, f)); /* SEC-04 */
	if (c->now != NULL &&
	    tbs_begin(tbs, len) > c->now() + p->lifetime_s + AHEAD_S)
		return fault(f, ERR_INTERNAL,
		    "to be signed: it is not valid yet");
	return certificate_write(s, tbs, len, out, f);
}

/* Keys were loaded or there would be no keeper; is the store there too? */
static enum err
ping(struct keeper *k, const struct keeper_ask *ask, struct arena *a,
    struct fault *f)
{
	const uint8_t *none = NULL;
	const char *name = NULL;
	size_t len = 0;
	enum err e = k->config.read(k->config.store, KEEPER_PING, ask->object,
	    a, &none, &len, &name);

	return e == OK ? OK : fault(f, e, "the store cannot be read");
}

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
	e = ask->op == KEEPER_PING ? ping(k, ask, a, &f)
	                           : sign_leaf(k, ask, a, out, &f);
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
