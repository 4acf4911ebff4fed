/* No ctype.h here: what a letter is must not depend on a locale. */
#include "http/field_int.h"

#include <string.h>
#include <strings.h>

#define ALNUM                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz" \
	"0123456789"

bool
field_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
field_is_token(unsigned char c)
{
	unsigned char letter = c | 0x20;

	return (letter >= 'a' && letter <= 'z') || field_is_digit((char)c) ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool
field_is_text(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

size_t
field_tokens(const char *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && field_is_token((unsigned char)bytes[n]))
		n++;
	return n;
}

size_t
field_texts(const char *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && field_is_text((unsigned char)bytes[n]))
		n++;
	return n;
}

int
field_hex(unsigned char c)
{
	unsigned char letter = c | 0x20;

	if (field_is_digit((char)c))
		return c - '0';
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool
field_is_host(const char *text)
{
	size_t len;

	if (*text == '[') {
		len = strspn(text + 1, ALNUM ":.") + 1;
		if (len < 3 || text[len++] != ']')
			return false;
	} else if ((len = strspn(text, ALNUM "-._~!$&'()*+,;=%")) == 0)
		return false;
	text += len;
	if (*text == ':')
		text += 1 + strspn(text + 1, "0123456789");
	return *text == '\0';
}

/* The next item of a list: its start, its length, and what is behind it. */
static const char *
item(const char *list, size_t *len, const char **rest)
{
	const char *end;

	list += strspn(list, " \t,");
	end = list + strcspn(list, ",");
	*rest = end;
	while (end > list && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*len = (size_t)(end - list);
	return list;
}

static bool
is(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

bool
field_lists(const char *list, const char *word)
{
	const char *text;
	size_t len;

	while (*(text = item(list, &len, &list)) != '\0')
		if (is(text, len, word))
			return true;
	return false;
}

bool
field_ends_chunked(const char *list)
{
	bool ends = false;
	const char *text;
	size_t len;

	while (*(text = item(list, &len, &list)) != '\0') {
		if (ends)
			return false; /* chunked must come last, and once */
		for (size_t i = 0; i < len; i++)
			if (!field_is_token((unsigned char)text[i]))
				return false;
		ends = is(text, len, "chunked");
	}
	return ends;
}
