/*
 * What a client wrote is judged here, once; everything behind works with the
 * normal form.  A name is never converted, only lower-cased: what a client
 * gets a certificate for is what it asked for.
 */
#include "base/ident.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LEN_MAX = 253, LABEL_LEN_MAX = 63, HINT_LEN_MAX = 1024 };

static enum err refused(struct fault *f, const char *value, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

static enum err
refused(struct fault *f, const char *value, const char *fmt, ...)
{
	char why[320];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return fault(f, ERR_REJECTED_IDENTIFIER, "\"%.100s\" %s", value, why);
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 0x7f)
			return false;
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ASCII and no locale; <ctype.h> has opinions of its own. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* RFC 8555, 7.1.4: A-labels are the client's to make.  Say which, if we can. */
static enum err
refuse_unicode(const char *value, const char *base, struct fault *f)
{
	const char *star = base != value ? "*." : "";
	char *alabels = NULL;
	enum err e;

	if (strlen(base) <= HINT_LEN_MAX &&
	    idn2_to_ascii_8z(base, &alabels,
	        IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK)
		e = refused(f, value, "is not ASCII; ask for \"%s%.254s\"",
		    star, alabels);
	else
		e = refused(f, value,
		    "is not ASCII, and no internationalised name either");
	idn2_free(alabels);
	return e;
}

/* `label` is in lower case.  RFC 5891, 4.2: decodes, and encodes the same. */
static enum err
check_alabel(const char *value, const char *label, struct fault *f)
{
	uint8_t *same = NULL;
	int rc = idn2_register_u8(NULL, (const uint8_t *)label, &same, 0);

	idn2_free(same);
	if (rc != IDN2_OK) /* IDN-03 */
		return refused(f, value,
		    "has the label \"%s\", which is no A-label: %s", label,
		    idn2_strerror(rc));
	return OK;
}

static enum err
check_characters(const char *value, const char *label, struct fault *f)
{
	for (const char *c = label; *c != '\0'; c++) {
		if (is_digit(*c) || (*c >= 'a' && *c <= 'z') || *c == '-')
			continue;
		if (*c == '*') /* IDN-05 */
			return refused(f, value,
			    "may have one star, as its whole first label");
		if (*c == ':' || *c == '/')
			return refused(f, value,
			    "has a '%c'; send the name alone, without scheme, "
			    "port or path",
			    *c);
		return refused(f, value,
		    "has a '%c'; a label is of letters, digits and hyphens",
		    *c);
	}
	return OK;
}

/* `label` is in lower case, and may be empty. */
static enum err
check_label(const char *value, const char *label, struct fault *f)
{
	size_t len = strlen(label);

	if (len == 0) /* IDN-01 */
		return refused(f, value, "has an empty label");
	TRY(check_characters(value, label, f));
	if (len > LABEL_LEN_MAX) /* IDN-01 */
		return refused(f, value, "has a label longer than %d",
		    LABEL_LEN_MAX);
	if (label[0] == '-' || label[len - 1] == '-') /* IDN-01 */
		return refused(f, value,
		    "has a label that begins or ends with a hyphen");
	if (len < 4 || label[2] != '-' || label[3] != '-')
		return OK;
	if (strncmp(label, "xn", 2) != 0) /* IDN-03 */
		return refused(f, value,
		    "has hyphens as third and fourth character of a label, "
		    "which are reserved");
	return check_alabel(value, label, f);
}

/* What resolvers and browsers would take for an address: 1.2.3, a.0x1f. */
static bool
is_number(const char *label)
{
	if (label[0] == '0' && label[1] == 'x')
		return strspn(label + 2, "0123456789abcdef") ==
		       strlen(label + 2);
	return label[strspn(label, "0123456789")] == '\0';
}

static enum err
check_labels(const char *value, const char *name, struct arena *a,
    struct fault *f)
{
	char *label = arena_text(a, name), *dot;

	while ((dot = strchr(label, '.')) != NULL) {
		*dot = '\0';
		TRY(check_label(value, label, f));
		label = dot + 1;
	}
	TRY(check_label(value, label, f));
	if (is_number(label)) /* IDN-01 */
		return refused(f, value,
		    "ends in a number, as no name of a host does");
	return OK;
}

static bool
is_address(const char *text)
{
	unsigned char bytes[16];

	return text[0] == '[' || inet_pton(AF_INET, text, bytes) == 1 ||
	       inet_pton(AF_INET6, text, bytes) == 1;
}

static enum err
parse_name(const char *value, struct arena *a, struct ident *out,
    struct fault *f)
{
	bool wildcard = value[0] == '*' && value[1] == '.';
	const char *base = value + (wildcard ? 2 : 0);
	size_t len = strlen(value);
	char *name;

	if (base[0] == '\0')
		return refused(f, value, "is no name");
	if (is_address(base)) /* ORD-24 IDN-08 */
		return fault(f, ERR_MALFORMED,
		    "\"%.100s\" is an address; use type \"ip\"%s", value,
		    wildcard ? ", without a star" : "");
	if (!is_ascii(base)) /* IDN-04 */
		return refuse_unicode(value, base, f);
	if (len > NAME_LEN_MAX) /* IDN-01 */
		return refused(f, value, "is longer than %d", NAME_LEN_MAX);
	if (value[len - 1] == '.') /* IDN-01 */
		return refused(f, value, "ends with a dot; leave it out");
	name = arena_text(a, base);
	for (char *c = name; *c != '\0'; c++)
		*c = lower(*c);
	TRY(check_labels(value, name, a, f));
	*out = (struct ident){ IDENT_DNS, name, wildcard };
	return OK;
}

/* NULL, or why nobody has this address. */
static const char *
unusable_v4(const unsigned char b[4])
{
	if (b[0] == 0)
		return "is unspecified";
	if (b[0] >= 224 && b[0] <= 239)
		return "is a multicast address";
	if (b[0] == 255 && b[1] == 255 && b[2] == 255 && b[3] == 255)
		return "is the broadcast address";
	return NULL;
}

static const char *
unusable_v6(const unsigned char b[16])
{
	static const unsigned char zero[15];

	if (b[0] == 0xff)
		return "is a multicast address";
	if (memcmp(b, zero, 15) == 0)
		return b[15] == 0   ? "is unspecified"
		       : b[15] == 1 ? NULL
		                    : "is reserved";
	if (memcmp(b, zero, 10) == 0 && b[10] == 0xff && b[11] == 0xff)
		return "is IPv4-mapped; write the IPv4 address";
	if (memcmp(b, zero, 12) == 0)
		return "is IPv4-compatible, which is obsolete";
	return NULL;
}

static enum err
parse_address(const char *value, struct arena *a, struct ident *out,
    struct fault *f)
{
	char canonical[INET6_ADDRSTRLEN];
	unsigned char bytes[16];
	const char *why;
	int family = strchr(value, ':') != NULL ? AF_INET6 : AF_INET;

	if (strchr(value, '%') != NULL) /* IPI-04 */
		return refused(f, value,
		    "has a zone, which means nothing elsewhere");
	if (value[0] == '[')
		return fault(f, ERR_MALFORMED,
		    "\"%.100s\": write the address without brackets", value);
	if (inet_pton(family, value, bytes) != 1)
		return fault(f, ERR_MALFORMED,
		    "\"%.100s\" is no IPv4 or IPv6 address%s", value,
		    family == AF_INET && strpbrk(value, "/") == NULL &&
		            strspn(value, "0123456789.") != strlen(value)
		        ? "; for a name use type \"dns\""
		        : "");
	why = family == AF_INET ? unusable_v4(bytes) : unusable_v6(bytes);
	if (why != NULL) /* IPI-04 */
		return refused(f, value, "%s", why);
	if (inet_ntop(family, bytes, canonical, sizeof(canonical)) == NULL)
		abort(); /* the buffer holds the longest there is */
	if (strcmp(value, canonical) != 0) /* IPI-01 */
		return fault(f, ERR_MALFORMED,
		    "\"%.100s\": write \"%s\" (RFC 5952)", value, canonical);
	*out = (struct ident){ IDENT_IP, arena_text(a, canonical), false };
	return OK;
}

enum err
ident_parse(const char *type, const char *value, struct arena *a,
    struct ident *out, struct fault *f)
{
	if (strcmp(type, "dns") == 0)
		return parse_name(value, a, out, f);
	if (strcmp(type, "ip") == 0)
		return parse_address(value, a, out, f);
	return fault(f, ERR_UNSUPPORTED_IDENTIFIER,
	    "identifiers of type \"%.40s\" are not supported; \"dns\" and "
	    "\"ip\" are",
	    type);
}

bool
ident_equal(const struct ident *a, const struct ident *b)
{
	return ident_compare(a, b) == 0;
}

const char *
ident_type_text(enum ident_type type)
{
	return type == IDENT_IP ? "ip" : "dns";
}

const char *
ident_text(const struct ident *id, struct arena *a)
{
	return id->wildcard ? arena_printf(a, "*.%s", id->value) : id->value;
}

size_t
ident_address(const struct ident *id, unsigned char out[16])
{
	if (id->type != IDENT_IP)
		return 0;
	if (inet_pton(AF_INET, id->value, out) == 1)
		return 4;
	if (inet_pton(AF_INET6, id->value, out) != 1)
		abort(); /* ident_parse() did not make this one */
	return 16;
}

int
ident_compare(const void *a, const void *b)
{
	const struct ident *x = a, *y = b;
	int by_value;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if ((by_value = strcmp(x->value, y->value)) != 0)
		return by_value;
	return (int)x->wildcard - (int)y->wildcard;
}
