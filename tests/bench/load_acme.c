/* Issuance, end to end. */
#include <stdio.h>

#include "tests/bench/crowd.h"
#include "tests/bench/floor.h"
#include "tests/bench/load.h"
#include "tests/bench/standin.h"

enum { TICK_MS = 100, EXIT_STALLED = 3 };

struct run {
	const struct options *options;
	struct crowd crowd;
	struct standin standin;
	struct window window;
	struct timer *tick;
	struct tally final;
	struct floor *floor;
	int64_t last; /* when the last certificate came */
	bool warming;
	uint64_t seen;     /* issuances and registrations, at the last tick */
	unsigned still_ms; /* for so long nothing more came */
};

static void
begin(void *arg)
{
	struct run *r = arg;

	crowd_count(&r->crowd);
	r->floor = floor_start();
}

/* What happens from now on is nobody's business. */
static void
end(void *arg)
{
	struct run *r = arg;

	r->final = r->crowd.tally;
	r->crowd.tally = (struct tally){ 0 };
}

static void
issued(void *arg)
{
	struct run *r = arg;

	r->still_ms = 0;
	if (!r->window.over)
		r->last = now_ns();
	if (r->options->count != 0 && r->window.began != 0 &&
	    r->crowd.tally.issuances >= r->options->count)
		window_end(&r->window);
}

/* Let the window begin when all are there; see whether anything moves. */
static void
tick(void *arg)
{
	struct run *r = arg;

	timer_free(r->tick);
	r->tick = loop_after(r->crowd.loop, TICK_MS, tick, r);
	if (!r->warming && r->crowd.registered == r->crowd.n) {
		r->warming = true;
		window_start(&r->window);
	}
	if (r->seen != r->crowd.registered)
		r->still_ms = 0;
	r->seen = r->crowd.registered;
	r->still_ms += TICK_MS;
	if (r->still_ms > r->options->stall_s * 1000) {
		(void)printf("{\"event\":\"stalled\",\"registered\":%u,"
		             "\"issuances\":%llu}\n",
		    r->crowd.registered,
		    (unsigned long long)r->crowd.tally.issuances);
		(void)fflush(stdout);
		_Exit(EXIT_STALLED);
	}
}

static void
report(struct run *r)
{
	static const char *const names[] = {
#define NAME(name, text) [STEP_##name] = text,
		STEPS(NAME)
#undef NAME
	};
	struct tally *t = &r->final;

	(void)printf("{\"event\":\"result\",\"clients\":%u,\"seconds\":%.4f,"
	             "\"issuances\":%llu,\"requests\":%llu,\"polls\":%llu,"
	             "\"polls_in_vain\":%llu,\"retries\":%llu,"
	             "\"looks\":%llu,\"questions\":%llu,"
	             "\"own_cpu\":%.4f,\"still_s\":%.2f,\"floor\":",
	    r->crowd.n, window_seconds(&r->window),
	    (unsigned long long)t->issuances, (unsigned long long)t->requests,
	    (unsigned long long)t->polls, (unsigned long long)t->polls_in_vain,
	    (unsigned long long)t->retries,
	    (unsigned long long)r->standin.fetched,
	    (unsigned long long)r->standin.asked, r->window.cpu,
	    (double)(r->window.ended - r->last) / 1e9);
	floor_stop(r->floor, stdout);
	(void)printf(",\"issuance\":");
	sample_say(&t->issuance, stdout);
	(void)printf(",\"steps\":{");
	for (int i = 0, n = 0; i < STEP__COUNT; i++) {
		if (t->steps[i].n == 0)
			continue;
		(void)printf("%s\"%s\":", n++ > 0 ? "," : "", names[i]);
		sample_say(&t->steps[i], stdout);
		sample_free(&t->steps[i]);
	}
	(void)printf("}}\n");
	sample_free(&t->issuance);
}

int
load_acme(const struct options *o)
{
	static struct run r;
	struct loop *l = loop_new();

	if (o->dns_port == 0 || o->web_port == 0)
		die("acme needs --dns-port and --web-port");
	r.options = o;
	r.crowd = (struct crowd){ .loop = l,
		.n = o->clients,
		.poll_ms = o->poll_ms,
		.rate = o->rate,
		.suffix = o->suffix,
		.issued = issued,
		.arg = &r };
	r.window = (struct window){
		.loop = l, .options = o, .begin = begin, .end = end, .arg = &r
	};
	target_make(&r.crowd.target, l, o->url, o->ca);
	standin_start(&r.standin, l, o->dns_port, o->web_port, crowd_thumb,
	    &r.crowd);
	crowd_start(&r.crowd, o->url);
	tick(&r);
	loop_run(l);
	report(&r);
	timer_free(r.tick);
	watch_free(r.window.input);
	crowd_free(&r.crowd);
	standin_stop(&r.standin);
	target_free(&r.crowd.target);
	loop_free(l);
	return 0;
}
