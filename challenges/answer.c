/*
 * DNS answers (RFC 1035, 4.1).  c-ares expands the names; the walk over the
 * records is ours, since its parsers look at neither owner names nor chains.
 * A name longer than the protocol allows ends the reading, as do more records
 * than anybody needs: one message must not be able to make us copy megabytes.
 */
#include "challenges/answer_int.h"

#include <ares.h>
#include <string.h>
#include <strings.h>

enum {
	HEADER = 12,
	QUESTION = 4,
	RR_FIXED = 10,
	CLASS_IN = 1,
	QUESTIONS_MAX = 1,
	ANSWERS_MAX = 1000,   /* each is looked at for each alias */
	NAME_TEXT_MAX = 1016, /* 254 octets, each escaped as \DDD */
};

struct reader {
	const uint8_t *msg, *at;
	size_t len;
};

struct rr {
	bool owner_matches;
	unsigned type, class;
	uint32_t ttl;
	const uint8_t *data;
	size_t len;
};

static unsigned
u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static size_t
left(const struct reader *r)
{
	return r->len - (size_t)(r->at - r->msg);
}

/* The name at `at`, to be freed, and the octets it takes there; or NULL. */
static char *
expand(const struct reader *r, const uint8_t *at, long *used)
{
	char *name;

	if (ares_expand_name(at, r->msg, (int)r->len, &name, used) !=
	    ARES_SUCCESS)
		return NULL;
	if (strlen(name) > NAME_TEXT_MAX) {
		ares_free_string(name);
		return NULL;
	}
	return name;
}

/* Step over a name; tell whether it is `name`, which may be NULL. */
static bool
take_name(struct reader *r, const char *name, bool *equal)
{
	char *text;
	long used;

	if (left(r) == 0 || (text = expand(r, r->at, &used)) == NULL)
		return false;
	*equal = name != NULL && strcasecmp(text, name) == 0;
	ares_free_string(text);
	if (used < 0 || (size_t)used > left(r))
		return false;
	r->at += used;
	return true;
}

static bool
take_rr(struct reader *r, const char *name, struct rr *rr)
{
	if (!take_name(r, name, &rr->owner_matches) || left(r) < RR_FIXED)
		return false;
	rr->type = u16(r->at);
	rr->class = u16(r->at + 2);
	rr->ttl = u16(r->at + 4) << 16 | u16(r->at + 6);
	if (rr->ttl > INT32_MAX) /* RFC 2181, 8: means none */
		rr->ttl = 0;
	rr->len = u16(r->at + 8);
	r->at += RR_FIXED;
	if (rr->len > left(r))
		return false;
	rr->data = r->at;
	r->at += rr->len;
	return true;
}

static struct reader
at_answers(const uint8_t *msg, size_t len, bool *ok)
{
	struct reader r = { .msg = msg, .at = msg + HEADER, .len = len };
	bool equal;

	*ok = true;
	for (unsigned i = u16(msg + 4); i > 0 && *ok; i--) {
		*ok = take_name(&r, NULL, &equal) && left(&r) >= QUESTION;
		if (*ok)
			r.at += QUESTION;
	}
	return r;
}

/* The name's CNAME in `a`; NULL if there is none. */
static bool
alias_of(const struct reader *answers, unsigned n, const char *name,
    struct arena *a, const char **target)
{
	struct reader r = *answers;
	struct rr rr;
	char *text;
	long used;

	*target = NULL;
	for (; n > 0; n--) {
		if (!take_rr(&r, name, &rr))
			return false;
		if (!rr.owner_matches || rr.type != DNS_CNAME ||
		    rr.class != CLASS_IN || *target != NULL)
			continue;
		if (rr.len == 0 || (text = expand(&r, rr.data, &used)) == NULL)
			return false;
		*target = arena_text(a, text);
		ares_free_string(text);
		if (used < 0 || (size_t)used != rr.len)
			return false;
	}
	return true;
}

/* RFC 1035, 3.3.14: strings, each led by its length; at least one. */
static bool
join_strings(const struct rr *rr, struct arena *a, struct dns_record *out)
{
	uint8_t *text = arena_alloc(a, 1, rr->len);
	size_t at = 0, n;

	while (at < rr->len) {
		n = rr->data[at++];
		if (n > rr->len - at)
			return false;
		memcpy(text + out->len, rr->data + at, n);
		out->len += n;
		at += n;
	}
	out->data = text;
	return rr->len > 0;
}

static bool
read_data(const struct rr *rr, struct arena *a, struct dns_record *out)
{
	switch (rr->type) {
	case DNS_TXT:
		return join_strings(rr, a, out);
	case DNS_A:
		if (rr->len != 4)
			return false;
		break;
	case DNS_AAAA:
		if (rr->len != 16)
			return false;
		break;
	default:
		break;
	}
	out->data = (const uint8_t *)arena_bytes(a, rr->data, rr->len);
	out->len = rr->len;
	return true;
}

static bool
collect(const struct reader *answers, unsigned n, enum dns_type want,
    struct arena *a, struct dns_answer *out)
{
	struct dns_record *last = NULL, *rec;
	struct reader r = *answers;
	struct rr rr;

	for (; n > 0; n--) {
		if (!take_rr(&r, out->name, &rr))
			return false;
		if (!rr.owner_matches || rr.type != want ||
		    rr.class != CLASS_IN)
			continue;
		rec = ARENA_NEW(a, struct dns_record);
		if (!read_data(&rr, a, rec))
			return false;
		rec->ttl = rr.ttl;
		if (last == NULL)
			out->records = rec;
		else
			last->next = rec;
		last = rec;
		out->n_records++;
	}
	return true;
}

bool
answer_parse(const uint8_t *msg, size_t len, const char *name,
    enum dns_type want, struct arena *a, struct dns_answer *out)
{
	struct reader answers;
	const char *target;
	unsigned n;
	bool ok;

	memset(out, 0, sizeof(*out));
	out->name = name;
	if (len < HEADER || len > UINT16_MAX || (msg[2] & 0x80) == 0 ||
	    (msg[2] & 0x02) != 0) /* QR must be set, TC must not */
		return false;
	out->rcode = msg[3] & 0x0f;
	n = u16(msg + 6);
	if (u16(msg + 4) > QUESTIONS_MAX || n > ANSWERS_MAX)
		return false;
	answers = at_answers(msg, len, &ok);
	while (ok && want != DNS_CNAME && out->aliases <= DNS_CHAIN_MAX) {
		ok = alias_of(&answers, n, out->name, a, &target);
		if (!ok || target == NULL)
			break;
		out->name = target;
		out->aliases++;
	}
	return ok && collect(&answers, n, want, a, out);
}
