/* base/utf8.h: what is one character of UTF-8 (RFC 3629), and what is not. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The bytes, 1 to 4, of the character that `text` begins with.  0 if it begins
 * with none: nothing there, cut short, a spelling that is too long, half of a
 * surrogate pair, more than U+10FFFF.
 */
size_t utf8_char(const char *text, size_t len);

/* May be shown as it is: a whole character, no control character. */
bool utf8_shows(const char *text, size_t len);

/* In place: `?` for each byte that is of no character, or controls. */
void utf8_tame(char *text, size_t len);

#endif
