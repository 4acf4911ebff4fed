/* Durations, sizes and counts: numbers with units, within a range. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "server/config_kind.h"

/* A number with a suffix; the widest that fits comes first when written. */
struct unit {
	const char *suffix;
	uint64_t size;
};
static const struct unit times[] = { { "d", 86400000 }, { "h", 3600000 },
	{ "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { NULL, 0 } };
static const struct unit sizes[] = { { "TiB", UINT64_C(1) << 40 },
	{ "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 }, { "B", 1 },
	{ NULL, 0 } };

static bool
digits_read(const char **at, uint64_t *out)
{
	const char *p = *at;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (n > (UINT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	*out = n;
	return p != *at && ((*at = p), true);
}

/* "1h30m": parts from wide to narrow, each unit once.  0 needs none. */
static bool
measure_read(const char *text, const struct unit *u, uint64_t *out)
{
	uint64_t n, sum = 0;
	bool some = false;

	if (strcmp(text, "0") == 0)
		return (*out = 0), true;
	for (; *text != '\0'; some = true, u++) {
		size_t len;

		if (!digits_read(&text, &n))
			return false;
		len = strspn(text, "abcdefghijklmnopqrstuvwxyzBGKMT");
		while (u->suffix != NULL &&
		       (strlen(u->suffix) != len ||
		           strncmp(u->suffix, text, len) != 0))
			u++;
		if (u->suffix == NULL || n > (UINT64_MAX - sum) / u->size)
			return false;
		sum += n * u->size;
		text += len;
	}
	return some && ((*out = sum), true);
}

static const char *
measure_text(uint64_t n, const struct unit *u, struct arena *a)
{
	while (u[1].suffix != NULL && (n == 0 || n % u->size != 0))
		u++;
	if (n == 0 && u->suffix[0] == 'm')
		u--; /* 0s, not 0ms */
	return arena_printf(a, "%" PRIu64 "%s", n / u->size, u->suffix);
}

/* The number a numeric kind stands for, in its smallest unit. */
static bool
number_read(enum config_kind kind, const char *text, uint64_t *out)
{
	if (kind == K_COUNT || kind == K_PORT)
		return digits_read(&text, out) && *text == '\0';
	return measure_read(text, kind == K_SIZE ? sizes : times, out);
}

static uint64_t
unit_of(enum config_kind kind)
{
	return kind == K_SECONDS ? 1000 : kind == K_DAYS ? 86400000 : 1;
}

static bool
number_store(const struct config_key *k, uint64_t n, void *at)
{
	unsigned u;
	uint16_t port;

	if (k->kind == K_SIZE) {
		memcpy(at, &n, k->size);
		return true;
	}
	if (k->kind == K_PORT) {
		port = (uint16_t)n;
		memcpy(at, &port, k->size);
		return n <= UINT16_MAX;
	}
	if (n % unit_of(k->kind) != 0 || n / unit_of(k->kind) > UINT_MAX)
		return false;
	u = (unsigned)(n / unit_of(k->kind));
	memcpy(at, &u, k->size);
	return true;
}

bool
config_number_in(const struct config_key *k, const char *text, void *base,
    struct arena *a)
{
	uint64_t n, least = 0, most = UINT64_MAX;

	(void)a;
	if (!number_read(k->kind, text, &n))
		return false;
	if (k->least != NULL && (!number_read(k->kind, k->least, &least) ||
	                            !number_read(k->kind, k->most, &most)))
		abort(); /* a row of the table is wrong */
	return n >= least && n <= most &&
	       number_store(k, n, (char *)base + k->at);
}

const char *
config_number_out(const struct config_key *k, const void *base, struct arena *a)
{
	const char *at = (const char *)base + k->at;
	uint64_t n = 0;
	unsigned u;
	uint16_t port;

	if (k->kind == K_SIZE) {
		memcpy(&n, at, sizeof(n));
		return measure_text(n, sizes, a);
	}
	if (k->kind == K_PORT) {
		memcpy(&port, at, sizeof(port));
		return arena_printf(a, "%u", (unsigned)port);
	}
	memcpy(&u, at, sizeof(u));
	if (k->kind == K_COUNT)
		return arena_printf(a, "%u", u);
	return measure_text(u * unit_of(k->kind), times, a);
}
