# SPDX-License-Identifier: GPL-3.0-or-later
# No file is named here: a tool, module, feature, term, algorithm, test or
# bench is found by its place. Settings can stand in config.mak.
#
#   make            build everything into $(BUILD)
#   make demo       install what is missing, build, master a real loop
#   make check      install what is missing, build, run every test
#   make bench      measure speed beside the published figures
#   make install    PREFIX=/usr/local DESTDIR=
#   make clean
#
#   SANITIZE=address,undefined   a second build with sanitizers, in its own folder

-include config.mak

PREFIX   ?= /usr/local
CC        = gcc
OPT      ?= -O2
SANITIZE ?=
BUILD    ?= build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))
JOBS     ?= $(shell nproc)
comma    := ,
export BUILD

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

# --- packages -----------------------------------------------------------------
# doc/packages/build, demo, check and bench list Debian packages, one a line. Asking for
# them never reinstalls: only what dpkg does not know is handed to apt-get.

SUDO = $(shell [ "$$(id -u)" = 0 ] || echo sudo)
define install_packages
	@want=$$(sed 's/#.*//' $(1)); \
	have=$$(dpkg-query -W -f '$${Package} $${Status}\n' $$want 2>/dev/null | sed -n 's/ install ok installed$$//p'); \
	miss=$$(for p in $$want; do echo "$$have" | grep -qxF "$$p" || echo $$p; done); \
	if [ -n "$$miss" ]; then \
		echo "installing:" $$miss; \
		$(SUDO) apt-get update -qq && \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$miss >/dev/null; \
	fi
endef

.PHONY: all deps-build deps-demo deps-check deps-bench demo check bench install clean
deps-build: ; $(call install_packages,doc/packages/build)
deps-demo:  ; $(call install_packages,doc/packages/build doc/packages/demo)
deps-check: ; $(call install_packages,doc/packages/build doc/packages/demo doc/packages/check)
deps-bench: ; $(call install_packages,doc/packages/build doc/packages/bench)

# Packages first, then a make that can see them (pkg-config answers are read once).
demo: deps-demo
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@$(BIN)/assay-demo
check: deps-check
	@$(MAKE) --no-print-directory -s -j$(JOBS) all tests
	@$(MAKE) --no-print-directory run-tests

