/* A private CA asks for no public domain: only for what can be an address. */
#include "acme/contact.h"

#include <string.h>
#include <strings.h>

static const char scheme[] = "mailto:";

/* RFC 5321's dot-string, and a domain of letters, digits, hyphens and dots. */
static enum err
check_address(const char *address, struct fault *f)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const char *at = strrchr(address, '@'), *domain;
	size_t local;

	if (at == NULL || at == address || at[1] == '\0')
		return fault(f, ERR_INVALID_CONTACT,
		    "a contact must be one address, like mailto:ops@example");
	local = (size_t)(at - address);
	domain = at + 1;
	for (size_t i = 0; i < local; i++)
		if (strchr(letters, address[i]) == NULL &&
		    strchr("!$&'*+-/=^_`{|}~.", address[i]) == NULL)
			return fault(f, ERR_INVALID_CONTACT,
			    "a contact's address has a character that does not "
			    "belong there; one plain address each, no fields");
	for (size_t i = 0; domain[i] != '\0'; i++)
		if (strchr(letters, domain[i]) == NULL &&
		    (strchr("-.", domain[i]) == NULL || i == 0 ||
		        domain[i - 1] == '.' || domain[i + 1] == '\0'))
			return fault(f, ERR_INVALID_CONTACT,
			    "the domain of a contact's address is no domain");
	return OK;
}

enum err
contacts_check(const char *const *contacts, size_t n, struct fault *f)
{
	for (size_t i = 0; i < n; i++) {
		const char *c = contacts[i];

		if (c[0] == '\0' || strchr(c, ':') == NULL)
			return fault(f, ERR_INVALID_CONTACT,
			    "a contact must be a URI, like mailto:ops@example");
		if (strncasecmp(c, scheme, sizeof(scheme) - 1) != 0)
			return fault(f, ERR_UNSUPPORTED_CONTACT,
			    "only contacts of the scheme mailto: are "
			    "supported");
		if (strlen(c) > CONTACT_BYTES_MAX)
			return fault(f, ERR_INVALID_CONTACT,
			    "a contact is longer than %d bytes",
			    CONTACT_BYTES_MAX);
		TRY(check_address(c + sizeof(scheme) - 1, f));
	}
	return OK;
}
