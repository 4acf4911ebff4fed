#include "crypto/der.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SOUND_DEPTH = 16 };

struct der
der_over(const void *data, size_t len)
{
	return (struct der){ data, len, false };
}

bool
der_next(const struct der *d, unsigned tag)
{
	return !d->bad && d->len > 0 && d->at[0] == tag;
}

static struct der
fail(struct der *d)
{
	*d = (struct der){ d->at, 0, true };
	return *d;
}

/* Octets of the next element's header, and of its contents; 0 if broken. */
static size_t
header(const struct der *d, size_t *contents)
{
	size_t n, len = 0;

	if (d->bad || d->len < 2 || (d->at[0] & 0x1f) == 0x1f)
		return 0;
	if (d->at[1] < 0x80) {
		*contents = d->at[1];
		return d->len - 2 >= *contents ? 2 : 0;
	}
	/* Three octets of length are more than any bound of ours. */
	n = d->at[1] & 0x7f;
	if (n == 0 || n > 3 || d->len < 2 + n)
		return 0;
	for (size_t i = 0; i < n; i++)
		len = len << 8 | d->at[2 + i];
	if (len < 0x80 || len >> (8 * (n - 1)) == 0)
		return 0; /* there is a shorter way to say it */
	*contents = len;
	return d->len - 2 - n >= len ? 2 + n : 0;
}

static struct der
take(struct der *d, bool whole)
{
	size_t len = 0, head = header(d, &len);
	struct der out;

	if (head == 0)
		return fail(d);
	out = whole ? der_over(d->at, head + len) : der_over(d->at + head, len);
	d->at += head + len;
	d->len -= head + len;
	return out;
}

struct der
der_get(struct der *d, unsigned tag)
{
	return der_next(d, tag) ? take(d, false) : fail(d);
}

struct der
der_raw(struct der *d, unsigned tag)
{
	return der_next(d, tag) ? take(d, true) : fail(d);
}

struct der
der_any(struct der *d)
{
	return take(d, true);
}

struct der
der_uint(struct der *d)
{
	struct der n = der_get(d, DER_INTEGER);

	if (n.bad || n.len == 0 || n.at[0] >= 0x80)
		return fail(d);
	if (n.at[0] != 0)
		return n;
	if (n.len > 1 && n.at[1] < 0x80)
		return fail(d); /* a sign octet that is not needed */
	return der_over(n.at + 1, n.len - 1);
}

struct der
der_bits(struct der *d)
{
	struct der s = der_get(d, DER_BIT_STRING);

	if (s.bad || s.len == 0 || s.at[0] != 0)
		return fail(d);
	return der_over(s.at + 1, s.len - 1);
}

/* UTCTime covers 1950 to 2049 (RFC 5280, 4.1.2.5.1). */
static bool
is_utc(const struct tm *tm)
{
	return tm->tm_year >= 50 && tm->tm_year < 150;
}

/* In UTCTime where that is what is due, or always in GeneralizedTime. */
enum time_form { TIME_DUE, TIME_GENERALIZED };

static bool
time_text(int64_t unixtime, enum time_form form, char out[32], bool *utc)
{
	time_t t = (time_t)unixtime;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < -1900 ||
	    tm.tm_year > 8099)
		return false;
	*utc = form == TIME_DUE && is_utc(&tm);
	(void)snprintf(out, 32,
	    *utc ? "%02d%02d%02d%02d%02d%02dZ" : "%04d%02d%02d%02d%02d%02dZ",
	    *utc ? tm.tm_year % 100 : tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return true;
}

static int
pair(const uint8_t *at)
{
	return (at[0] - '0') * 10 + (at[1] - '0');
}

/* Digits, of `len` with the Z that follows them, as a time. */
static int64_t
time_of(const uint8_t *at, bool utc)
{
	struct tm tm = { 0 };

	if (utc) {
		tm.tm_year = pair(at) >= 50 ? pair(at) : pair(at) + 100;
		at += 2;
	} else {
		tm.tm_year = pair(at) * 100 + pair(at + 2) - 1900;
		at += 4;
	}
	tm.tm_mon = pair(at) - 1;
	tm.tm_mday = pair(at + 2);
	tm.tm_hour = pair(at + 4);
	tm.tm_min = pair(at + 6);
	tm.tm_sec = pair(at + 8);
	return (int64_t)timegm(&tm);
}

