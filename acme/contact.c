/* A private CA asks for no public domain: only for what can be an address. */
#include "acme/contact.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char scheme[] = "mailto:";

static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/* Parts between dots, none of them empty. */
static bool
dotted(const char *text, size_t len, const char *also)
{
	for (size_t i = 0; i < len; i++) {
		bool dot = text[i] == '.';

		if (dot && (i == 0 || i + 1 == len || text[i + 1] == '.'))
			return false;
		if (!dot && strchr(letters, text[i]) == NULL &&
		    strchr(also, text[i]) == NULL)
			return false;
	}
	return len > 0;
}

/* No label begins or ends with a hyphen. */
static bool
is_domain(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] == '-' &&
		    (i == 0 || i + 1 == len || text[i - 1] == '.' ||
		        text[i + 1] == '.'))
			return false;
	return dotted(text, len, "-");
}

/* RFC 5321's dot-string, and a domain of letters, digits, hyphens and dots. */
static enum err
check_address(const char *address, struct fault *f)
{
	const char *at = strrchr(address, '@');

	if (at == NULL || at == address || at[1] == '\0')
		return fault(f, ERR_INVALID_CONTACT,
		    "a contact must be one address, like mailto:ops@example");
	if (!dotted(address, (size_t)(at - address), "!$&'*+-/=^_`{|}~"))
		return fault(f, ERR_INVALID_CONTACT,
		    "a contact's address has a character that does not "
		    "belong there; one plain address each, no fields");
	if (!is_domain(at + 1))
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
