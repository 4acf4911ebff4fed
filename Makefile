# make         build ./mayfly            make asan, tsan   the tests under sanitizers
# make test    unit + corpus replay     make fuzz T=json  libFuzzer on one target
# make lint    layers, size, format…    make bench        benchmarks
# make check   test + lint + asan       make deps         Debian packages
# make install PREFIX=/usr/local        V=1 shows the commands
VARIANT  ?= release
PREFIX   ?= /usr/local
T        ?= json
B        := build/$(VARIANT)

WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla \
            -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
CFLAGS.release := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CFLAGS.asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS.tsan    := -O1 -fsanitize=thread -fno-omit-frame-pointer
CFLAGS.fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined
LDFLAGS.asan   := -fsanitize=address,undefined
LDFLAGS.tsan   := -fsanitize=thread
LDFLAGS.fuzz   := -fsanitize=address,undefined
GEN_CFLAGS := -std=c11 -D_GNU_SOURCE -I$(B)/gen -g -MMD -MP $(CFLAGS.$(VARIANT)) $(CFLAGS)
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -I. -isystem $(B)/gen -pthread -g -MMD -MP $(WARN) $(CFLAGS.$(VARIANT)) $(CFLAGS)
ALL_LDLIBS := -pthread -levent_openssl -levent -levent_pthreads -lssl -lcrypto -ljwt -ljansson -llmdb -lcurl -lcares -lprotobuf-c -lyaml -lidn2 -lseccomp $(LDLIBS)

LAYERS   := base crypto store http challenges acme admin agent cli
GEN_OBJ  := $(patsubst %.proto,$(B)/gen/%.pb-c.o,$(wildcard store/*.proto))
LIB_SRC  := $(wildcard $(LAYERS:=/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
SRV_OBJ  := $(patsubst %.c,$(B)/%.o,$(filter-out server/main.c,$(wildcard server/*.c)))
UNIT     := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*.c))
FUZZ     := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH    := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*.c))
REPLAY   := $(FUZZ:%=$(B)/tests/replay_%)
FUZZER   := $(FUZZ:%=$(B)/tests/fuzz/fuzz_%)
SOURCES  := $(wildcard $(LAYERS:=/*.[ch]) server/*.[ch] tests/*.h tests/*/*.[ch])

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@)

all: mayfly
mayfly: $(B)/mayfly ; $(Q)ln -sf $< $@

$(B)/mayfly: $(B)/server/main.o $(B)/libmayfly.a
$(UNIT) $(BENCH): $(B)/%: $(B)/%.o $(B)/libmayfly.a   # a test may define what it wants to fake
$(UNIT): ALL_LDLIBS += -lcmocka
$(REPLAY): $(B)/tests/replay_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/libmayfly.a
$(FUZZER): $(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/libmayfly.a
$(FUZZER): ALL_LDLIBS += -fsanitize=fuzzer
$(B)/mayfly $(UNIT) $(BENCH) $(REPLAY) $(FUZZER):
	$(call say,LINK)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -o $@ $(filter %.o %.a,$^) $(LDFLAGS.$(VARIANT)) $(LDFLAGS) $(ALL_LDLIBS)

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

test: unit

unit: $(UNIT) $(REPLAY)   # everything that needs no server
	@set -e; for t in $(UNIT); do CMOCKA_MESSAGE_OUTPUT=TAP $$t; done
	@set -e; for f in $(FUZZ); do $(B)/tests/replay_$$f tests/corpus/$$f/*; echo "ok - corpus $$f"; done

lint:
	$(Q)tests/lint/layers.sh
	$(Q)tests/lint/planted.sh
	$(Q)tests/lint/size.sh $(SOURCES)
	$(Q)for h in $(filter-out tests/%,$(filter %.h,$(SOURCES))); do \
		$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -Wno-unused -fsyntax-only -x c -include $$h /dev/null || exit 1; done
	$(Q)clang-format --dry-run -Werror $(SOURCES)   # 14, as packaged

bench: $(BENCH)
	@set -e; for b in $(BENCH); do $$b; done
check: test lint asan
asan tsan: ; $(Q)$(MAKE) --no-print-directory VARIANT=$@ test
fuzz: ; $(Q)$(MAKE) --no-print-directory VARIANT=fuzz CC=clang build/fuzz/tests/fuzz/fuzz_$(T) && \
	mkdir -p build/fuzz/corpus/$(T) && build/fuzz/tests/fuzz/fuzz_$(T) $(FUZZ_ARGS) build/fuzz/corpus/$(T) tests/corpus/$(T)
deps: ; grep -v '^#' packages.txt | xargs apt-get install -y --no-install-recommends
format: ; $(Q)clang-format -i $(SOURCES)
install: mayfly ; install -D -m 0755 $< $(DESTDIR)$(PREFIX)/sbin/mayfly
clean: ; rm -rf build mayfly

.PHONY: all test unit lint check asan tsan fuzz bench deps format install clean FORCE
-include $(shell find build -name '*.d' 2>/dev/null)
