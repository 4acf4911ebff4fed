/* Every key there is: the one place that knows its type, default and help. */
#include "server/config_int.h"

/* clang-format off */
#define C(m)     .at = offsetof(struct config, m), \
                 .size = sizeof(((struct config *)0)->m)
#define CL(m, n) C(m), .count_at = offsetof(struct config, n)
#define P(m)     .at = offsetof(struct config_profile, m), \
                 .size = sizeof(((struct config_profile *)0)->m)
#define PL(m, n) P(m), .count_at = offsetof(struct config_profile, n)
#define TO(l, m) .least = (l), .most = (m)
#define ANY      .least = NULL

/* Limits have a table of their own (acme/limits.h). */
#define LIMIT_ROW(limit, name, fallback, what, whose) \
X("limits." name, RATE, C(limits[LIMIT_##limit]), fallback, ANY, LIVE, \
  "How many " what " each " whose " may have, as N/DURATION; 0 is no limit.")

/* key, kind, member, default, range, when, help */
#define CONFIG(X) \
X("listen", HOSTPORT, C(listen), "0.0.0.0:8443", ANY, START, \
  "Where to serve HTTPS.  [::]:8443 takes IPv4 and IPv6; port 0 takes any free one.") \
X("names", HOSTS, CL(names, n_names), "", ANY, LIVE, \
  "What this server is called by its clients: names and addresses, the most public first.  " \
  "All are in its own certificate, as are localhost and the addresses listened on; a request for another name gets 421.  " \
  "When left out: the name of this host.") \
X("listen_http", HOSTPORT, C(listen_http), "", ANY, START, \
  "Where to serve plain HTTP, for what must not need TLS: revocation lists, OCSP, issuers, roots and health, nothing of ACME.  Off when left out.") \
X("public_http", BASE, C(public_http), "", ANY, START, \
  "What clients of certificates reach listen_http by, such as http://ca.lan:8080: certificates say that CRL, OCSP and " \
  "issuers are found below it.  They say nothing of these when it is left out.") \
X("loops", COUNT, C(loops), "0", TO("0", "256"), START, \
  "Event loops, a thread each; 0 is one per core.") \
X("drain_timeout", MS, C(drain_ms), "10s", TO("0s", "10m"), LIVE, \
  "How long a stop waits for requests under way.") \
X("default_profile", PROFILE, C(default_profile), "tenminutes", ANY, LIVE, \
  "The profile of orders that name none.") \
X("website", URL, C(website), "", ANY, LIVE, \
  "Told to clients: where to read about this CA.") \
X("caa_identities", HOSTS, CL(caa_identities, n_caa_identities), "", ANY, LIVE, \
  "What this CA is called in CAA records; told to clients.  When left out: its own names, those that are in DNS.") \
X("directory.random", BOOL, C(directory_random), "false", ANY, LIVE, \
  "Whether the directory has one more member, with another name each time, that no client may trip over.  For tests of clients.") \
X("profiles.*.lifetime", SECONDS, P(shape.lifetime_s), "10m", TO("5s", "3650d"), START, \
  "How long a certificate lives.  None outlives its issuer.") \
X("profiles.*.backdate", SECONDS, P(shape.backdate_s), "30s", TO("0s", "1d"), START, \
  "How far in the past it begins, for clients whose clock is slow.  Keep it short: a long one makes clients renew at once.") \
X("profiles.*.usages", USAGES, P(shape.usages), "serverAuth", ANY, START, \
  "Extended key usages.") \
X("profiles.*.policies", OIDS, PL(shape.policies, shape.n_policies), "", ANY, START, \
  "Object identifiers for certificatePolicies.") \
X("profiles.*.key_types", KEYS, P(shape.key_types), "rsa, p256, p384, p521, ed25519", ANY, START, \
  "Types of keys it takes.") \
X("profiles.*.no_rev_avail", BOOL, P(shape.no_rev_avail), "false", ANY, START, \
  "Whether its certificates say that nobody will publish their revocation (RFC 9608).  " \
  "Then they name neither CRL nor OCSP.") \
X("profiles.*.crl", WISH, P(crl), "", ANY, START, \
  "Whether its certificates say where the CRL is.  When left out: if public_http is set and no_rev_avail is not.") \
X("profiles.*.ocsp", WISH, P(ocsp), "", ANY, START, \
  "Whether its certificates say where to ask for their status.  When left out: if public_http is set and no_rev_avail is not.") \
X("profiles.*.aia", WISH, P(aia), "", ANY, START, \
  "Whether its certificates say where their issuer's is.  When left out: if public_http is set.") \
X("profiles.*.must_staple", BOOL, P(shape.must_staple), "false", ANY, START, \
  "Whether a CSR may ask for must-staple (RFC 7633); needs ocsp.") \
X("profiles.*.allow", NAMES, PL(allow.patterns, allow.n), "", ANY, START, \
  "Names it is for, beside what policy.allow says; all when left out.") \
X("profiles.*.deny", NAMES, PL(deny.patterns, deny.n), "", ANY, START, \
  "Names it is not for.") \
X("profiles.*.description", TEXT, P(description), "A profile of this CA", TO("1", "200"), START, \
  "Told to clients that list the profiles.") \
X("profiles.*.offered", BOOL, P(offered), "true", ANY, START, \
  "Whether clients may order it.") \
X("serving.lifetime", SECONDS, C(serving.shape.lifetime_s), "1d", TO("5s", "3650d"), START, \
  "How long this server's own certificate lives; it is replaced at two thirds of that.") \
X("validation.allow", NETWORKS, CL(prober.policy.allow, prober.policy.n_allow), "", ANY, LIVE, \
  "Addresses and networks that may be dialled although they are loopback, link-local or metadata addresses.  " \
  "Private networks need no permission.") \
X("validation.deny", NETWORKS, CL(prober.policy.deny, prober.policy.n_deny), "", ANY, LIVE, \
  "Addresses and networks that are never dialled; stronger than allow.") \
X("validation.dns", SERVERS, C(prober.dns), "", ANY, LIVE, \
  "The resolvers to ask, in order: addresses, with :PORT unless it is 53.  Those of the system when left out.") \
X("validation.http_port", PORT, C(prober.http_port), "80", TO("1", "65535"), LIVE, \
  "Where http-01 is looked for.  Clients expect 80.") \
X("validation.tls_port", PORT, C(prober.tls_port), "443", TO("1", "65535"), LIVE, \
  "Where tls-alpn-01, and https after a redirect, are looked for.  Clients expect 443.") \
X("validation.hosts_file", PATH, C(prober.hosts_file), "", ANY, LIVE, \
  "A file like /etc/hosts that is asked for addresses before DNS.") \
X("validation.look_timeout", MS, C(prober.look_ms), "10s", TO("100ms", "2m"), LIVE, \
  "Bound of one look at a name: DNS, connection, redirects and all.") \
X("validation.dial_timeout", MS, C(prober.dial_ms), "3s", TO("50ms", "1m"), LIVE, \
  "Bound of one attempt to connect.") \
X("validation.parallel", COUNT, C(prober.parallel), "500", TO("1", "10000"), LIVE, \
  "Looks at a time, for each loop; more wait their turn.") \
X("validation.pending", COUNT, C(validations_max), "10000", TO("1", "1000000"), LIVE, \
  "Validations under way, for each loop; beyond, clients are asked to come back later.") \
X("validation.per_account", COUNT, C(validations_per_account), "1000", TO("1", "1000000"), LIVE, \
  "How many of these one account may have.") \
X("validation.challenges", CHALLENGES, CL(challenges, n_challenges), "http-01, dns-01, tls-alpn-01", ANY, LIVE, \
  "The types of challenges offered, each for the names that it can prove.  " \
  "dns-account-01 and dns-persist-01 are drafts, and there when they are listed.") \
X("caa.check", CAA, C(caa_check), "lenient", ANY, LIVE, \
  "Whether CAA records (RFC 8659) are heeded.  `on`: a name whose records cannot be looked up gets no certificate; " \
  "`lenient`: it gets one, and a line in the log; `off`: nobody looks.  `mayfly dev` presets off.") \
X("caa.recheck", SECONDS, C(caa_recheck_s), "8h", TO("0s", "365d"), LIVE, \
  "How long what CAA records said holds; then they are asked again before a certificate is issued.") \
X("caa.timeout", MS, C(caa_ms), "1s", TO("0s", "1m"), LIVE, \
  "With `lenient`: how long a name that is proven waits for the answer to that question.") \
X("policy.allow", NAMES, CL(allow.patterns, allow.n), "", ANY, LIVE, \
  "Names this CA issues for: `ca.example` is that name, `.example` all below it, `web-*.example` what fits with * for " \
  "anything in one label, 10.0.0.0/8 and ::1 networks and addresses.  All when left out.  A wildcard needs a pattern " \
  "that fits all it covers: `.example` or `*.example`.") \
X("policy.deny", NAMES, CL(deny.patterns, deny.n), "", ANY, LIVE, \
  "Names it never issues for; stronger than allow.  Denies the wildcards that cover them, too.") \
X("policy.wildcards", BOOL, C(wildcards), "true", ANY, LIVE, \
  "Whether wildcards can be had.") \
X("policy.wildcard_labels", COUNT, C(rules.wildcard_labels), "1", TO("1", "10"), LIVE, \
  "Labels that must follow the star at least: with 2, *.internal cannot be had.  Subdomains that are proved together (authorizations.subdomains) need as many above them, and 2 anyway.") \
X("policy.labels_max", COUNT, C(rules.labels_max), "10", TO("1", "127"), LIVE, \
  "Labels that a name may have.") \
X("orders.lifetime", SECONDS, C(order_s), "1h", TO("30s", "30d"), LIVE, \
  "How long an order may take from its first request to its certificate.") \
X("orders.names_max", COUNT, C(rules.names_max), "100", TO("1", "100"), LIVE, \
  "Names in one order.") \
X("orders.page", COUNT, C(orders_page), "50", TO("1", "1000"), LIVE, \
  "Orders in one page of an account's list.") \
X("orders.reuse", BOOL, C(orders_reuse), "false", ANY, LIVE, \
  "Whether who orders the same once more is given the order that is open.  Not for machines that share an account and order the same names at once: one of them would find its order finalized.") \
X("authorizations.lifetime", SECONDS, C(authz_s), "8h", TO("0s", "365d"), LIVE, \
  "How long a proof of control counts for further orders of the same account.") \
X("authorizations.subdomains", BOOL, C(subdomains), "false", ANY, LIVE, \
  "Whether a proof for a domain, given by DNS and asked for as such, counts for the names below it (RFC 9444).") \
X("ari.poll", SECONDS, C(ari_poll_s), "1m", TO("1s", "1d"), LIVE, \
  "How often clients are to ask when to renew (RFC 9773); ten times in a certificate's life if that is more often.") \
X("ari.explanation", URL, C(ari_explanation_url), "", ANY, LIVE, \
  "Told to clients whose certificate has been revoked: where to read about it.  A page of this server when left out.") \
X("linger.poll", MS, C(linger_ms), "3s", TO("0s", "30s"), LIVE, \
  "How long a poll may wait here for something better to say than `pending`.") \
X("linger.challenge", MS, C(linger_challenge_ms), "300ms", TO("0s", "30s"), LIVE, \
  "The same for the request that starts a validation.") \
X("linger.parked", COUNT, C(parked_max), "5000", TO("0", "1000000"), LIVE, \
  "Requests waiting like that, for each loop.") \
LIMITS_CONFIGURED(LIMIT_ROW) \
X("terms.url", URL, C(terms_url), "", ANY, LIVE, \
  "Terms of service, told to clients.  A page of this server when left out.") \
X("terms.required", BOOL, C(terms_required), "false", ANY, LIVE, \
  "Whether an account must agree to them.") \
X("eab.required", BOOL, C(eab_required), "false", ANY, LIVE, \
  "Whether a new account must be bound to a key that `mayfly eab create` made.  A binding that is not asked for is verified all the same.") \
X("http.connections", COUNT, C(http.connections), "10000", TO("1", "1000000"), LIVE, \
  "Connections at a time; beyond, the one idle for longest is closed.") \
X("http.line", SIZE, C(http.line_bytes), "8KiB", TO("256B", "64KiB"), LIVE, \
  "Longest request line.") \
X("http.header", SIZE, C(http.header_bytes), "16KiB", TO("1KiB", "256KiB"), LIVE, \
  "Longest request head, its first line included.") \
X("http.body", SIZE, C(http.body_bytes), "64KiB", TO("4KiB", "16MiB"), LIVE, \
  "Longest request body.") \
X("http.handshake_timeout", MS, C(http.handshake_ms), "10s", TO("100ms", "10m"), LIVE, \
  "Time for a TLS handshake.") \
X("http.head_timeout", MS, C(http.head_ms), "10s", TO("100ms", "10m"), LIVE, \
  "Time for the head of a request, from its first byte.") \
X("http.body_timeout", MS, C(http.body_ms), "20s", TO("100ms", "10m"), LIVE, \
  "Time for the body of a request.") \
X("http.idle_timeout", MS, C(http.idle_ms), "2m", TO("100ms", "1d"), LIVE, \
  "Time between requests on one connection.") \
X("http.request_timeout", MS, C(http.request_ms), "1m", TO("100ms", "1h"), LIVE, \
  "Time from the first byte of a request until its reply has been taken.") \
X("metrics.auth", BOOL, C(metrics_auth), "true", ANY, LIVE, \
  "Whether /metrics needs a bearer token, which `mayfly token` makes, and HTTPS.  `mayfly dev` presets false.") \
X("store.map", SIZE, C(store_map), "1TiB", TO("16MiB", "64TiB"), START, \
  "Address space kept for the store; takes neither disk nor memory.  1GiB suits valgrind.") \
X("store.max_size", SIZE, C(store_max), "10GiB", TO("4MiB", "64TiB"), LIVE, \
  "How big the store may grow; then new work is refused for a while, and nothing is lost.") \
X("retention.objects", SECONDS, C(keep_s), "1h", TO("0s", "3650d"), LIVE, \
  "How long orders, authorizations and certificates are kept once they have expired.") \
X("retention.journal", SECONDS, C(keep_journal_s), "90d", TO("0s", "36500d"), LIVE, \
  "How long the journal is kept, which still says what was issued; 0s keeps it for ever.") \
X("crl.lifetime", SECONDS, C(crl_s), "7d", TO("1m", "10d"), LIVE, \
  "How long a revocation list holds: as long as this server may be away.") \
X("crl.refresh", SECONDS, C(crl_refresh_s), "1h", TO("1s", "10d"), LIVE, \
  "How often one is made though nothing has been revoked; what is revoked is on one within seconds.") \
X("crl.shards", COUNT, C(crl_shards), "1", TO("1", "128"), START, \
  "How many lists each issuer's is cut into, by serial; certificates name theirs.  Raise it when one list would be too long: each has room for some 300,000.  " \
  "1 is the whole list alone, which all software reads; the others have a critical issuingDistributionPoint.  Needs public_http if it is more.") \
X("ocsp.lifetime", SECONDS, C(ocsp_s), "1h", TO("1m", "10d"), LIVE, \
  "How long an OCSP answer holds; not for more than two minutes after its certificate's end.") \
X("ca.name", TEXT, C(ca.name), "mayfly", TO("1", "40"), LIVE, \
  "The names of root and issuer are made from it.") \
X("ca.root_lifetime", DAYS, C(ca.root_days), "3650d", TO("1d", "36500d"), INIT, \
  "How long the root lives.") \
X("ca.issuer_lifetime", DAYS, C(ca.issuer_days), "1825d", TO("1d", "36500d"), LIVE, \
  "How long an issuer lives, the intermediate that signs; never longer than the root.") \
X("ca.rotate", BOOL, C(ca_rotate), "true", ANY, LIVE, \
  "Whether a new issuer is made before the last one ends, if the root key is there.") \
X("ca.overlap", SECONDS, C(ca_overlap_s), "0s", TO("0s", "3650d"), LIVE, \
  "How long before its end an issuer is replaced; 0s: a third of its life.  " \
  "It is always longer than the longest profile, so that no certificate is cut short.") \
X("ca.passphrase_file", PATH, C(passphrase_file), "", ANY, START, \
  "Its first line encrypts the keys in ca/ when they are made, and opens them at each start.  " \
  "Not encrypted when left out.") \
X("keys.blocked_file", PATH, C(blocked_file), "", ANY, LIVE, \
  "A file of keys that are refused, for certificates and accounts: the SHA-256 of a SubjectPublicKeyInfo in hexadecimal a line, # before comments.  " \
  "Keys from standards and test suites are refused without it.  It is read at start and at a reload; sorted, it is read fastest.") \
X("sandbox", BOOL, C(sandbox), "true", ANY, START, \
  "Whether the processes give up what they do not need of the kernel.  false is for debuggers, valgrind and strace.") \
X("test.nonce_reject", COUNT, C(test_nonce_reject), "0", TO("0", "100"), LIVE, \
  "For `mayfly dev` only: how many good nonces of a hundred are refused, so that tests of clients meet it.") \
X("test.authz_reuse", COUNT, C(test_authz_reuse), "100", TO("0", "100"), LIVE, \
  "For `mayfly dev` only: how many proofs of a hundred count for a further order.") \
X("test.validation_delay", MS, C(test_delay_ms), "0s", TO("0s", "30s"), LIVE, \
  "For `mayfly dev` only: how long a challenge waits for its first look.") \
X("log.level", LEVEL, C(log_level), "info", ANY, LIVE, \
  "The least that is logged.") \
X("dir", PATH, C(dir), "", ANY, INNER, \
  "The directory served.")
/* clang-format on */

#define X(key, kind_, member, fallback_, range, when_, help_) \
	{ .pattern = (key),                                   \
		.kind = K_##kind_,                            \
		member,                                       \
		.fallback = (fallback_),                      \
		range,                                        \
		.when = W_##when_,                            \
		.help = (help_) },
const struct config_key config_keys[] = { CONFIG(X) };
#undef X
const size_t n_config_keys = sizeof(config_keys) / sizeof(config_keys[0]);

const struct config_builtin config_builtins[] = {
	{ "tenminutes", "10m",
	    "Ten minutes, renewed by a client that runs often", "serverAuth",
	    "true" },
	{ "hour", "1h",
	    "An hour, for clients that cannot renew each few minutes",
	    "serverAuth", "false" },
	{ "day", "1d", "A day, for clients that reckon in hours", "serverAuth",
	    "false" },
	{ "client", "1h", "An hour, for clients of TLS that show who they are",
	    "clientAuth", "false" },
};
const size_t n_config_builtins =
    sizeof(config_builtins) / sizeof(config_builtins[0]);
