# make run    execute lesson 01 on the practice tenant
# make test   everything that must hold
# make lab    JupyterLab at the start page
# make stop   end the practice tenant
# make bench  what is measured: minutes, each side in the same run
# make pictures  README's pictures, made anew in a browser
# make deny   what comes in from outside: licences, sources, crates in two versions, known faults
# make test-kills  an import killed 200 times and resumed: minutes

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

EVCXR_VERSION := 0.22.0
FEATURES := all-hashes
VENV := .venv
BIN := $(abspath $(VENV))/bin
KERNEL := $(VENV)/share/jupyter/kernels/rust/kernel.json
# Kernels build here, each in a folder of its own, because cargo then finds this configuration above it.
KERNEL_BUILDS := $(VENV)/kernel-builds
define KERNEL_BUILD_CONFIG
# Over the build profile of the kernel, which optimises crates a second time across their parts and adds the checks of a debug build.
[profile.dev]
lto = "off"
debug-assertions = false

# What is compiled incrementally the kernel does not keep. So it keeps this crate too, each state of its source by itself (build.rs).
[profile.dev.package.auth0-bulk-users]
incremental = false
endef
export KERNEL_BUILD_CONFIG
CARGO_BIN := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin
export PATH := $(CARGO_BIN):$(PATH)

# Whatever a .env or the environment says, these commands go to the practice tenant and nowhere else.
PRACTICE := env -u MGMT_API_ACCESS_TOKEN -u CLIENT_ID -u CLIENT_SECRET -u SIGN_IN_CLIENT_ID -u SIGN_IN_CLIENT_SECRET DOMAIN=practice
# The system's; the browser test needs one.
export CHROMIUM := $(or $(CHROMIUM),$(shell command -v chromium || command -v chromium-browser || command -v google-chrome))
# Says what a long step is, and afterwards how long it took.
STEP = step() { printf '== %s\n' "$$1"; shift; local began=$$SECONDS; "$$@"; printf '   %d s\n' "$$((SECONDS - began))"; }; step

.PHONY: FORCE help run test deny test-kills bench lab stop outputs pictures practice-tenant setup

help:
	@sed -n 's/^# make/make/p' Makefile

setup: $(VENV)/.installed $(KERNEL) $(VENV)/.warm
	@if command -v pgrep > /dev/null && ! pgrep -x evcxr_jupyter > /dev/null; then
		rm -rf $(KERNEL_BUILDS)/.tmp*  # what kernels left that were killed, some 200 MB each
	fi

