# make         build ./mayfly                make asan, tsan   the tests under sanitizers
# make test    all tests, after fetching     make fuzz T=json  libFuzzer on one target
#              what they need                make bench        benchmarks; -peers:  beside others
# make demo    a certificate, seen happen    make deps         Debian packages to build,
# make unit    the tests without a server    make test-deps    and to test
# make e2e     the tests with one; E=name    make install      PREFIX=/usr/local
# make lint    layers, size, format…         make check        test + lint + asan
#              VARIANT=asan builds another variant; V=1 shows the commands
VARIANT  ?= release
PREFIX   ?= /usr/local
T        ?= json
B        := build/$(VARIANT)

WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla \
            -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
CFI.x86_64     := -fcf-protection=full
CFI.aarch64    := -mbranch-protection=standard
CFLAGS.release := -O2 -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection $(CFI.$(shell uname -m)) \
                  -fno-delete-null-pointer-checks -fno-strict-overflow -ftrivial-auto-var-init=zero -fPIE
CFLAGS.asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS.tsan    := -O1 -fsanitize=thread -fno-omit-frame-pointer
CFLAGS.fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined
LDFLAGS.release := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
LDFLAGS.asan   := -fsanitize=address,undefined
LDFLAGS.tsan   := -fsanitize=thread
LDFLAGS.fuzz   := -fsanitize=address,undefined
GEN_CFLAGS := -std=c11 -D_GNU_SOURCE -I$(B)/gen -g -MMD -MP $(CFLAGS.$(VARIANT)) $(CFLAGS)
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -I. -isystem $(B)/gen -pthread -g -MMD -MP $(WARN) $(CFLAGS.$(VARIANT)) $(CFLAGS)
# Those with most symbols first: each start of each process looks them up in this order.
ALL_LDLIBS := -pthread -lcrypto -lc -lssl -lcurl -levent_core -levent_pthreads -ljwt -ljansson -llmdb -lcares -lprotobuf-c -lyaml -lidn2 -lseccomp $(LDLIBS)

LAYERS   := base crypto store http challenges acme admin agent cli
GEN_OBJ  := $(patsubst %.proto,$(B)/gen/%.pb-c.o,$(wildcard store/*.proto))
LIB_SRC  := $(wildcard $(LAYERS:=/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
SRV_OBJ  := $(patsubst %.c,$(B)/%.o,$(filter-out server/main.c,$(wildcard server/*.c)))
FAKE_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/fake/*.c))
UNIT     := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*.c))
# Those that ask for the doubles that several share.
FAKED    := $(patsubst %.c,$(B)/%,$(shell grep -l 'tests/fake/\(ca\|signer\|eab\)\.h' tests/unit/*.c))
FUZZ     := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH    := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/bench_*.c))
LOAD     := $(B)/tests/bench/load
LOAD_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out tests/bench/bench_% tests/bench/slow_sync.c,$(wildcard tests/bench/*.c)))
FILL     := $(B)/tests/fill/fill
REPLAY   := $(FUZZ:%=$(B)/tests/replay_%)
FUZZER   := $(FUZZ:%=$(B)/tests/fuzz/fuzz_%)
PROGRAMS := $(UNIT) $(REPLAY)
MAN      := $(wildcard docs/*.[1-9])
SOURCES  := $(wildcard $(LAYERS:=/*.[ch]) server/*.[ch] tests/*.h tests/*/*.[ch])

JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@)

all: mayfly
mayfly: $(B)/mayfly ; $(Q)ln -sf $< $@

$(B)/mayfly: $(B)/server/main.o $(B)/libmayfly.a
$(UNIT): $(B)/%: $(B)/%.o $(B)/libmayfly.a   # a test may define what it wants to fake
$(FAKED): $(FAKE_OBJ)
$(BENCH): $(B)/%: $(B)/%.o $(B)/libmayfly.a
$(B)/tests/bench/bench_prune: $(FAKE_OBJ)
$(UNIT) $(BENCH): ALL_LDLIBS += -lcmocka
$(LOAD): $(LOAD_OBJ) $(B)/libmayfly.a
$(FILL): $(FILL).o $(B)/libmayfly.a
$(REPLAY): $(B)/tests/replay_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/libmayfly.a
$(FUZZER): $(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/libmayfly.a
$(FUZZER): ALL_LDLIBS += -fsanitize=fuzzer
$(B)/mayfly $(UNIT) $(BENCH) $(LOAD) $(FILL) $(REPLAY) $(FUZZER):
	$(call say,LINK)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDFLAGS.$(VARIANT)) $(LDFLAGS) $(ALL_LDLIBS)

