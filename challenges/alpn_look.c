/*
 * tls-alpn-01 (RFC 8737; RFC 8738, 6): shake hands with the name, and judge
 * the certificate it shows.  The addresses are dialled in turn, IPv6 first,
 * until one accepts; what that one shows counts.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "challenges/addresses_int.h"
#include "challenges/alpn_cert_int.h"
#include "challenges/dial_int.h"
#include "challenges/tls_alpn01_int.h"
#include "crypto/digest.h"

enum { SNI_MAX = 80, CHUNK = 4096 };

struct alpn_look {
	struct look look; /* first: a look of this kind is an alpn_look */
	struct addresses addresses;
	size_t next;       /* the one being dialled */
	bool undialled;    /* at least one was tried in vain */
	const char *tried; /* which, and what they said, or "" */
	struct dial dial;
	struct shake *shake;
	struct watch *watch;
	enum shake_end end;
	int sys_errno; /* of a connection that broke */
};

static struct alpn_look *
alpn_of(struct flow *f)
{
	return (struct alpn_look *)f;
}

static void
woken(void *arg)
{
	flow_wake(arg);
}

static enum flow_next
conclude(struct alpn_look *h, enum probe_result result)
{
	look_over(&h->look, result);
	return FLOW_END;
}

static const char *
whereabouts(const struct alpn_look *h)
{
	return endpoint_text(h->look.arena, h->addresses.list[h->next],
	    h->look.set->config.tls_port);
}

static const char *
errno_text(const struct alpn_look *h, int e)
{
	const char *name = strerrorname_np(e), *what = strerrordesc_np(e);

	if (e == ETIMEDOUT)
		return "no connection in time (is a firewall in the way?)";
	return arena_printf(h->look.arena, "%s (%s)", what ? what : "unknown",
	    name ? name : "?");
}

/* What was seen at the address that is being dialled. */
static struct evidence *
note_here(struct alpn_look *h)
{
	struct evidence *e = note(&h->look.notes);

	e->address = arena_text(h->look.p->arena, h->addresses.list[h->next]);
	e->port = h->look.set->config.tls_port;
	return e;
}

static enum flow_next
look_up(struct flow *f)
{
	struct alpn_look *h = alpn_of(f);
	const struct ident *id = &h->look.p->ident;

	if (id->wildcard) { /* A01-06 */
		(void)fault(&h->look.p->fault, ERR_MALFORMED,
		    "tls-alpn-01 cannot prove a wildcard");
		return conclude(h, PROBE_FORBIDDEN);
	}
	h->tried = "";
	if (id->type == IDENT_IP) {
		addresses_literal(&h->addresses, id->value);
		return FLOW_NEXT;
	}
	return addresses_find(&h->addresses, &h->look, id->value) ? FLOW_NEXT
	                                                          : FLOW_WAIT;
}

static enum flow_next
gather(struct flow *f)
{
	struct alpn_look *h = alpn_of(f);

	if (!addresses_gather(&h->addresses, &h->look))
		return conclude(h, PROBE_UNREACHED);
	return FLOW_NEXT;
}

static enum flow_next
dial(struct flow *f)
{
	struct alpn_look *h = alpn_of(f);
	const struct prober_config *c = &h->look.set->config;
	/* one that is silent must leave time for the others */
	unsigned share = c->look_ms / (unsigned)(h->addresses.n - h->next);
	struct dial_plan plan = {
		.loop = prober_loop(h->look.pr),
		.policy = &c->policy,
		.address = h->addresses.list[h->next],
		.port = c->tls_port,
		.ms = c->dial_ms < share ? c->dial_ms : share,
	};

	dial_close(&h->dial);
	dial_start(&h->dial, &plan, woken, f);
	return FLOW_WAIT;
}

static const char *
dial_text(const struct alpn_look *h)
{
	if (h->dial.end == DIAL_FORBIDDEN)
		return h->dial.fault.detail;
	return errno_text(h, h->dial.sys_errno);
}

static void
note_dial(struct alpn_look *h)
{
	struct evidence *e = note_here(h);

	e->sys_errno = h->dial.sys_errno;
	if (h->dial.end == DIAL_FORBIDDEN) {
		e->who = "policy";
		e->answers = arena_text(h->look.p->arena, h->dial.fault.detail);
	}
}