$(VENV)/.installed: requirements-dev.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo 'Python 3.10 or newer is needed'; exit 1; }
	$(STEP) 'Python packages into .venv, half a minute' python3 -m venv $(VENV)
	$(STEP) 'pip install' $(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# Where the toolchain's libraries are; another one is another kernel.
$(VENV)/.toolchain: $(VENV)/.installed FORCE
	@rustc --print target-libdir | cmp -s - $@ || rustc --print target-libdir > $@

$(KERNEL): $(VENV)/.installed $(VENV)/.toolchain Makefile
	@if ! cargo install --list | grep -q '^evcxr_jupyter v$(EVCXR_VERSION):'; then
		if command -v cargo-binstall > /dev/null; then
			$(STEP) 'the Rust kernel, evcxr_jupyter $(EVCXR_VERSION)' cargo binstall --no-confirm evcxr_jupyter@$(EVCXR_VERSION)
		else
			$(STEP) 'building the Rust kernel, evcxr_jupyter $(EVCXR_VERSION): about seven minutes on two cores, once (meanwhile: cargo run --example first_import)' cargo install --locked --quiet evcxr_jupyter@$(EVCXR_VERSION)
		fi
	fi
	if command -v rustup > /dev/null && ! rustup component list --installed | grep -q '^rust-src'; then
		$(STEP) 'the standard library'\''s source, which the kernel reads' rustup component add rust-src || echo '   not to be had now; the kernel will ask for it at its first start'
	fi
	# Registered for this environment alone.
	JUPYTER_PATH=$(abspath $(VENV))/share/jupyter evcxr_jupyter --install > /dev/null
	mkdir -p $(KERNEL_BUILDS)/.cargo
	printf '%s\n' "$$KERNEL_BUILD_CONFIG" > $(KERNEL_BUILDS)/.cargo/config.toml
	# A cell's library looks for the standard library by a path from its own folder, and cargo moves it one folder up: where project and
	# toolchain are below one folder, your home say, that path leads nowhere. So it is told where to look.
	libraries=$$(cat $(VENV)/.toolchain)
	python3 - $@ $(abspath $(KERNEL_BUILDS)) "$$libraries" <<- 'END'
		import json, sys
		path, builds, libraries = sys.argv[1:]
		spec = json.load(open(path))
		spec["env"] = {"TMPDIR": builds, "LD_LIBRARY_PATH": libraries, "DYLD_FALLBACK_LIBRARY_PATH": libraries}
		json.dump(spec, open(path, "w"), indent=2)
	END
	touch $@

practice-tenant:
	@if [ -n "$$(find practice-tenant Cargo.toml Cargo.lock -newer target/release/practice-tenant 2> /dev/null || echo missing)" ] || [ ! -x target/release/practice-tenant ]; then
		$(STEP) 'building the practice tenant, a minute or two' cargo build --quiet --locked --release --package practice-tenant --target-dir target
		touch target/release/practice-tenant
		rm -f target/practice-tenant.env
	fi

# The kernel keeps compiled crates in the user's cache; the first lesson should not wait for that.
$(VENV)/.warm: $(KERNEL) Cargo.toml
	@$(STEP) 'compiling the crates of the first cell into the cache: a minute or two, once' $(PRACTICE) $(BIN)/python tests/notebooks/runner.py --warm
	touch $@

run: setup practice-tenant
	@$(PRACTICE) $(BIN)/python tests/notebooks/runner.py --out executed notebooks/01-*.ipynb

outputs: setup practice-tenant
	@rm -f target/practice-tenant.env
	$(PRACTICE) $(BIN)/python tests/notebooks/runner.py --write notebooks/*.ipynb

pictures: setup
	@$(BIN)/python tests/browser/pictures.py

lab: setup practice-tenant
	@$(BIN)/jupyter lab notebooks/00-start-here.ipynb

stop:
	@rm -f target/practice-tenant.env

test: setup practice-tenant
	@export DOMAIN=practice
	unset MGMT_API_ACCESS_TOKEN CLIENT_ID CLIENT_SECRET SIGN_IN_CLIENT_ID SIGN_IN_CLIENT_SECRET
	$(STEP) rustfmt cargo fmt --all --check
	# One package after the other: built at once, each would get the features that the other needs.
	$(STEP) clippy cargo clippy --quiet --locked --all-targets --features $(FEATURES) -- -D warnings
	$(STEP) 'clippy, the practice tenant' cargo clippy --quiet --locked --package practice-tenant --all-targets -- -D warnings
	$(STEP) 'the practice tenant'\''s own tests' cargo test --quiet --locked --package practice-tenant
	$(STEP) 'Rust tests' cargo test --locked --features $(FEATURES)
	$(STEP) documentation env RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --no-deps --lib
	if command -v cargo-deny > /dev/null; then
		$(STEP) 'what comes in from outside' $(MAKE) --no-print-directory deny
	else
		echo '== no cargo-deny found, so licences and sources were not looked at: cargo install cargo-deny --locked'
	fi
	$(STEP) 'notebooks in the real kernel' $(BIN)/python -m pytest -q tests/notebooks
	if [ -n "$$CHROMIUM" ]; then
		$(STEP) 'notebooks in JupyterLab, as a reader sees them' $(BIN)/python -m pytest -q tests/browser
	else
		echo '== no Chromium found, so the notebooks were not tried in JupyterLab; install one, or name it: make test CHROMIUM=...'
	fi

# The crates of other systems belong to Cargo.lock too. The list of known faults is fetched from RustSec; without a network it is not to be had.
deny:
	@if ! cargo fetch --quiet --locked; then
		echo '   not looked at: the crates of other systems cannot be fetched now'
		exit
	fi
	cargo deny --offline --locked check --hide-inclusion-graph licenses bans sources
	if cargo deny --locked fetch db > /dev/null 2>&1; then
		cargo deny --offline --locked check --hide-inclusion-graph advisories
	else
		echo '   known faults (advisories) were not looked at: their list cannot be fetched now'
	fi

bench: setup practice-tenant
	@cargo bench --quiet --locked --features $(FEATURES)
	$(PRACTICE) $(BIN)/python benches/in_cells.py
	$(PRACTICE) $(BIN)/python benches/lessons.py

test-kills:
	@cargo test --quiet --locked --features $(FEATURES) --test it -- --ignored --exact kills::an_import_that_is_killed_200_times_is_resumed_to_the_same_end
