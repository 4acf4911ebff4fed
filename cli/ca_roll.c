/* `mayfly ca rotate`: the next issuer. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/ca.h"
#include "cli/date.h"
#include "cli/holder.h"
#include "crypto/digest.h"
#include "crypto/roll.h"

int
cli_ca_wrong(const char *verb, const struct fault *f)
{
	(void)fprintf(stderr, "mayfly ca %s: %s\n", verb, f->detail);
	return f->code == ERR_NOT_FOUND ? 3 : 1;
}

int
cli_ca_made(const char *dir, size_t number, struct arena *a)
{
	struct fault f = { 0 };
	struct ca ca;
	pid_t pid;

	if (ca_load(arena_printf(a, "%s/ca", dir), a, &ca, &f) != OK ||
	    number > ca.n_issuers)
		return cli_ca_wrong("", &f);
	(void)printf("made %s/ca/issuer-%zu.pem\n%s, until %s\n", dir, number,
	    ca.issuers[number - 1].subject,
	    date_text(ca.issuers[number - 1].not_after, a));
	if ((pid = holder_tell(dir)) > 0)
		(void)printf("the server, pid %ld, takes it into use\n",
		    (long)pid);
	else
		(void)printf("no server runs here; the next one uses it\n");
	return fflush(stdout) == 0 ? 0 : 1;
}

int
cli_ca_rotate(const struct ca_asked *asked, const struct ca_how *how)
{
	struct arena *a = arena_new();
	struct ca_spec spec = how->spec;
	char *passphrase = NULL;
	struct fault f = { 0 };
	size_t number = 0;
	enum err e = OK;
	int code;

	crypto_start();
	if (how->passphrase_file != NULL &&
	    (passphrase = file_passphrase(how->passphrase_file, a, &f)) == NULL)
		e = f.code;
	spec.passphrase = passphrase;
	if (e == OK)
		e = ca_rotate(arena_printf(a, "%s/ca", asked->dir), &spec, 0,
		    asked->now, &number, &f);
	if (passphrase != NULL)
		bytes_wipe(passphrase, strlen(passphrase));
	code = e == OK ? cli_ca_made(asked->dir, number, a)
	               : cli_ca_wrong("rotate", &f);
	arena_free(a);
	return code;
}