/* On to the next address, if this one was not to be had. */
static enum flow_next
dialled(struct flow *f)
{
	struct alpn_look *h = alpn_of(f);

	if (h->dial.end == DIAL_OPEN)
		return FLOW_NEXT;
	note_dial(h);
	h->undialled |= h->dial.end == DIAL_FAILED;
	if (h->next + 1 == h->addresses.n) {
		(void)fault(&h->look.p->fault, ERR_CONNECTION, "%s: %s%s",
		    whereabouts(h), dial_text(h), h->tried);
		return conclude(h,
		    h->undialled ? PROBE_UNREACHED : PROBE_FORBIDDEN);
	}
	h->tried = arena_printf(h->look.arena, "%s; before that %.60s: %.70s",
	    h->tried, whereabouts(h), dial_text(h));
	h->next++;
	flow_wake(f);
	return FLOW_BACK;
}

/*
 * RFC 8737, 3; for an address its reverse name (RFC 8738, 6).
 */
static const char *
sni_of(const struct ident *id, struct arena *a)
{
	unsigned char b[16];
	size_t n = ident_address(id, b);
	char text[SNI_MAX];
	size_t at = 0;

	if (n == 0)
		return id->value;
	if (n == 4)
		return arena_printf(a, "%u.%u.%u.%u.in-addr.arpa", b[3], b[2],
		    b[1], b[0]);
	for (size_t i = 16; i-- > 0; at += 4)
		(void)snprintf(text + at, sizeof(text) - at, "%x.%x.",
		    b[i] & 15U, b[i] >> 4);
	return arena_printf(a, "%sip6.arpa", text);
}

/* As far as it goes without waiting; what does not fit now was too much. */
static void
send_out(struct alpn_look *h)
{
	uint8_t chunk[CHUNK];
	size_t n;

	while ((n = shake_take(h->shake, chunk, sizeof(chunk))) > 0)
		if (send(h->dial.fd, chunk, n, MSG_NOSIGNAL) != (ssize_t)n)
			break;
}

static void
received(void *arg, unsigned ready)
{
	struct alpn_look *h = arg;
	uint8_t chunk[CHUNK];
	ssize_t n;

	(void)ready;
	n = recv(h->dial.fd, chunk, sizeof(chunk), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		h->sys_errno = errno;
		n = 0;
	}
	h->end = shake_feed(h->shake, chunk, (size_t)n);
	send_out(h);
	if (h->end == SHAKE_GOING)
		return;
	watch_free(h->watch);
	h->watch = NULL;
	flow_wake(&h->look.flow);
}

static enum flow_next
shake(struct flow *f)
{
	struct alpn_look *h = alpn_of(f);
	const char *sni = sni_of(&h->look.p->ident, h->look.arena);

	h->shake = shake_new(prober_alpn(h->look.pr), sni);
	send_out(h);
	h->watch = loop_watch(prober_loop(h->look.pr), h->dial.fd, LOOP_READ,
	    received, h);
	return FLOW_WAIT;
}

/* The handshake did not come about: what is the matter? */
static enum probe_result
say_unshaken(struct alpn_look *h)
{
	struct fault *f = &h->look.p->fault;
	const char *at = whereabouts(h);
	char why[SHAKE_TEXT];

	shake_why(h->shake, why);
	switch (h->end) {
	case SHAKE_ALERT:
		(void)fault(f, ERR_TLS,
		    "%s: the server refused the TLS handshake: alert \"%s\"%s",
		    at, why,
		    strcmp(why, "no application protocol") == 0
		        ? "; it does not know acme-tls/1"
		        : "");
		return PROBE_WRONG;
	case SHAKE_REFUSED:
		(void)fault(f, ERR_TLS, "%s: no TLS as it should be: %s", at,
		    why);
		return PROBE_WRONG;
	case SHAKE_TOO_LONG:
		(void)fault(f, ERR_TLS,
		    "%s: more than %d bytes, and the TLS handshake is not over",
		    at, SHAKE_BYTES_MAX);
		return PROBE_WRONG;
	case SHAKE_NOT_TLS:
		(void)fault(f, ERR_CONNECTION,
		    "%s: what answered does not speak TLS (is it plain HTTP?)",
		    at);
		return PROBE_WRONG;
	default:
		(void)fault(f, ERR_CONNECTION,
		    "%s: the connection broke off in the TLS handshake%s%s", at,
		    h->sys_errno ? ": " : "",
		    h->sys_errno ? errno_text(h, h->sys_errno) : "");
		return PROBE_UNREACHED;
	}
}