$(B)/libmayfly.a: $(LIB_OBJ) $(SRV_OBJ) $(GEN_OBJ)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c $(B)/flags | $(GEN_OBJ)
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -c -o $@ $<

# Generated code: built apart, under no warnings of ours, seen by no lint.
$(B)/gen/%.pb-c.o: $(B)/gen/%.pb-c.c $(B)/flags
	$(call say,CC)
	$(Q)$(CC) $(GEN_CFLAGS) -c -o $@ $<
$(B)/gen/%.pb-c.c: %.proto
	$(call say,PROTO)
	$(Q)mkdir -p $(B)/gen && protoc-c --c_out=$(B)/gen $<
.PRECIOUS: $(B)/gen/%.pb-c.c

$(B)/flags: FORCE   # a changed compiler or flag rebuilds this variant
	@mkdir -p $(@D); echo '$(CC) $(ALL_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(ALL_CFLAGS)' > $@

programs: $(PROGRAMS) $(LOAD)

test: test-deps
	$(Q)$(MAKE) --no-print-directory $(JOBS) all programs
	$(Q)tests/all.sh $(B) $(PROGRAMS)
unit: $(PROGRAMS) ; $(Q)tests/unit.sh $^
e2e: $(B)/mayfly $(LOAD) ; $(Q)tests/e2e/run $< $(E)
demo: ; $(Q)tests/demo.sh

lint: lint-deps all
	$(Q)CC='$(CC)' CFLAGS='$(filter-out -MMD -MP,$(ALL_CFLAGS))' tests/lint/run.sh $(B) $(SOURCES)

bench: bench-deps $(BENCH) $(LOAD) $(B)/mayfly   # PART=load CLIENTS=1,32 SECONDS=8 TRIES=3 DATA=dir
	$(Q)tests/bench/bench.py $(B) PART=$(PART) CLIENTS=$(CLIENTS) SECONDS=$(SECONDS) TRIES=$(TRIES) DATA=$(DATA) 'FLAGS=$(FLAGS)'
bench-peers: bench-deps $(LOAD) $(B)/mayfly
	$(Q)tests/bench/peers.py $(B) CLIENTS=$(CLIENTS) SECONDS=$(SECONDS) TRIES=$(TRIES)
fill: $(FILL)   # for measuring: tests/fill/fill.c fills a store
check: test lint asan
asan tsan: ; $(Q)$(MAKE) --no-print-directory VARIANT=$@ test
fuzz: ; $(Q)$(MAKE) --no-print-directory VARIANT=fuzz CC=clang build/fuzz/tests/fuzz/fuzz_$(T) && \
	mkdir -p build/fuzz/corpus/$(T) && build/fuzz/tests/fuzz/fuzz_$(T) $(FUZZ_ARGS) build/fuzz/corpus/$(T) tests/corpus/$(T)
deps: ; $(Q)tests/packages.sh packages.txt
test-deps: ; $(Q)tests/packages.sh packages.txt packages-demo.txt packages-test.txt && tests/e2e/node/install.sh
bench-deps: ; $(Q)tests/packages.sh packages.txt packages-bench.txt
lint-deps: ; $(Q)tests/packages.sh packages.txt packages-lint.txt
docs: mayfly   # generated from the tables; a test compares
	$(Q)mkdir -p docs examples
	$(Q)for f in docs/mayfly.1 docs/mayfly.yaml.5 examples/mayfly.yaml; do ./mayfly -doc $${f##*/} > $$f || exit 1; done
clients: mayfly test-deps   # real clients, and the page about them
	$(Q)tests/e2e/run $(B)/mayfly test_clients: test_otherclients: test_daemons:
	$(Q)tests/clients_doc.py $(B) > docs/CLIENTS.md
format: ; $(Q)clang-format -i $(SOURCES)
install: mayfly
	install -D -m 0755 $< $(DESTDIR)$(PREFIX)/sbin/mayfly
	$(Q)for m in $(MAN); do install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man$${m##*.} $$m || exit 1; done
clean: ; rm -rf build mayfly

.PHONY: clients docs all programs test unit e2e demo lint check asan tsan fuzz bench bench-peers fill deps test-deps bench-deps lint-deps format install clean FORCE
-include $(shell find build -name '*.d' 2>/dev/null)
