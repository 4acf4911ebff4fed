/*
 * tests/bench/standin.h: what a CA finds when it validates: a name server that
 * sends every name to 127.0.0.1, and a web server that knows every token.
 */
#ifndef TESTS_BENCH_STANDIN_H
#define TESTS_BENCH_STANDIN_H

#include <stdint.h>

#include "base/loop.h"

/* The JWK thumbprint of whoever orders that host; NULL if nobody does. */
typedef const char *standin_thumb(void *arg, const char *host);

struct visitor;

struct standin {
	struct loop *loop;
	standin_thumb *thumb;
	void *arg;
	struct watch *dns_watch, *web_watch;
	int dns, web;
	struct visitor *visitors;
	uint64_t asked, fetched; /* questions, tokens */
};

/* On 127.0.0.1, at these ports. */
void standin_start(struct standin *s, struct loop *l, uint16_t dns_port,
    uint16_t web_port, standin_thumb *thumb, void *arg);
void standin_stop(struct standin *s);

#endif
