/*
 * dns-01 (RFC 8555, 8.4): a TXT record at _acme-challenge.NAME that holds the
 * digest of the key authorization.  dns-account-01 (a draft, "DNS Account
 * Label") is the same at a place of the account's own below that, so that
 * several can prove one name at a time.
 */
#include <string.h>

#include "base/b64url.h"
#include "challenges/prober_int.h"
#include "crypto/digest.h"

enum { VALUE_LEN = 43 }; /* base64url of a SHA-256 digest */

enum { LABEL_BYTES = 10, LABEL_TEXT = 17 }; /* base32, and a NUL */

struct dns01 {
	struct look look; /* first: a look of this kind is a dns01 */
	const char *name;
	const char *whose; /* where the account is part of it, or "" */
	struct lookup *lookup;
};

static const struct look_kind account_kind;

static void
woken(void *arg)
{
	flow_wake(arg);
}

/* RFC 4648, 6, in lower case; ten bytes need no padding. */
static void
label_text(const uint8_t bytes[LABEL_BYTES], char out[LABEL_TEXT])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < LABEL_BYTES; i++) {
		bits = bits << 8 | bytes[i];
		for (have += 8; have >= 5; have -= 5)
			*out++ = digits[bits >> (have - 5) & 31];
	}
	*out = '\0';
}

/* DA1-01: of the URL's digest, as the client has it. */
static const char *
account_name(const struct look *l)
{
	const char *url = l->p->account_url;
	uint8_t digest[SHA256_SIZE];
	char label[LABEL_TEXT];

	sha256(url, strlen(url), digest);
	label_text(digest, label);
	return arena_printf(l->arena, "_%s._acme-challenge.%s", label,
	    l->p->ident.value);
}

static enum flow_next
ask(struct flow *f)
{
	struct dns01 *d = (struct dns01 *)f;
	struct look *l = &d->look;
	struct lookup_plan plan = look_plan(l);
	struct dns_ask q = { .type = DNS_TXT };

	if (l->p->ident.type != IDENT_DNS) { /* D01-07 */
		(void)fault(&l->p->fault, ERR_MALFORMED,
		    "%s proves names, not addresses", l->kind->type);
		look_over(l, PROBE_FORBIDDEN);
		return FLOW_END;
	}
	if (l->kind == &account_kind) { /* DA1-01 */
		d->name = account_name(l);
		d->whose = arena_printf(l->arena, " (of the account %.200s)",
		    l->p->account_url); /* DA1-03 */
	} else {
		d->name = arena_printf(l->arena, "_acme-challenge.%s",
		    l->p->ident.value);
		d->whose = "";
	}
	q.name = d->name;
	d->lookup = lookup_start(&plan, &q, 1, woken, f);
	return FLOW_WAIT;
}

/* No record at all: what the resolver said, and who it was. */
static void
say_missing(struct dns01 *d, const struct dns_question *q)
{
	bool empty = q->status == DNS_NXDOMAIN || q->status == DNS_NODATA;
	struct arena *a = d->look.arena;
	const char *alias = "";

	if (strcmp(q->name, d->name) != 0)
		alias = arena_printf(a, " (a CNAME led to %s)",
		    printable(a, q->name, strlen(q->name), 100));
	(void)fault(&d->look.p->fault, empty ? ERR_UNAUTHORIZED : ERR_DNS,
	    "%.280s%s%s: %s; the DNS server %s: %s", d->name, d->whose, alias,
	    empty ? "no TXT record" : "its TXT records could not be looked up",
	    q->server ? q->server : "none", dns_status_text(q->status));
}

/* Records there are, and none is it: of which sizes, beginning with what. */
static void
say_wrong(struct dns01 *d, const struct dns_question *q, const char *want)
{
	struct look *l = &d->look;
	const struct dns_record *shown = q->records;
	uint8_t seen[SHA256_SIZE], expected[SHA256_SIZE];
	struct evidence *e = note(&l->notes);
	char seen_text[DIGEST_TEXT], expected_text[DIGEST_TEXT];

	for (const struct dns_record *r = q->records; r != NULL; r = r->next)
		if (r->len == VALUE_LEN) { /* the likeliest of them */
			shown = r;
			break;
		}
	sha256(shown->data, shown->len, seen);
	sha256(want, VALUE_LEN, expected);
	e->answers = arena_printf(l->p->arena, "%zu TXT records, none matches",
	    q->n_records);
	e->body_len = shown->len;
	e->compared = true;
	memcpy(e->seen, seen, sizeof(e->seen));
	memcpy(e->expected, expected, sizeof(e->expected));
	digest_text(seen, seen_text);
	digest_text(expected, expected_text);
	(void)fault(&l->p->fault, ERR_UNAUTHORIZED,
	    "%.280s%s: %zu TXT record%s from the DNS server %s, none of them "
	    "the "
	    "expected one: e.g. %zu bytes, SHA-256 %s...; expected %d bytes, "
	    "SHA-256 %s...",
	    d->name, d->whose, q->n_records, q->n_records == 1 ? "" : "s",
	    q->server, shown->len, seen_text, VALUE_LEN, expected_text);
}

static enum flow_next
judge(struct flow *f)
{
	struct dns01 *d = (struct dns01 *)f;
	struct look *l = &d->look;
	const struct dns_question *q = lookup_question(d->lookup, 0);
	uint8_t digest[SHA256_SIZE];
	char want[VALUE_LEN + 1];

	if (q->status != DNS_FOUND) {
		say_missing(d, q);
		look_over(l, PROBE_UNREACHED);
		return FLOW_END;
	}
	sha256(l->p->key_authz, strlen(l->p->key_authz), digest);
	b64url_write(digest, sizeof(digest), want);
	for (const struct dns_record *r = q->records; r != NULL; r = r->next)
		/* D01-01 */
		if (r->len == VALUE_LEN &&
		    bytes_equal(r->data, want, VALUE_LEN)) {
			look_over(l, PROBE_PROVED);
			return FLOW_END;
		}
	say_wrong(d, q, want);
	look_over(l, PROBE_WRONG);
	return FLOW_END;
}

static enum probe_result
expire(struct look *l)
{
	struct dns01 *d = (struct dns01 *)l;

	lookup_expire(d->lookup);
	say_missing(d, lookup_question(d->lookup, 0));
	return PROBE_UNREACHED;
}

static void
cancel(struct look *l)
{
	struct dns01 *d = (struct dns01 *)l;

	lookup_free(d->lookup);
	d->lookup = NULL;
}

static flow_step *const steps[] = { ask, judge, NULL };

static const struct look_kind plain_kind = {
	.type = "dns-01",
	.size = sizeof(struct dns01),
	.steps = steps,
	.expire = expire,
	.cancel = cancel,
};

static const struct look_kind account_kind = {
	.type = "dns-account-01",
	.size = sizeof(struct dns01),
	.steps = steps,
	.expire = expire,
	.cancel = cancel,
};

void
dns01_look(struct prober *pr, struct probe *p, probe_done *done, void *arg)
{
	look_start(pr, &plain_kind, p, done, arg);
}

void
dns_account01_look(struct prober *pr, struct probe *p, probe_done *done,
    void *arg)
{
	look_start(pr, &account_kind, p, done, arg);
}
