#include "challenges/caa_set_int.h"

#include <string.h>
#include <strings.h>

#include "challenges/evidence_int.h"
#include "challenges/issue_value_int.h"

enum { CRITICAL = 128, VALUE_SHOWN = 80, TAG_SHOWN = 20, LIST_MAX = 300 };

/* What may be there without saying anything to us. */
static const char *const others[] = { "iodef", "contactemail", "contactphone",
	"issuemail", "issuevmc" };

struct property {
	unsigned flags;
	const uint8_t *tag, *value;
	size_t tag_len, len;
};

/* RFC 8659, 4.1: flags, the tag's length, tag, and the rest is the value. */
static bool
property_read(const struct dns_record *r, struct property *out)
{
	if (r->len < 2 || r->data[1] == 0 || r->data[1] > r->len - 2)
		return false;
	out->flags = r->data[0];
	out->tag_len = r->data[1];
	out->tag = r->data + 2;
	out->value = out->tag + out->tag_len;
	out->len = r->len - 2 - out->tag_len;
	return true;
}

static bool
tagged(const struct property *p, const char *tag)
{
	return p->tag_len == strlen(tag) &&
	       strncasecmp((const char *)p->tag, tag, p->tag_len) == 0;
}

static bool
known(const struct property *p)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (tagged(p, others[i])) /* CAA-03 */
			return true;
	return tagged(p, "issue") || tagged(p, "issuewild");
}

/* BLD-36: 1 is what is often meant to be 128. */
static bool
critical(const struct property *p)
{
	return (p->flags & (CRITICAL | 1U)) != 0;
}

/* RFC 8657, 3: one of the account's URLs, as it stands there. */
static bool
account_fits(const struct issue_value *v, const struct caa_question *q)
{
	size_t n;
	const char *uri = issue_value_find(v, "accounturi", &n);

	if (n == 0)
		return true;
	if (n > 1) /* CAA-07 */
		return false;
	for (size_t i = 0; i < q->n_accounts; i++)
		if (strcmp(uri, q->accounts[i]) == 0)
			return true;
	return false;
}

/* RFC 8657, 4: a list with commas, which has ours. */
static bool
method_fits(const struct issue_value *v, const struct caa_question *q)
{
	size_t n, len, want = strlen(q->method);
	const char *at = issue_value_find(v, "validationmethods", &n);

	if (n == 0)
		return true;
	if (n > 1) /* CAA-08 */
		return false;
	for (;; at += len + 1) {
		len = strcspn(at, ",");
		if (len == want && memcmp(at, q->method, len) == 0)
			return true;
		if (at[len] == '\0')
			return false;
	}
}

static bool
authorises(const struct property *p, const struct caa_question *q,
    struct arena *a)
{
	struct issue_value v;

	if (!issue_value_read(p->value, p->len, a, &v)) /* CAA-05 */
		return false;
	return issue_value_names(&v, q->issuers, q->n_issuers) &&
	       account_fits(&v, q) && method_fits(&v, q);
}

static const char *
shown(const struct property *p, struct arena *a)
{
	return arena_printf(a, "%s \"%s\"",
	    printable(a, (const char *)p->tag, p->tag_len, TAG_SHOWN),
	    printable(a, (const char *)p->value, p->len, VALUE_SHOWN));
}

/* An unknown property that must be understood, or none that can be read. */
static bool
stops(const struct dns_record *records, struct arena *a, const char **why)
{
	struct property p;

	for (const struct dns_record *r = records; r != NULL; r = r->next) {
		if (!property_read(r, &p)) {
			*why = "a record that cannot be read";
			return true;
		}
		if (critical(&p) && !known(&p)) { /* CAA-03 */
			*why = arena_printf(a, "%s is critical, and unknown",
			    shown(&p, a));
			return true;
		}
	}
	return false;
}

static bool
any_tagged(const struct dns_record *records, const char *tag)
{
	struct property p;

	for (const struct dns_record *r = records; r != NULL; r = r->next)
		if (property_read(r, &p) && tagged(&p, tag))
			return true;
	return false;
}

bool
caa_set_permits(const struct dns_record *records, const struct caa_question *q,
    struct arena *a, const char **why)
{
	const char *tag = "issue", *list = "";
	struct property p;

	if (stops(records, a, why))
		return false;
	if (q->wildcard && any_tagged(records, "issuewild")) /* CAA-04 */
		tag = "issuewild";
	for (const struct dns_record *r = records; r != NULL; r = r->next) {
		if (!property_read(r, &p) || !tagged(&p, tag))
			continue;
		if (authorises(&p, q, a)) { /* CAA-09 */
			*why = shown(&p, a);
			return true;
		}
		if (strlen(list) < LIST_MAX)
			list = arena_printf(a, "%s%s%s", list,
			    list[0] == '\0' ? "" : ", ", shown(&p, a));
	}
	*why = list[0] == '\0' ? arena_printf(a, "no %s", tag) : list;
	return list[0] == '\0'; /* nothing in it is meant for that */
}