/* "TLSv1.3, acme-tls/1, a certificate of 400 bytes" */
static struct evidence *
note_shaken(struct alpn_look *h, size_t len)
{
	struct evidence *e = note_here(h);

	e->answers = arena_printf(h->look.p->arena,
	    "%s, %s, a certificate of %zu bytes", shake_version(h->shake),
	    shake_selected(h->shake) ? "acme-tls/1" : "another protocol", len);
	return e;
}

static enum err
judge_cert(struct alpn_look *h, struct fault *f)
{
	uint8_t expected[ALPN_DIGEST];
	struct alpn_seen seen = { NULL };
	const char *key_authz = h->look.p->key_authz;
	const uint8_t *der = NULL;
	size_t len = shake_cert(h->shake, &der);
	struct evidence *e = note_shaken(h, len);
	enum err bad;

	if (!shake_selected(h->shake)) /* A01-02 */
		return fault(f, ERR_UNAUTHORIZED,
		    "TLS, but without the protocol acme-tls/1");
	if (len == 0)
		return fault(f, ERR_UNAUTHORIZED, "TLS without a certificate");
	sha256(key_authz, strlen(key_authz), expected);
	bad = alpn_cert_judge(der, len, &h->look.p->ident, expected, &seen,
	    h->look.arena, f);
	if (seen.digest != NULL) {
		e->compared = true;
		e->body_len = len;
		memcpy(e->seen, seen.digest, sizeof(e->seen));
		memcpy(e->expected, expected, sizeof(e->expected));
	}
	if (bad != OK)
		return bad;
	if (!shake_self_signed(h->shake)) /* A01-03 */
		return fault(f, ERR_UNAUTHORIZED,
		    "its certificate is not signed by its own key");
	return OK;
}

static enum flow_next
judge(struct flow *f)
{
	struct alpn_look *h = alpn_of(f);
	struct fault why = { .code = OK };
	struct evidence *e;

	if (h->end != SHAKE_DONE) {
		enum probe_result result = say_unshaken(h);

		e = note_here(h);
		e->sys_errno = h->sys_errno;
		e->answers = arena_printf(h->look.p->arena, "%.200s",
		    h->look.p->fault.detail);
		return conclude(h, result);
	}
	shake_close(h->shake); /* A01-05 */
	send_out(h);
	if (judge_cert(h, &why) == OK)
		return conclude(h, PROBE_PROVED);
	(void)fault(&h->look.p->fault, why.code, "%s: %s", whereabouts(h),
	    why.detail);
	return conclude(h, PROBE_WRONG);
}

static enum probe_result
expire(struct look *l)
{
	struct alpn_look *h = (struct alpn_look *)l;
	unsigned ms = l->set->config.look_ms;
	bool open = h->shake != NULL;

	if (h->addresses.lookup != NULL) {
		addresses_expire(&h->addresses, l);
		return PROBE_UNREACHED;
	}
	note_here(h)->sys_errno = ETIMEDOUT;
	(void)fault(&l->p->fault, ERR_CONNECTION, "%s: %s within %u ms%s",
	    whereabouts(h),
	    open ? "connected, but no TLS handshake" : "no connection", ms,
	    h->tried);
	return PROBE_UNREACHED;
}

static void
cancel(struct look *l)
{
	struct alpn_look *h = (struct alpn_look *)l;

	addresses_cancel(&h->addresses);
	watch_free(h->watch);
	h->watch = NULL;
	dial_close(&h->dial);
	shake_free(h->shake);
	h->shake = NULL;
}

void
tls_alpn01_look(struct prober *pr, struct probe *p, probe_done *done, void *arg)
{
	static flow_step *const steps[] = {
		look_up,
		gather,
		dial,
		dialled,
		shake,
		judge,
		NULL,
	};
	static const struct look_kind kind = {
		.type = "tls-alpn-01",
		.size = sizeof(struct alpn_look),
		.steps = steps,
		.expire = expire,
		.cancel = cancel,
	};

	look_start(pr, &kind, p, done, arg);
}
