/*
 * One HTTP GET at one address.  curl never resolves, follows, remembers or
 * re-uses: the address is given, and all limits of size are counted here.
 */
#include "challenges/visit_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "challenges/evidence_int.h"

/* The last look at the address, on the very bytes that are dialled. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *sa)
{
	struct visit *v = arg;
	int fd;

	(void)purpose;
	/* SEC-01 H01-05 */
	if (address_allow(v->policy, &sa->addr, &v->fault) != OK)
		return CURL_SOCKET_BAD;
	fd = socket(sa->family, sa->socktype | SOCK_CLOEXEC, sa->protocol);
	if (fd < 0)
		v->sys_errno = errno;
	v->fd = fd;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static size_t
take_header(char *data, size_t size, size_t n, void *arg)
{
	struct visit *v = arg;

	(void)data;
	v->headers_len += size * n;
	return v->headers_len > HEADERS_MAX ? 0 : size * n;
}

static long
status_of(CURL *curl)
{
	long status = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t
take_body(char *data, size_t size, size_t n, void *arg)
{
	struct visit *v = arg;
	long status = status_of(v->curl);
	size_t len = size * n;
	size_t room = BODY_MAX - v->body_len;

	if (status >= 300 && status < 400)
		room = 0; /* what a redirect says beside is not read */
	if (len > room) { /* H01-06 */
		v->body_cut = true;
		memcpy(v->body + v->body_len, data, room);
		v->body_len += room;
		return 0;
	}
	memcpy(v->body + v->body_len, data, len);
	v->body_len += len;
	return len;
}

/* Every option that says where the bytes go, and how many. */
static bool
set_route(struct visit *v, const struct visit_plan *p)
{
	char route[INET6_ADDRSTRLEN + 16];
	CURL *c = v->curl;

	(void)snprintf(route, sizeof(route),
	    strchr(p->address, ':') == NULL ? "::%s:%u" : "::[%s]:%u",
	    p->address, p->port);
	v->connect_to = curl_slist_append(NULL, route);
	v->headers = curl_slist_append(NULL, "Connection: close");
	return v->connect_to != NULL && v->headers != NULL &&
	       curl_easy_setopt(c, CURLOPT_URL, p->url) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CONNECT_TO, v->connect_to) ==
	           CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HTTPHEADER, v->headers) ==
	           CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") ==
	           CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	           (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_USERAGENT, p->user_agent) ==
	           CURLE_OK;
}

static bool
set_limits(struct visit *v, const struct visit_plan *p)
{
	CURL *c = v->curl;

	return curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_DNS_CACHE_TIMEOUT, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
	           (long)p->dial_ms) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSLVERSION,
	           (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CAINFO, NULL) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK;
}

static bool
set_callbacks(struct visit *v)
{
	CURL *c = v->curl;

	return curl_easy_setopt(c, CURLOPT_PRIVATE, v) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_ERRORBUFFER, v->why) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) ==
	           CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, v) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, visits_close) ==
	           CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, v->visits) ==
	           CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) ==
	           CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HEADERDATA, v) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) ==
	           CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, v) == CURLE_OK;
}

static void
failed(void *arg)
{
	struct visit *v = arg;

	timer_free(v->failed);
	v->failed = NULL;
	v->end = VISIT_FAILED;
	v->done(v->arg);
}

struct visit *
visit_start(struct visits *vs, const struct visit_plan *plan, visit_done *done,
    void *arg)
{
	struct visit *v = calloc(1, sizeof(*v));

	if (v == NULL || (v->curl = curl_easy_init()) == NULL)
		abort();
	v->visits = vs;
	v->fd = -1;
	v->policy = plan->policy;
	v->done = done;
	v->arg = arg;
	if (!set_route(v, plan) || !set_limits(v, plan) || !set_callbacks(v) ||
	    !visits_add(vs, v))
		v->failed = loop_after(visits_loop(vs), 0, failed, v);
	return v;
}

/* curl knows only whether TLS is through as well. */
bool
visit_connected(const struct visit *v)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return v->was_connected ||
	       (v->fd >= 0 && getpeername(v->fd, (void *)&peer, &len) == 0);
}

static enum visit_end
end_of(const struct visit *v, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return VISIT_ANSWERED;
	case CURLE_WRITE_ERROR: /* we had read enough */
		return v->body_cut ? VISIT_ANSWERED : VISIT_GARBLED;
	case CURLE_COULDNT_CONNECT:
		return v->fault.code != OK ? VISIT_FORBIDDEN : VISIT_UNDIALLED;
	case CURLE_OPERATION_TIMEDOUT:
		return visit_connected(v) ? VISIT_BROKEN : VISIT_UNDIALLED;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return VISIT_BROKEN;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
		return VISIT_TLS;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, that is: no HTTP */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
	case CURLE_OUT_OF_MEMORY: /* headers beyond curl's own limit */
		return VISIT_GARBLED;
	default:
		return VISIT_FAILED;
	}
}

static void
take_location(struct visit *v)
{
	struct curl_header *h;

	if (curl_easy_header(v->curl, "Location", 0, CURLH_HEADER, -1, &h) !=
	    CURLHE_OK)
		return;
	v->location = h->value; /* until the handle goes, with us */
	v->n_locations = h->amount;
}

void
visit_ended(struct visit *v, CURLcode code)
{
	long sys_errno = 0;

	v->end = end_of(v, code);
	v->timed_out = code == CURLE_OPERATION_TIMEDOUT;
	v->status = (int)status_of(v->curl);
	if (v->end == VISIT_UNDIALLED || v->end == VISIT_BROKEN ||
	    v->end == VISIT_TLS)
		(void)curl_easy_getinfo(v->curl, CURLINFO_OS_ERRNO, &sys_errno);
	if (v->sys_errno == 0 && !v->timed_out)
		v->sys_errno = (int)sys_errno;
	if (v->end != VISIT_TLS) /* may quote what was received */
		(void)snprintf(v->why, sizeof(v->why), "%s",
		    curl_easy_strerror(code));
	take_location(v);
	visits_remove(v->visits, v);
}

void
visit_expire(struct visit *v)
{
	timer_free(v->failed);
	v->failed = NULL;
	visit_ended(v, CURLE_OPERATION_TIMEDOUT);
}

void
visit_free(struct visit *v)
{
	if (v == NULL)
		return;
	timer_free(v->failed);
	visits_remove(v->visits, v);
	curl_easy_cleanup(v->curl);
	curl_slist_free_all(v->headers);
	curl_slist_free_all(v->connect_to);
	free(v);
}
