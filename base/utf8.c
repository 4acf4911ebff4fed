/* One decision, taken here for the JSON writer, the log and the faults. */
#include "base/utf8.h"

#include <stdint.h>

/* RFC 3629, 4: what may follow the first byte, by that byte. */
static size_t
shape(unsigned char c, unsigned char *least, unsigned char *most)
{
	*least = 0x80;
	*most = 0xbf;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef) {
		*least = c == 0xe0 ? 0xa0 : 0x80;
		*most = c == 0xed ? 0x9f : 0xbf;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		*least = c == 0xf0 ? 0x90 : 0x80;
		*most = c == 0xf4 ? 0x8f : 0xbf;
		return 4;
	}
	return 0;
}

size_t
utf8_char(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char least, most;
	size_t n;

	if (len == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	n = shape(s[0], &least, &most);
	if (n == 0 || n > len || s[1] < least || s[1] > most)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

bool
utf8_shows(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	switch (utf8_char(text, len)) {
	case 0:
		return false;
	case 1:
		return s[0] >= ' ' && s[0] != 0x7f;
	case 2:
		return s[0] != 0xc2 || s[1] >= 0xa0; /* C1 controls */
	case 3: /* line and paragraph separators */
		return s[0] != 0xe2 || s[1] != 0x80 ||
		       (s[2] != 0xa8 && s[2] != 0xa9);
	default:
		return true;
	}
}

void
utf8_tame(char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		if (text[at] >= ' ' && text[at] < 0x7f) /* most are */
			at++;
		else if (utf8_shows(text + at, len - at))
			at += utf8_char(text + at, len - at);
		else
			text[at++] = '?';
	}
}
