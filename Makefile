# SPDX-License-Identifier: Apache-2.0
# The front door: each target installs what it lacks, so that a fresh Debian or
# Ubuntu with nothing but git and make is enough.

BUILD ?= build
MESON_OPTIONS ?=

.PHONY: build run test bench lint units fuzz sanitize e2e clean install

build: .setup-build
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) $(MESON_OPTIONS) >/dev/null
	@[ -x $(BUILD)/roost ] || echo "roost: building; the first time that takes a while"
	@ninja -C $(BUILD) --quiet

run: build
	@sh tools/run.sh $(BUILD)

test: .setup-test
	@sh tools/test.sh $(BUILD)

bench: .setup-bench build
	@sh bench/all.sh $(BUILD)

lint: build
	@sh tools/lint.sh $(BUILD)

units: build
	@meson test -C $(BUILD) --suite unit --print-errorlogs

e2e: .setup-test build
	@sh tools/e2e.sh $(BUILD)

fuzz: .setup-test
	@sh tools/fuzz.sh

install: build
	@meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) build-* .setup-*

# A stamp a list: asked again only when the list changed.
.setup-%: tools/setup.sh
	@sh tools/setup.sh $*
	@touch $@