static int64_t
time_read(struct der *d, enum time_form form)
{
	bool utc = form == TIME_DUE && der_next(d, DER_UTC_TIME), is;
	size_t len = utc ? 13 : 15;
	struct der s = der_get(d, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);
	char again[32];
	int64_t t;

	if (s.bad || s.len != len)
		goto bad;
	for (size_t i = 0; i < len - 1; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			goto bad;
	t = time_of(s.at, utc);
	/* Written again it is the same, or it was the 31st of February. */
	if (!time_text(t, form, again, &is) || is != utc ||
	    again[len] != '\0' || memcmp(again, s.at, len) != 0)
		goto bad;
	return t;
bad:
	(void)fail(d);
	return 0;
}

int64_t
der_time(struct der *d)
{
	return time_read(d, TIME_DUE);
}

int64_t
der_generalized(struct der *d)
{
	return time_read(d, TIME_GENERALIZED);
}

/* X.690, 11.6: as octet strings, the shorter padded with zeros. */
bool
der_sorted(const struct der *set)
{
	struct der d = *set, last = der_over(NULL, 0), next;
	int c;

	while (d.len > 0) {
		next = der_any(&d);
		c = last.len == 0 || next.len == 0
		        ? 0
		        : memcmp(last.at, next.at,
		              last.len < next.len ? last.len : next.len);
		if (c > 0 || (c == 0 && last.len > next.len))
			return false;
		last = next;
	}
	return !d.bad;
}

static bool
sound(struct der d, unsigned depth)
{
	struct der one, in;
	unsigned tag;

	if (depth == SOUND_DEPTH)
		return false;
	while (d.len > 0) {
		one = der_any(&d);
		if (d.bad)
			return false;
		tag = one.at[0];
		in = one;
		in = der_get(&in, tag);
		if ((tag & DER_CONSTRUCTED) != 0 && !sound(in, depth + 1))
			return false;
		if (tag == DER_SET && !der_sorted(&in))
			return false;
		if (tag == DER_BOOLEAN && !der_equal(&in, "\xff", 1) &&
		    !der_equal(&in, "\0", 1))
			return false;
		if (tag == DER_INTEGER &&
		    (in.len == 0 ||
		        (in.len > 1 && (in.at[0] == 0 || in.at[0] == 0xff) &&
		            (in.at[0] ^ in.at[1]) < 0x80)))
			return false;
	}
	return !d.bad;
}

bool
der_sound(const struct der *d)
{
	return sound(*d, 0);
}

bool
der_end(const struct der *d)
{
	return !d->bad && d->len == 0;
}

bool
der_equal(const struct der *d, const void *data, size_t len)
{
	return !d->bad && d->len == len &&
	       (len == 0 || memcmp(d->at, data, len) == 0);
}

void
derw_start(struct derw *w, void *buf, size_t cap)
{
	*w = (struct derw){ .buf = buf, .cap = cap };
}

void
derw_raw(struct derw *w, const void *data, size_t len)
{
	if (w->bad || len > w->cap - w->len) {
		w->bad = true;
		return;
	}
	if (len != 0)
		memcpy(w->buf + w->len, data, len);
	w->len += len;
}

void
derw_open(struct derw *w, unsigned tag)
{
	const uint8_t head[2] = { (uint8_t)tag, 0 };

	if (w->depth == DER_NESTED)
		w->bad = true;
	derw_raw(w, head, sizeof(head));
	if (!w->bad)
		w->open[w->depth++] = w->len;
}

/* The length is known now: make room for it if it needs more than one octet. */
void
derw_close(struct derw *w)
{
	uint8_t *at;
	size_t len, n;

	if (w->bad || w->depth == 0) {
		w->bad = true;
		return;
	}
	at = w->buf + w->open[--w->depth];
	len = w->len - w->open[w->depth];
	if (len < 0x80) {
		at[-1] = (uint8_t)len;
		return;
	}
	n = len > 0xffff ? 3 : len > 0xff ? 2 : 1;
	if (n > w->cap - w->len || len > 0xffffff) {
		w->bad = true;
		return;
	}
	memmove(at + n, at, len);
	at[-1] = (uint8_t)(0x80 | n);
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(len >> (8 * (n - 1 - i)));
	w->len += n;
}

void
derw_put(struct derw *w, unsigned tag, const void *data, size_t len)
{
	derw_open(w, tag);
	derw_raw(w, data, len);
	derw_close(w);
}

void
derw_uint(struct derw *w, const void *data, size_t len)
{
	static const uint8_t zero = 0;
	const uint8_t *at = data;

	for (; len > 0 && at[0] == 0; at++)
		len--;
	derw_open(w, DER_INTEGER);
	if (len == 0 || at[0] >= 0x80)
		derw_raw(w, &zero, 1);
	derw_raw(w, at, len);
	derw_close(w);
}

static void
time_write(struct derw *w, int64_t unixtime, enum time_form form)
{
	char text[32];
	bool utc = false;

	if (!time_text(unixtime, form, text, &utc))
		w->bad = true;
	else
		derw_put(w, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, text,
		    strlen(text));
}

void
derw_time(struct derw *w, int64_t unixtime)
{
	time_write(w, unixtime, TIME_DUE);
}

void
derw_generalized(struct derw *w, int64_t unixtime)
{
	time_write(w, unixtime, TIME_GENERALIZED);
}

void
derw_bits(struct derw *w, const void *data, size_t len)
{
	static const uint8_t unused = 0;

	derw_open(w, DER_BIT_STRING);
	derw_raw(w, &unused, 1);
	derw_raw(w, data, len);
	derw_close(w);
}

bool
derw_end(const struct derw *w)
{
	return !w->bad && w->depth == 0;
}
