/* `mayfly ca csr|sign|import`: issuers whose root is somewhere else. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/ca.h"
#include "cli/holder.h"
#include "crypto/digest.h"
#include "crypto/offline.h"

/* One verb under way. */
struct doing {
	const char *verb;
	struct arena *a;
	struct ca_spec spec;
	char *passphrase;
	struct fault f;
};

static enum err
begin(struct doing *d, const char *verb, const struct ca_how *how)
{
	*d =
	    (struct doing){ .verb = verb, .a = arena_new(), .spec = how->spec };
	crypto_start();
	if (how->passphrase_file == NULL)
		return OK;
	d->passphrase = file_passphrase(how->passphrase_file, d->a, &d->f);
	d->spec.passphrase = d->passphrase;
	return d->passphrase == NULL ? d->f.code : OK;
}

static int
end(struct doing *d, enum err e, int code)
{
	if (d->passphrase != NULL)
		bytes_wipe(d->passphrase, strlen(d->passphrase));
	if (e != OK)
		code = cli_ca_wrong(d->verb, &d->f);
	arena_free(d->a);
	return code;
}

/* To a file, whole, or to the terminal. */
static enum err
put(struct doing *d, const char *text, const char *file)
{
	if (file != NULL)
		return file_write(file, text, 0644, &d->f);
	if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
		return OK;
	return fault(&d->f, ERR_INTERNAL, "standard output does not take it");
}

static const char *
take(struct doing *d, const char *path)
{
	return file_read(path, CA_FILE_MAX, d->a, &d->f);
}

int
cli_ca_csr(const struct ca_asked *asked, const struct ca_how *how)
{
	struct doing d;
	const char *pem = NULL;
	enum err e = begin(&d, "csr", how);

	if (e == OK)
		e = ca_request(arena_printf(d.a, "%s/ca", asked->dir), &d.spec,
		    d.a, &pem, &d.f);
	if (e == OK)
		e = put(&d, pem, asked->out);
	return end(&d, e, 0);
}

int
cli_ca_sign(const struct ca_asked *asked, const struct ca_how *how)
{
	struct doing d;
	const char *csr = NULL, *pem = NULL;
	enum err e = begin(&d, "sign", how);

	if (e == OK && (csr = take(&d, asked->file)) == NULL)
		e = d.f.code;
	if (e == OK)
		e = ca_sign(asked->root, &d.spec, csr, asked->now, d.a, &pem,
		    &d.f);
	if (e == OK)
		e = put(&d, pem, asked->out);
	return end(&d, e, 0);
}

static int
crossed(const char *dir, size_t number)
{
	pid_t pid;

	(void)printf("made %s/ca/cross-%zu.pem\n", dir, number);
	if ((pid = holder_tell(dir)) > 0)
		(void)printf("the server, pid %ld, offers its chain\n",
		    (long)pid);
	return fflush(stdout) == 0 ? 0 : 1;
}

int
cli_ca_import(const struct ca_asked *asked, const struct ca_how *how)
{
	struct ca_import what = { 0 };
	struct doing d;
	size_t number = 0;
	enum err e = begin(&d, "import", how);
	int code = 0;

	if (e == OK && (what.pem = take(&d, asked->file)) == NULL)
		e = d.f.code;
	if (e == OK && asked->cross && asked->root == NULL)
		e = fault(&d.f, ERR_MALFORMED,
		    "--cross needs --root FILE: the root that signed it");
	if (e == OK && asked->cross &&
	    (what.cross_root = take(&d, asked->root)) == NULL)
		e = d.f.code;
	what.passphrase = d.passphrase;
	if (e == OK)
		e = ca_import(arena_printf(d.a, "%s/ca", asked->dir), &what,
		    asked->now, &number, &d.f);
	if (e == OK)
		code = asked->cross ? crossed(asked->dir, number)
		                    : cli_ca_made(asked->dir, number, d.a);
	return end(&d, e, code);
}
