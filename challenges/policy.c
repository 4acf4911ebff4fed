/* The address policy: judged on the bytes we are about to dial. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "challenges/challenge.h"

struct address {
	int family; /* AF_INET or AF_INET6 */
	unsigned char bytes[16];
};

struct cidr {
	struct address base;
	unsigned bits;
};

/* What is refused unless `allow` has it; the first that matches names it. */
/* clang-format off */
static const struct {
	const char *cidr, *what;
} refused[] = {
	{ "127.0.0.0/8",        "a loopback address" },
	{ "::1/128",            "the loopback address" },
	{ "169.254.169.254/32", "the cloud metadata address" },
	{ "fd00:ec2::254/128",  "the cloud metadata address" },
	{ "fd20:ce::254/128",   "the cloud metadata address" },
	{ "169.254.0.0/16",     "a link-local address" },
	{ "fe80::/10",          "a link-local address" },
	{ "224.0.0.0/4",        "a multicast address" },
	{ "ff00::/8",           "a multicast address" },
	{ "255.255.255.255/32", "the broadcast address" },
	{ "0.0.0.0/8",          "an unspecified address" },
	{ "::/128",             "the unspecified address" },
	{ "::/96",              "an IPv4-compatible address" },
};

/* IPv6 that carries an IPv4 address, and where. */
static const struct {
	const char *cidr;
	size_t at;
} carriers[] = {
	{ "::ffff:0:0/96", 12 }, /* mapped */
	{ "64:ff9b::/96",  12 }, /* NAT64 (RFC 6052) */
	{ "2002::/16",      2 }, /* 6to4 (RFC 3056) */
};
/* clang-format on */

static size_t
width(const struct address *a)
{
	return a->family == AF_INET ? 4 : 16;
}

static bool
prefix_equal(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned rest = bits % 8;
	unsigned mask = (0xff00u >> rest) & 0xffu;

	return memcmp(a, b, bits / 8) == 0 &&
	       (rest == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

static bool
prefix_read(const char *text, unsigned max, unsigned *bits)
{
	unsigned n = 0;

	if (text[0] == '\0' || strlen(text) > 3 ||
	    (text[0] == '0' && text[1] != '\0'))
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
	}
	*bits = n;
	return n <= max;
}

static bool
cidr_read(const char *text, struct cidr *out)
{
	char base[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	if (len >= sizeof(base))
		return false;
	memcpy(base, text, len);
	base[len] = '\0';
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, base, out->base.bytes) == 1)
		out->base.family = AF_INET;
	else if (inet_pton(AF_INET6, base, out->base.bytes) == 1)
		out->base.family = AF_INET6;
	else
		return false;
	out->bits = (unsigned)width(&out->base) * 8;
	return slash == NULL || prefix_read(slash + 1, out->bits, &out->bits);
}

bool
address_cidr_valid(const char *cidr)
{
	struct cidr c;

	return cidr_read(cidr, &c);
}

static bool
in_cidr(const struct address *a, const struct cidr *c)
{
	return c->base.family == a->family &&
	       prefix_equal(a->bytes, c->base.bytes, c->bits);
}

static bool
within(const struct address *a, const char *text)
{
	struct cidr c;

	return cidr_read(text, &c) && in_cidr(a, &c);
}

/* Mapped IPv6 in somebody's list means the IPv4 addresses it maps. */
static void
unmap(struct cidr *c)
{
	if (c->bits < 96 || !within(&c->base, carriers[0].cidr))
		return;
	c->base.family = AF_INET;
	memmove(c->base.bytes, c->base.bytes + carriers[0].at, 4);
	c->bits -= 96;
}

/* The CIDR of the list that has it, or NULL. */
static const char *
listed(const struct address *a, const char *const *list, size_t n)
{
	struct cidr c;

	for (size_t i = 0; i < n; i++) {
		if (!cidr_read(list[i], &c))
			continue; /* the configuration was checked before */
		unmap(&c);
		if (in_cidr(a, &c))
			return list[i];
	}
	return NULL;
}

bool
address_cidr_has(const char *cidr, const unsigned char *address, size_t len)
{
	struct address a = { .family = len == 4 ? AF_INET : AF_INET6 };

	if (len != 4 && len != 16)
		return false;
	memcpy(a.bytes, address, len);
	return listed(&a, &cidr, 1) != NULL;
}

static bool
address_read(const struct sockaddr *sa, struct address *out)
{
	memset(out, 0, sizeof(*out));
	out->family = sa->sa_family;
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		memcpy(out->bytes, &in->sin_addr, 4);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		memcpy(out->bytes, &in6->sin6_addr, 16);
		return true;
	}
	return false;
}

/* Where a packet to `a` ends up: the IPv4 address it carries, or itself. */
static struct address
effective(const struct address *a)
{
	struct address out = { .family = AF_INET };

	for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++)
		if (within(a, carriers[i].cidr)) {
			memcpy(out.bytes, a->bytes + carriers[i].at, 4);
			return out;
		}
	return *a;
}

enum err
address_allow(const struct address_policy *policy, const struct sockaddr *sa,
    struct fault *f)
{
	char text[INET6_ADDRSTRLEN];
	struct address given, a;
	const char *why;

	if (!address_read(sa, &given))
		return fault(f, ERR_CONNECTION, "neither IPv4 nor IPv6");
	(void)inet_ntop(given.family, given.bytes, text, sizeof(text));
	a = effective(&given);

	/* Both spellings can be denied; only the real one can be allowed. */
	why = listed(&given, policy->deny, policy->n_deny);
	if (why == NULL)
		why = listed(&a, policy->deny, policy->n_deny);
	if (why != NULL) /* SEC-01 */
		return fault(f, ERR_CONNECTION,
		    "%s is not dialled: validation.deny has %s", text, why);
	if (listed(&a, policy->allow, policy->n_allow) != NULL)
		return OK;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (within(&a, refused[i].cidr)) /* SEC-01 */
			return fault(f, ERR_CONNECTION,
			    "%s is %s and not dialled; validation.allow with "
			    "%s would permit it",
			    text, refused[i].what, refused[i].cidr);
	return OK;
}
