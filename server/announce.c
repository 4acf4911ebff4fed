/* The ready line, and what a person needs for a first certificate. */
#include "server/announce.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/page.h"
#include "server/ready.h"

enum { HTTP_PORT = 80 };

/* For a shell: as it is, or between quotes. */
static const char *
shell(const char *text, struct arena *a)
{
	char *out = arena_alloc(a, 4 * strlen(text) + 3, 1), *q = out;

	if (text[strspn(text,
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	        "0123456789/._:@%+=,-")] == '\0')
		return text;
	*q++ = '\'';
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			for (const char *p = "'\\'"; *p != '\0'; p++)
				*q++ = *p;
		*q++ = *text;
	}
	*q = '\'';
	return out;
}

const char *
announce_people(const struct config *c, const struct ready *r, struct arena *a)
{
	const char *url = config_directory_url(c, r->port, a);
	const char *root = arena_printf(a, "%s/root.pem", c->dir);
	struct page *p = page_new(a);

	page_add(p,
	    "mayfly is ready\n\n"
	    "  directory  %s\n"
	    "  root       %s\n"
	    "  SHA-256    %s\n\n"
	    "For a certificate, where NAME points to (port %u must be "
	    "free):\n\n"
	    "  REQUESTS_CA_BUNDLE=%s certbot certonly --standalone "
	    "--non-interactive --agree-tos --register-unsafely-without-email "
	    "--server %s",
	    url, root, r->fingerprint, (unsigned)c->prober.http_port,
	    shell(root, a), url);
	if (c->prober.http_port != HTTP_PORT)
		page_add(p, " --http-01-port %u",
		    (unsigned)c->prober.http_port);
	page_add(p, " -d NAME\n\n"
	            "and to renew it, every few minutes, with the same "
	            "variable set:\n\n"
	            "  certbot renew --quiet --no-random-sleep-on-renew\n");
	return page_text(p);
}

const char *
announce_json(const struct config *c, const struct ready *r, struct arena *a)
{
	const char *url = config_directory_url(c, r->port, a), *text;
	struct jsonw *w = jsonw_new(a);

	jsonw_object(w, NULL);
	jsonw_str(w, "directory", url);
	jsonw_str(w, "root", arena_printf(a, "%s/root.pem", c->dir));
	jsonw_str(w, "fingerprint", r->fingerprint);
	jsonw_int(w, "pid", (int64_t)getpid());
	jsonw_str(w, "metrics",
	    arena_printf(a, "%.*s/metrics",
	        (int)(strlen(url) - strlen("/acme/directory")), url));
	jsonw_end(w);
	if ((text = jsonw_text(w, NULL)) == NULL)
		abort(); /* D is checked to be UTF-8 */
	return text;
}

void
announce(void *arg, const struct config *c, const struct ready *r)
{
	struct announce *to = arg;
	struct arena *a = arena_new();
	const char *line = arena_printf(a, "%s\n", announce_json(c, r, a));
	struct fault f = { .code = OK };

	if (to->ready_file != NULL)
		to->failed = ready_file(to->ready_file, line, &f) != OK;
	if (to->people)
		(void)fputs(announce_people(c, r, a), stdout);
	if (to->json)
		(void)fputs(line, stdout);
	if (fflush(stdout) != 0 && to->json)
		(void)fault(&f, ERR_INTERNAL, "stdout: %s",
		    strerrordesc_np(errno));
	if (f.code != OK) {
		to->failed = true;
		log_error("ready.unsaid", "reason=%s", log_text(a, f.detail));
		(void)raise(SIGTERM);
	}
	arena_free(a);
}
