/*
 * The load generator: a closed loop of ACME clients with the stand-ins that
 * their names lead to, and smaller loads beside it.  One process, one thread.
 */
#include "tests/bench/load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/bench/conn.h"

static const char usage[] =
    "usage: load MODE OPTION…\n"
    "  acme   issue with real http-01: --url DIRECTORY --dns-port --web-port\n"
    "  get    one URL over and over, on kept connections; --method HEAD\n"
    "  shake  a TLS handshake for each request; --resume\n"
    "  idle   connections that asked once and stay\n"
    "  start  -- COMMAND…: from exec to the first 200 of --url\n"
    "options: --url URL --ca FILE --clients N --seconds S --warm S --count N\n"
    "  --rate R (issuances a second) --poll-ms MS --stall S --suffix NAME\n"
    "  --hold (until standard input ends)\n";

/* --- the window --- */

static double
own_cpu(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_THREAD, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
input_came(void *arg, unsigned what)
{
	struct window *w = arg;
	char drop[64];

	(void)what;
	if (fread(drop, 1, sizeof(drop), stdin) == 0)
		loop_stop(w->loop);
}

static void
say(const char *event)
{
	(void)printf("{\"event\":\"%s\"}\n", event);
	(void)fflush(stdout);
}

void
window_end(struct window *w)
{
	if (w->over)
		return;
	w->over = true;
	timer_free(w->timer);
	w->timer = NULL;
	w->ended = now_ns();
	w->cpu = own_cpu() - w->cpu;
	if (w->end != NULL)
		w->end(w->arg);
	say("end");
	if (w->options->hold)
		w->input = loop_watch(w->loop, 0, LOOP_READ, input_came, w);
	else
		loop_stop(w->loop);
}

static void
time_is_up(void *arg)
{
	window_end(arg);
}

static void
warm(void *arg)
{
	struct window *w = arg;

	timer_free(w->timer);
	w->timer = NULL;
	w->began = now_ns();
	w->cpu = own_cpu();
	if (w->begin != NULL)
		w->begin(w->arg);
	say("begin");
	if (w->options->count == 0)
		w->timer = loop_after(w->loop,
		    (unsigned)(w->options->seconds * 1000), time_is_up, w);
}

void
window_start(struct window *w)
{
	w->timer =
	    loop_after(w->loop, (unsigned)(w->options->warm * 1000), warm, w);
}

double
window_seconds(const struct window *w)
{
	return (double)(w->ended - w->began) / 1e9;
}

/* --- options --- */

static double
number(const char *name, const char *value)
{
	char *end;
	double x = strtod(value, &end);

	if (*end != '\0' || end == value || x < 0 || x > 1e9)
		die("%s: not a number: %s", name, value);
	return x;
}

static void
set(struct options *o, const char *name, const char *value)
{
	const struct {
		const char *name, **text;
	} texts[] = {
		{ "--url", &o->url },
		{ "--ca", &o->ca },
		{ "--method", &o->method },
		{ "--suffix", &o->suffix },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(name, texts[i].name) == 0) {
			*texts[i].text = value;
			return;
		}
	if (strcmp(name, "--clients") == 0)
		o->clients = (unsigned)number(name, value);
	else if (strcmp(name, "--count") == 0)
		o->count = (unsigned)number(name, value);
	else if (strcmp(name, "--poll-ms") == 0)
		o->poll_ms = (unsigned)number(name, value);
	else if (strcmp(name, "--stall") == 0)
		o->stall_s = (unsigned)number(name, value);
	else if (strcmp(name, "--dns-port") == 0)
		o->dns_port = (uint16_t)number(name, value);
	else if (strcmp(name, "--web-port") == 0)
		o->web_port = (uint16_t)number(name, value);
	else if (strcmp(name, "--seconds") == 0)
		o->seconds = number(name, value);
	else if (strcmp(name, "--warm") == 0)
		o->warm = number(name, value);
	else if (strcmp(name, "--rate") == 0)
		o->rate = number(name, value);
	else
		die("%s: no such option\n%s", name, usage);
}

static void
parse(struct options *o, char **at)
{
	for (; *at != NULL; at++) {
		if (strcmp(*at, "--resume") == 0)
			o->resume = true;
		else if (strcmp(*at, "--hold") == 0)
			o->hold = true;
		else if (strcmp(*at, "--") == 0) {
			o->command = at + 1;
			return;
		} else if (at[1] == NULL)
			die("%s: a value is missing\n%s", *at, usage);
		else {
			set(o, at[0], at[1]);
			at++;
		}
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct options *o);
	} modes[] = {
		{ "acme", load_acme },
		{ "get", load_get },
		{ "shake", load_shake },
		{ "idle", load_idle },
		{ "start", load_start },
	};
	struct options o = { .clients = 1,
		.seconds = 5,
		.warm = 0.5,
		.poll_ms = 20,
		.stall_s = 10,
		.method = "GET",
		.suffix = "internal" };

	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		die("%s", usage);
	parse(&o, argv + 2);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(argv[1], modes[i].name) == 0) {
			if (o.url == NULL || o.clients == 0)
				die("%s needs --url and a client", argv[1]);
			return modes[i].run(&o);
		}
	die("%s", usage);
}
