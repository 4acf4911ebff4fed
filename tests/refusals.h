/*
 * tests/refusals.h: bytes that are no request, and the status each must get.
 * Limits: request line 64 bytes, header section 256, body 32.
 */
#ifndef TESTS_REFUSALS_H
#define TESTS_REFUSALS_H

#define H "Host: ca.test\r\n"

/* clang-format off */
static const struct {
	int status;
	const char *text;
} refusals[] = {
	/* DESIGN, 2: each of these is 400. */
	{ 400, "GET / HTTP/1.1\n" H "\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: a\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "\n" },
	{ 400, "GET / HTTP/1.1\rX" },
	{ 400, "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length : 1\r\n\r\nx" },
	{ 400, "GET / HTTP/1.1\r\n" H " folded\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n " H "\r\n" },
	{ 400, " GET / HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET / HTTP/1.1\r\n\r\n" },
	{ 400, "GET / HTTP/1.0\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H H "\r\n" },
	{ 400, "GET http://a/ HTTP/1.1\r\n\r\n" },
	{ 400, "GET /\x7f HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /\t HTTP/1.1\r\n" H "\r\n" },
	{ 400, "CONNECT ca.test:443 HTTP/1.1\r\n" H "\r\n" },
	{ 400, "CONNECT / HTTP/1.1\r\n" H "\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, gzip\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked;q=1\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ 400, "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 99999\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: +1\r\n\r\nx" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\nx" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\nx" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 1 1\r\n\r\nx" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\nx" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: \r\n\r\nx" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx" },
#define C "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
	{ 400, C "0x5\r\n" }, { 400, C "+5\r\n" }, { 400, C " 5\r\n" },
	{ 400, C "5 \r\n" }, { 400, C "5 ;a\r\n" }, { 400, C "-1\r\n" },
	{ 400, C "\r\n" }, { 400, C ";a\r\n" }, { 400, C "g\r\n" },
	{ 400, C "1\nx" }, { 400, C "1;a\nx" }, { 400, C "1\rx" },
	{ 400, C "1;a\x01\r\n" }, { 400, C "1\r\nxy\r\n" },
	{ 400, C "1\r\nx\n0\r\n\r\n" }, { 400, C "1\r\nx\rx" },
	{ 400, C "0\r\nA: b\r\n\r\n" }, { 400, C "0\r\n\n" },
	{ 400, C "0\r\n\rx" }, { 400, C "00000000000000001\r\n" },
	/* Requests that are none. */
	{ 400, "\n" }, { 400, "\r\n\r\n" }, { 400, "\rG" },
	{ 400, "\x16\x03\x01\x02\x00\x01" }, { 400, "GET\r\n" },
	{ 400, "GET /\r\n" }, { 400, "GET  / HTTP/1.1\r\n" },
	{ 400, "GET /  HTTP/1.1\r\n" }, { 400, "GET / HTTP/1.1 \r\n" },
	{ 400, "GET / http/1.1\r\n" }, { 400, "GET / HTTP/1.\r\n" },
	{ 400, "GET / HTTP/11\r\n" }, { 400, "GET / HTTP/a.1\r\n" },
	{ 400, "GET / HTTP/1.1\x80\r\n" }, { 400, "G(T / HTTP/1.1\r\n" },
	{ 400, "GET a HTTP/1.1\r\n" }, { 400, "GET * HTTP/1.1\r\n" },
	{ 400, "GET /a#b HTTP/1.1\r\n" }, { 400, "GET ftp://a/ HTTP/1.1\r\n" },
	{ 400, "GET http:///a HTTP/1.1\r\n" },
	{ 400, "GET http://u@h/a HTTP/1.1\r\n" },
	{ 400, "GET / HTTP/1.1\r\n: a\r\n" },
	{ 400, "GET / HTTP/1.1\r\nA(: a\r\n" },
	{ 400, "GET / HTTP/1.1\r\nA\r\n" },
	{ 400, "GET / HTTP/1.1\r\nA: \x01\r\n" },
	{ 400, "GET / HTTP/1.1\r\nA: \x7f\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: \r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: a b\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: a/b\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: u@a\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: :80\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: a:80x\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: [::1\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: []\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: [::1]x\r\n" },
	/* Limits: line 64, headers 256, body 32. */
	{ 413, "POST / HTTP/1.1\r\n" H "Content-Length: 33\r\n\r\n" },
	{ 413, "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999999999\r\n\r\n" },
	{ 413, "POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551617\r\n\r\n" },
	{ 413, C "21\r\n" }, { 413, C "fffffffffffffff0\r\n" },
	{ 413, C "8000000000000000\r\n" },
	{ 413, C "10\r\n0123456789abcdef\r\n11\r\n" },
	{ 414, "GET /0123456789012345678901234567890123456789012345678901234567890123456789 HTTP/1.1\r\n" },
	{ 414, "GET /01234567890123456789012345678901234567890123456789012 HTTP/1.1\r\n" },
	{ 431, "GET / HTTP/1.1\r\n" H "A: 0123456789012345678901234567890123456789012345678901234567890123456789"
	       "0123456789012345678901234567890123456789012345678901234567890123456789"
	       "0123456789012345678901234567890123456789012345678901234567890123456789"
	       "0123456789012345678901234567890123456789012345678901234567890123456789\r\n" },
	{ 431, C "1;01234567890123456789012345678901234567890123456789012345678901234567890123456789"
	       "01234567890123456789012345678901234567890123456789012345678901234567890123456789"
	       "01234567890123456789012345678901234567890123456789012345678901234567890123456789" },
	/* What is well-formed but not spoken here. */
	{ 400, "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABC / HTTP/1.1\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n" },
	{ 400, "GET / HTTP/1.2\r\n" }, { 400, "GET / HTTP/2.0\r\n" },
	{ 400, "GET / HTTP/0.9\r\n" }, { 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
};
/* clang-format on */

#endif
