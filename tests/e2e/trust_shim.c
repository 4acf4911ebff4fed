/*
 * For a client that lets nobody name the root it is to trust (LD_PRELOAD): before
 * each transfer, tell libcurl of the file in TRUST_ROOT.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

typedef int perform_fn(void *easy);
typedef int setopt_fn(void *easy, int option, ...);

enum { CAINFO = 10065 }; /* CURLOPT_CAINFO */

int curl_easy_perform(void *easy);

int
curl_easy_perform(void *easy)
{
	perform_fn *perform =
	    (perform_fn *)dlsym(RTLD_NEXT, "curl_easy_perform");
	setopt_fn *setopt = (setopt_fn *)dlsym(RTLD_NEXT, "curl_easy_setopt");

	(void)setopt(easy, CAINFO, getenv("TRUST_ROOT"));
	return perform(easy);
}
