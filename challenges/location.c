/*
 * URLs of http-01: the first, and those that redirects name.  curl splits
 * them; what may be in them is decided here (CONFORMANCE H01-03, BLD-30).
 */
#include "challenges/location_int.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "challenges/evidence_int.h"

enum { SHOWN_MAX = 160, NAME_MAX_ = 253, LABEL_MAX = 63 };

struct location
location_first(const struct ident *id, const char *token, uint16_t http_port,
    struct arena *a)
{
	struct location at = { .host = id->value, .port = http_port };
	const char *authority = id->value;

	at.literal = id->type == IDENT_IP;
	if (strchr(authority, ':') != NULL) /* H01-08 */
		authority = arena_printf(a, "[%s]", authority);
	if (http_port != 80)
		authority = arena_printf(a, "%s:%u", authority, http_port);
	at.url = arena_printf(a, "http://%s/.well-known/acme-challenge/%s",
	    authority, token);
	at.shown = at.url;
	return at;
}

/* A part of the URL in `a`, or NULL if it has none. */
static const char *
part(CURLU *u, CURLUPart what, struct arena *a)
{
	const char *copy;
	char *text;

	if (curl_url_get(u, what, &text, 0) != CURLUE_OK)
		return NULL;
	copy = arena_text(a, text);
	curl_free(text);
	return copy;
}

static bool
name_valid(const char *host)
{
	size_t label = 0, n = 0;

	for (; host[n] != '\0'; n++) {
		if (host[n] == '.' && label == 0)
			return false;
		label = host[n] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX || n >= NAME_MAX_)
			return false;
		if (!isalnum((unsigned char)host[n]) &&
		    strchr("-_.", host[n]) == NULL)
			return false;
	}
	return label > 0;
}

static bool
ends_in_well_known(const char *host)
{
	static const char tail[] = ".well-known";
	size_t len = strlen(host);

	return len >= sizeof(tail) - 1 &&
	       strcmp(host + len - (sizeof(tail) - 1), tail) == 0;
}

/*
 * Lower case, no dot at the end; then through curl once more, for which "127.1"
 * is an address, and "127.1." was none.
 */
static bool
normalise(CURLU *u, struct arena *a)
{
	const char *text = part(u, CURLUPART_HOST, a), *url;
	char *host;
	size_t len;

	if (text == NULL || part(u, CURLUPART_ZONEID, a) != NULL)
		return false;
	host = arena_text(a, text);
	for (char *c = host; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	len = strlen(host);
	if (len > 1 && host[len - 1] == '.')
		host[len - 1] = '\0';
	return curl_url_set(u, CURLUPART_HOST, host, 0) == CURLUE_OK &&
	       (url = part(u, CURLUPART_URL, a)) != NULL &&
	       curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK;
}

/* The host, as it is looked up: without the brackets of an address. */
static enum err
judge_host(CURLU *u, const struct location_rules *rules, struct arena *a,
    struct location *out, struct fault *f)
{
	const char *text = NULL;
	unsigned char bytes[16];
	char *host;

	if (normalise(u, a))
		text = part(u, CURLUPART_HOST, a);
	if (text == NULL)
		return fault(f, ERR_CONNECTION, "redirect to a bad host");
	host = arena_text(a, text);
	if (host[0] == '[') {
		host++;
		host[strcspn(host, "]")] = '\0';
	}
	out->literal = inet_pton(AF_INET, host, bytes) == 1 ||
	               inet_pton(AF_INET6, host, bytes) == 1;
	out->host = host;
	if (!out->literal && !name_valid(host))
		return fault(f, ERR_CONNECTION,
		    "redirect to %s, which is no host name",
		    printable(a, host, strlen(host), SHOWN_MAX));
	if (ends_in_well_known(host)) /* BLD-32 */
		return fault(f, ERR_CONNECTION,
		    "redirect to the host %.100s: is a slash missing at the "
		    "end of the web server's redirect target?",
		    host);
	if (out->literal && !rules->literals) /* BLD-30 */
		return fault(f, ERR_CONNECTION,
		    "redirect to the address %s; a name is needed", host);
	return OK;
}

/* Only the two configured ports, or what a URL calls its default. */
static enum err
judge_port(CURLU *u, const struct location_rules *rules, struct arena *a,
    struct location *out, struct fault *f)
{
	const char *scheme = part(u, CURLUPART_SCHEME, a);
	const char *text = part(u, CURLUPART_PORT, a);
	bool tls = scheme != NULL && strcasecmp(scheme, "https") == 0;
	unsigned long port;

	/* H01-03 */
	if (scheme == NULL || (!tls && strcasecmp(scheme, "http") != 0))
		return fault(f, ERR_CONNECTION,
		    "redirect to the scheme %.20s; only http and https are "
		    "followed",
		    scheme ? scheme : "?");
	out->port = tls ? rules->tls_port : rules->http_port;
	if (text == NULL)
		return OK;
	port = strtoul(text, NULL, 10); /* curl saw to it that it is one */
	if (port == (tls ? 443 : 80))
		return OK;
	/* H01-03 */
	if (port != rules->http_port && port != rules->tls_port)
		return fault(f, ERR_CONNECTION,
		    "redirect to port %lu; only %u and %u are dialled", port,
		    rules->http_port, rules->tls_port);
	out->port = (uint16_t)port;
	return OK;
}

static const char *
without_query(CURLU *u, struct arena *a)
{
	const char *query = part(u, CURLUPART_QUERY, a);
	const char *url;

	/* It may carry what is meant for the target alone. */
	(void)curl_url_set(u, CURLUPART_QUERY, NULL, 0);
	url = part(u, CURLUPART_URL, a);
	if (url == NULL)
		return "";
	url = printable(a, url, strlen(url), SHOWN_MAX);
	return query == NULL ? url : arena_printf(a, "%s?...", url);
}

static enum err
judge(CURLU *u, const struct location *from, const char *header,
    const struct location_rules *rules, struct arena *a, struct location *out,
    struct fault *f)
{
	CURLUcode rc;

	if (strlen(header) > LOCATION_MAX)
		return fault(f, ERR_CONNECTION,
		    "redirect to a URL of %zu bytes; at most %d are followed",
		    strlen(header), LOCATION_MAX);
	if (curl_url_set(u, CURLUPART_URL, from->url, 0) != CURLUE_OK)
		return fault(f, ERR_INTERNAL, "our own URL is bad");
	rc = curl_url_set(u, CURLUPART_URL, header,
	    CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER);
	if (rc == CURLUE_USER_NOT_ALLOWED) /* H01-03 */
		return fault(f, ERR_CONNECTION,
		    "redirect to a URL with a user name in it");
	if (rc != CURLUE_OK)
		return fault(f, ERR_CONNECTION, "redirect to a bad URL: %s",
		    curl_url_strerror(rc));
	TRY(judge_port(u, rules, a, out, f));
	TRY(judge_host(u, rules, a, out, f));
	(void)curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
	if ((out->url = part(u, CURLUPART_URL, a)) == NULL)
		return fault(f, ERR_CONNECTION, "redirect to a bad URL");
	out->shown = without_query(u, a);
	return OK;
}

enum err
location_follow(const struct location *from, const char *header,
    const struct location_rules *rules, struct arena *a, struct location *out,
    struct fault *f)
{
	CURLU *u = curl_url();
	enum err e;

	if (u == NULL)
		abort();
	memset(out, 0, sizeof(*out));
	e = judge(u, from, header, rules, a, out, f);
	curl_url_cleanup(u);
	return e;
}
