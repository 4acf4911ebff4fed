#include "acme/certid.h"

#include <string.h>

#include "base/b64url.h"

enum { OCTETS_MAX = 64 };

static bool
part(const char *text, size_t len, struct arena *a, const uint8_t **out,
    size_t *out_len)
{
	return len > 0 && b64url_read(text, len, a, out, out_len) &&
	       *out_len > 0 && *out_len <= OCTETS_MAX + 1;
}

/* As integers: without the octet that keeps a first bit from being a sign. */
static void
strip(struct certid *id)
{
	while (id->serial_len > 1 && id->serial[0] == 0) {
		id->serial++;
		id->serial_len--;
	}
}

static bool
read_parts(const char *text, struct arena *a, struct certid *out)
{
	const char *dot = strchr(text, '.');

	if (dot == NULL || strlen(text) > CERTID_MAX ||
	    !part(text, (size_t)(dot - text), a, &out->key_id,
	        &out->key_id_len) ||
	    !part(dot + 1, strlen(dot + 1), a, &out->serial, &out->serial_len))
		return false;
	strip(out);
	return out->key_id_len <= OCTETS_MAX && out->serial_len <= OCTETS_MAX;
}

enum err
certid_read(const char *text, struct arena *a, struct certid *out,
    struct fault *f)
{
	if (!read_parts(text, a, out)) /* ARI-03 */
		return fault(f, ERR_MALFORMED,
		    "\"%.100s\" names no certificate: expected the issuer's "
		    "key identifier and the serial, each in base64url without "
		    "padding, and a dot between (RFC 9773, 4.1)",
		    text);
	return OK;
}

const char *
certid_text(const struct certid *id, struct arena *a)
{
	uint8_t serial[OCTETS_MAX + 2] = { 0 };
	size_t sign = id->serial_len > 0 && id->serial[0] >= 0x80 ? 1 : 0;

	memcpy(serial + sign, id->serial, id->serial_len);
	return arena_printf(a, "%s.%s",
	    b64url_text(id->key_id, id->key_id_len, a),
	    b64url_text(serial, sign + id->serial_len, a));
}

/* Our serials are ids, of as many octets; what is shorter lost its zeros. */
static bool
serial_of(const struct certid *id, struct id *out)
{
	if (id->serial_len > ID_SIZE)
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out->bytes + ID_SIZE - id->serial_len, id->serial,
	    id->serial_len);
	return true;
}

struct certificate *
certid_find(struct snap *s, const struct acme_config *config,
    const struct certid *id, struct arena *a)
{
	const struct ca_chains *issuer;
	struct certificate *c;
	struct id serial;

	if (!serial_of(id, &serial) ||
	    (c = snap_certificate(s, a, serial)) == NULL || c->issuer == 0 ||
	    c->issuer > config->n_chains)
		return NULL;
	issuer = &config->chains[c->issuer - 1];
	if (issuer->key_id_len != id->key_id_len ||
	    memcmp(issuer->key_id, id->key_id, id->key_id_len) != 0)
		return NULL;
	return c;
}