# --- flags --------------------------------------------------------------------
PKGS = libzmq sndfile libprotobuf-c sqlite3 libpq cairo lua5.4 soxr libsodium libebur128 jansson alsa libseccomp libmicrohttpd lilv-0
ifeq ($(filter deps-% demo check clean,$(MAKECMDGOALS)),)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS))
endif
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
WARN   = -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wno-psabi
# Bits must not depend on the machine: no contraction into FMA, no fast-math.
EXACT  = -ffp-contract=off -fno-math-errno -fno-trapping-math
DIALECT = -std=gnu17 -D_GNU_SOURCE
SAN    = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_CFLAGS = $(DIALECT) $(OPT) -g $(EXACT) $(WARN) $(SAN) -Ilib -I$(BUILD)/gen -I$(BUILD)/gen/proto \
	$(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(SAN) -Wl,--as-needed $(LDFLAGS)
# what tests alone stand on: transforms that are not ours
TEST_LIBS = -lfftw3
LIBS = $(LUA) $(filter-out -llua5.4,$(PKG_LIBS)) -lpthread -lm

# --- sources ------------------------------------------------------------------
# Lane code (lib/**/mod/*.c and *_lanes.c) is compiled once per instruction set,
# everything else once.
ISAS        = scalar sse avx2 avx512
ISA_scalar  = -DLANES=1
ISA_sse     = -DLANES=4
ISA_avx2    = -DLANES=8 -mavx2
ISA_avx512  = -DLANES=16 -mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512

SOURCES  := $(sort $(shell find lib -name '*.c'))
LANE_SRC := $(filter lib/synth/mod/%.c %_lanes.c,$(SOURCES))
PLAIN_SRC:= $(filter-out $(LANE_SRC),$(SOURCES))
PROTOS   := $(wildcard proto/*.proto)
TOOLS    := $(notdir $(patsubst %/,%,$(wildcard tools/*/)))
PIPES    := $(filter-out %.1 %.sh,$(notdir $(wildcard pipelines/*)))
TESTS_C  := $(basename $(notdir $(wildcard tests/*.c)))
BENCHES  := $(basename $(notdir $(wildcard bench/*.c)))
# share/systemd/user is looked through for PREFIX=/usr, /usr/local and ~/.local alike
UNITS    := $(wildcard cluster/systemd/*)
# what modules and algorithms are built against where assay is installed
HEADERS  := $(patsubst lib/%,%,$(wildcard lib/base/*.h lib/dsp/*.h lib/synth/*.h lib/synth/mod/*.h lib/synth/faust/program* lib/opt/*.h) lib/base/fmath.c)
MAN      := $(wildcard tools/*/*.1) $(wildcard pipelines/*.1)

PROTO_H  := $(PROTOS:proto/%.proto=$(BUILD)/gen/proto/%.pb-c.h)
REGS     := $(addprefix $(BUILD)/gen/registry_,$(addsuffix .c,mod feat term algo))
OBJS     := $(PLAIN_SRC:%.c=$(BUILD)/%.o) $(foreach i,$(ISAS),$(LANE_SRC:%.c=$(BUILD)/%.$i.o)) \
	$(PROTOS:proto/%.proto=$(BUILD)/gen/proto/%.pb-c.o) $(REGS:.c=.o)
LIB      := $(BUILD)/libassay.a
BIN       = $(BUILD)/bin
name_bin  = $(if $(filter assay,$1),assay,assay-$1)
TOOL_BIN := $(foreach t,$(TOOLS),$(BIN)/$(call name_bin,$t))
PIPE_BIN := $(PIPES:%=$(BIN)/assay-%)

all: $(TOOL_BIN) $(PIPE_BIN)
# kept, though only a pattern names them
.SECONDARY: $(PROTO_H) $(TESTS_C:%=$(BUILD)/tests/%.o) $(BENCHES:%=$(BUILD)/bench/%.o)
.PHONY: tests benches run-tests
tests: $(TESTS_C:%=$(BUILD)/tests/%)
benches: $(BENCHES:%=$(BUILD)/bench/%)

# --- generated: protobuf and the registries ---------------------------------------
$(BUILD)/gen/proto/%.pb-c.c $(BUILD)/gen/proto/%.pb-c.h: proto/%.proto
	@mkdir -p $(@D)
	protoc-c --proto_path=proto --c_out=$(@D) $<
$(BUILD)/gen/proto/%.o: WARN = -w

# A registry is the list of files in a folder: FILE.c ends in the descriptor KIND_FILE.
reg_mod  = module
reg_feat = feature
reg_term = term
reg_algo = algo
dir_mod  = lib/synth/mod
dir_feat = lib/feature/feat
dir_term = lib/score/term
dir_algo = lib/opt/algo
inc_mod  = synth/port.h
inc_feat = feature/feature.h
inc_term = score/term.h
inc_algo = opt/algo.h
$(REGS): $(BUILD)/gen/registry_%.c: FORCE
	@mkdir -p $(@D)
	@{ echo '/* made from $(dir_$*) by make */'; echo '#include "$(inc_$*)"'; \
	names="$(sort $(filter-out %_lanes,$(basename $(notdir $(wildcard $(dir_$*)/*.c)))))"; \
	for isa in $(if $(filter mod,$*),$(ISAS:%=_%),''); do \
		for n in $$names; do echo "extern const struct $(reg_$*) $(reg_$*)_$$n$$isa;"; done; \
		echo "const struct $(reg_$*) *const $(reg_$*)s$$isa[] = {"; \
		for n in $$names; do echo "	&$(reg_$*)_$$n$$isa,"; done; \
		echo '	0,'; echo '};'; \
	done; } >$@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/gen/version.h: FORCE
	@mkdir -p $(@D)
	@echo '#define ASSAY_VERSION "$(VERSION)"' >$@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@
# What modules that are compiled later need to give the same bytes.
$(BUILD)/gen/module_flags.h: FORCE
	@mkdir -p $(@D)
	@{ echo '#define MODULE_CFLAGS "$(DIALECT) -O2 $(EXACT)"'; echo '#define MODULE_WARN "$(WARN)"'; \
	$(foreach i,$(ISAS),echo '#define MODULE_ISA_$i "-DISA=$i $(ISA_$i)"';) \
	} >$@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: FORCE
FORCE:

# Lua with our own ^ in place of libm's, whose last bit depends on the machine.
LUA = $(BUILD)/gen/liblua.a
$(LUA):
	@mkdir -p $(@D)
	@objcopy --redefine-sym pow=lua_pow $(shell $(CC) -print-file-name=liblua5.4.a) $@

# --- objects --------------------------------------------------------------------
define lane_rule
$(BUILD)/%.$1.o: %.c | $(PROTO_H)
	@mkdir -p $$(@D)
	$(CC) $(ALL_CFLAGS) -DISA=$1 $(ISA_$1) -MMD -MP -c -o $$@ $$<
endef
$(foreach i,$(ISAS),$(eval $(call lane_rule,$i)))

$(BUILD)/%.o: %.c | $(PROTO_H) $(BUILD)/gen/version.h $(BUILD)/gen/module_flags.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c | $(PROTO_H)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(OBJS)
	@rm -f $@
	@$(AR) rcsD $@ $(OBJS)

define tool_rule
$(BIN)/$(call name_bin,$1): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tools/$1/*.c)) $(LIB) | $(LUA)
	@mkdir -p $$(@D)
	$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $(LIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call tool_rule,$t)))
# algorithms of the user's own call what is in it
$(BIN)/assay-evolve: LDFLAGS += -rdynamic
$(BIN)/assay-%: pipelines/%
	@mkdir -p $(@D)
	@ln -sf $(abspath $<) $@
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIB) | $(LUA)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)
$(BUILD)/bench/%: $(BUILD)/bench/%.o $(LIB) | $(LUA)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

-include $(OBJS:.o=.d) $(TESTS_C:%=$(BUILD)/tests/%.d) $(BENCHES:%=$(BUILD)/bench/%.d) \
	$(foreach t,$(TOOLS),$(patsubst %.c,$(BUILD)/%.d,$(wildcard tools/$t/*.c)))

# --- tests, benches, installation -------------------------------------------------
# A test is tests/NAME.c (a program that prints TAP) or tests/NAME.t (a shell script). Scripts go
# first, and two tests for each core: they wait for each other's programs, and for leases to end.
PROVE ?= prove -j$$((2 * $(JOBS))) --timer
run-tests: all tests
	@PATH="$(abspath $(BIN)):$$PATH" ASSAY_BUILD="$(abspath $(BUILD))" \
		LSAN_OPTIONS="suppressions=$(abspath tests/leaks.supp):print_suppressions=0" \
		$(PROVE) $(sort $(wildcard tests/*.t)) $(sort $(TESTS_C:%=$(BUILD)/tests/%))
bench: all benches
	@for b in $(sort $(BENCHES)); do $(BUILD)/bench/$$b || exit 1; done

install: all
	install -d $(DESTDIR)$(PREFIX)/bin \
		$(DESTDIR)$(PREFIX)/share/assay $(DESTDIR)$(PREFIX)/share/man/man1
	install $(TOOL_BIN) $(DESTDIR)$(PREFIX)/bin
	cp -r patches proto pipelines cluster $(DESTDIR)$(PREFIX)/share/assay
	for h in $(HEADERS); do install -D -m 644 lib/$$h $(DESTDIR)$(PREFIX)/share/assay/include/$$h; done
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/assay/doc doc/module.md doc/optimiser.md doc/optimiser.py
	install -d $(DESTDIR)$(PREFIX)/share/systemd/user
	for u in $(UNITS); do sed 's|/usr/local/bin/|$(PREFIX)/bin/|' $$u >$(DESTDIR)$(PREFIX)/share/systemd/user/$$(basename $$u); done
	for p in $(PIPES); do ln -sf ../share/assay/pipelines/$$p $(DESTDIR)$(PREFIX)/bin/assay-$$p; done
	for m in $(MAN); do n=$$(basename $$m); [ $$n = assay.1 ] || n=assay-$$n; \
		install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man1/$$n; done
	install -d $(DESTDIR)$(PREFIX)/share/man/man7
	$(BIN)/assay-patch --list --man >$(DESTDIR)$(PREFIX)/share/man/man7/assay-modules.7
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(BIN)/assay completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/assay
	$(BIN)/assay completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_assay
	$(BIN)/assay completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/assay.fish

clean:
	rm -rf build build-*
