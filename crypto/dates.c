/* From when to when a leaf is valid: what was asked for exactly, or not at all. */
#include "crypto/profile_int.h"

#include "base/rfc3339.h"

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static enum err
outside(const struct profile *p, const char *what, int64_t least, int64_t most,
    struct fault *f)
{
	char from[RFC3339_TEXT], to[RFC3339_TEXT];

	if (!rfc3339_write(least, from) || !rfc3339_write(most, to))
		return fault(f, ERR_INTERNAL, "the clock is out of its mind");
	return fault(f, ERR_MALFORMED,
	    "%s must be from %s to %s: profile %s gives %lld s, and up to "
	    "%lld s in the past",
	    what, from, to, p->name, (long long)p->lifetime_s,
	    (long long)p->backdate_s);
}

/* What is left to check when time has passed since the order was made. */
static enum err
end_fits(const struct profile *p, const struct dates *asked, int64_t now,
    struct fault *f)
{
	int64_t from = later(now, asked->not_before);
	int64_t most = earlier(from + p->lifetime_s - 1, p->issuer_end);

	if (asked->not_before > p->issuer_end)
		return outside(p, "notBefore", now - p->backdate_s,
		    p->issuer_end, f);
	if (asked->not_after != 0 &&
	    (asked->not_after <= from || asked->not_after > most)) /* ORD-11 */
		return outside(p, "notAfter", from + 1, most, f);
	return OK;
}

enum err
dates_accept(const struct profile *p, const struct dates *asked, int64_t now,
    int64_t *last, struct fault *f)
{
	int64_t least = later(now - p->backdate_s, p->issuer_begin);
	int64_t most = earlier(now + p->lifetime_s, p->issuer_end);

	if (asked->not_before != 0 &&
	    (asked->not_before < least ||
	        asked->not_before > most)) /* ORD-11 */
		return outside(p, "notBefore", least, most, f);
	TRY(end_fits(p, asked, now, f));
	if (asked->not_after != 0)
		*last = asked->not_after;
	else if (asked->not_before != 0)
		*last = asked->not_before + p->backdate_s + p->lifetime_s - 1;
	else
		*last = INT64_MAX;
	return OK;
}

enum err
dates_set(const struct profile *p, struct leaf *leaf, struct fault *f)
{
	const struct dates *asked = &leaf->asked;
	int64_t now = leaf->now;

	if (now > p->issuer_end)
		return fault(f, ERR_INTERNAL,
		    "the issuer's certificate has expired");
	if (now < p->issuer_begin)
		return fault(f, ERR_INTERNAL,
		    "the issuer's certificate is not valid yet; is the clock "
		    "right?");
	TRY(end_fits(p, asked, now, f));
	leaf->not_before = later(now - p->backdate_s, p->issuer_begin);
	leaf->not_after = earlier(now + p->lifetime_s - 1, p->issuer_end);
	if (asked->not_before != 0) { /* ORD-11 */
		leaf->not_before = asked->not_before;
		leaf->not_after = earlier(p->issuer_end,
		    earlier(later(now, asked->not_before) + p->lifetime_s - 1,
		        asked->not_before + p->backdate_s + p->lifetime_s - 1));
	}
	if (asked->not_after != 0) /* ORD-11 */
		leaf->not_after = asked->not_after;
	return OK;
}
