# make run    execute lesson 01 on the practice tenant
# make test   everything that must hold
# make lab    JupyterLab at the start page
# make stop   end the practice tenants
# make machine  install what the project needs from outside: the system's packages, and Rust
# make bench  what is measured: minutes, each side in the same run
# make pictures  README's pictures, made anew in a browser
# make deny   what comes in from outside: licences, sources, crates in two versions, known faults
# make packages  are both crates fit to be published
# make test-kills  an import killed 200 times and resumed: minutes
# make simulate SEEDS=100000  imports with whatever can go wrong, drawn by seeds
# make story SEED=4711  what happens in one of them
# make fuzz SECONDS_EACH=600  mangled input, so long of the processor for each of what reads what others wrote; SEED=1, TARGETS='csv env'

ifeq ($(filter output-sync,$(.FEATURES)),)
$(error GNU make 4 or newer is needed, and this is $(MAKE_VERSION): on macOS, `brew install make`, and then gmake in the place of make)
endif

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

EVCXR_VERSION := 0.22.0
FEATURES := all-hashes,simulation
SECONDS_EACH ?= 600
SEEDS ?= 100000
SEED ?= 1
TARGETS ?=
VENV := .venv
BIN := $(VENV)/bin
CARGO_BIN := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin
export PATH := $(CARGO_BIN):$(PATH)

# Whatever a .env or the environment says, these commands go to the practice tenant and nowhere else.
PRACTICE := env -u MGMT_API_ACCESS_TOKEN -u CLIENT_ID -u CLIENT_SECRET -u SIGN_IN_CLIENT_ID -u SIGN_IN_CLIENT_SECRET DOMAIN=practice
# A practice tenant ends when the file that it is reached by vanishes. Each notebook has one; PRACTICE_TENANT_FOLDER is where they are if it is set.
PRACTICE_FOLDER := $(or $(PRACTICE_TENANT_FOLDER),$(shell sed -n 's/^ *PRACTICE_TENANT_FOLDER *= *//p' .env 2> /dev/null | tr -d "'\""),target)
END_PRACTICE = for folder in target "$(PRACTICE_FOLDER)"; do rm -f "$$folder"/practice-tenant.env "$$folder"/practice-tenant-????????.env; done
# The system's; the browser test needs one.
export CHROMIUM := $(or $(CHROMIUM),$(shell command -v chromium || command -v chromium-browser || command -v google-chrome || ls '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' 2> /dev/null))
# Says what a step of the tests is, and afterwards how long it took. Each is on the practice tenant, also when it is run by itself, and is not told
# of make's job server, which it could not reach.
STEP = step() { printf '== %s\n' "$$1"; shift; local began=$$SECONDS; MAKEFLAGS= $(PRACTICE) "$$@"; printf '   %d s\n' "$$((SECONDS - began))"; }; step
# The same for a step of the set-up. It has company, so it names itself again.
ABREAST = abreast() { local name=$$1; printf '== %s\n' "$$name"; shift; local began=$$SECONDS; "$$@"; printf '   %s: done in %d s\n' "$${name%%,*}" "$$((SECONDS - began))"; }; abreast

.PHONY: help run test machine packages deny test-kills simulate story test-simulation fuzz test-fuzz test-format test-clippy test-rust test-outside test-kernels test-documentation test-lessons test-browser bench lab stop outputs pictures setup announcement python-packages rust-kernel practice-tenant prepared-kernel

help:
	@sed -n 's/^# make/make/p' Makefile

# The three in the middle need nothing of each other, and the last crates of the Rust kernel keep one core busy at most.
setup: announcement
	@$(MAKE) --no-print-directory --jobs=3 python-packages rust-kernel practice-tenant
	$(MAKE) --no-print-directory prepared-kernel

# What is to do, with the time that it takes on two quiet cores.
announcement:
	@bash kernel/machine.sh --look
	todo=()
	$(BIN)/python -c '' 2> /dev/null || rm -f $(VENV)/.installed
	[ $(VENV)/.installed -nt requirements-dev.txt ] || todo+=('Python packages, half a minute')
	$(HAS_EVCXR) || todo+=('the Rust kernel, seven minutes (seconds where cargo-binstall is)')
	[ -x target/release/practice-tenant ] || todo+=('the practice tenant, a minute')
	[ -d $(VENV)/kernel-builds/template ] || todo+=('the crates of a first cell, two minutes')
	if [ "$${#todo[@]}" -gt 1 ]; then
		printf '== to do, once:\n'
		printf '   %s\n' "$${todo[@]}"
		printf '   Meanwhile, in another terminal: cargo run --example first_import\n'
	fi

# Asks for root's password where it is needed. Everything else stays inside the project.
machine:
	@bash kernel/machine.sh

python-packages: $(VENV)/.installed
	@:

# Nothing of it is called by its script's name: a script names the folder that it was installed in, and a project may be moved.
$(VENV)/.installed: requirements-dev.txt
	@$(ABREAST) 'Python packages, into .venv' bash -c 'python3 -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt'
	touch $@

HAS_EVCXR := cargo install --list | grep '^evcxr_jupyter v$(EVCXR_VERSION):' > /dev/null && evcxr_jupyter --help > /dev/null 2>&1

rust-kernel:
	@if ! { $(HAS_EVCXR); } && command -v cargo-binstall > /dev/null; then
		$(ABREAST) 'the Rust kernel, as a program that others built' cargo binstall --no-confirm --disable-strategies compile evcxr_jupyter@$(EVCXR_VERSION) || true
	fi
	# One that others built may not start here.
	if ! { $(HAS_EVCXR); }; then
		$(ABREAST) 'the Rust kernel, some $(EVCXR_CRATES) crates' bash -o pipefail -c 'cargo install --locked --force evcxr_jupyter@$(EVCXR_VERSION) 2>&1 | $(CRATES_DONE)'
	fi
	if command -v rustup > /dev/null && ! rustup component list --installed | grep -q '^rust-src'; then
		$(ABREAST) 'the standard library'\''s source, which the kernel reads' rustup component add rust-src
	fi

# A line for every fortieth crate, and whatever is no news of a crate.
EVCXR_CRATES := 330
CRATES_DONE := awk "/^ *Compiling/ { if (++n % 40 == 0) { print \"   the Rust kernel: \" n \" of some $(EVCXR_CRATES) crates\"; fflush() } next } /^ *(Updating|Download|Locking|Adding|Installing|Finished|Ignored|Replac)/ { next } { print; fflush() }"

# Registered for this environment alone, and warm before a reader's first key press; docs/the-first-result.md tells how.
prepared-kernel:
	@evcxr=$$(command -v evcxr_jupyter)
	$(BIN)/python kernel/register.py "$$evcxr" $(VENV)
	$(BIN)/python kernel/template.py "$$evcxr"

practice-tenant:
	@if [ -n "$$(find practice-tenant Cargo.toml Cargo.lock -newer target/release/practice-tenant 2> /dev/null || echo missing)" ] || [ ! -x target/release/practice-tenant ]; then
		$(ABREAST) 'the practice tenant' cargo build --quiet --locked --release --package practice-tenant --target-dir target
		touch target/release/practice-tenant
		$(END_PRACTICE)
	fi

run: setup
	@$(PRACTICE) $(BIN)/python tests/notebooks/runner.py --out executed notebooks/01-*.ipynb

outputs: setup
	@$(END_PRACTICE)
	$(PRACTICE) $(BIN)/python tests/notebooks/runner.py --write notebooks/*.ipynb

pictures: setup
	@$(BIN)/python tests/browser/pictures.py

lab: setup
	@$(BIN)/python -m jupyterlab notebooks/00-start-here.ipynb

stop:
	@$(END_PRACTICE)

# Two lanes abreast, a core each. Whatever asks something of the project's own practice tenant is in the second, one after the other: the
# lessons count their requests.
test: setup
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-kernels test-browser

test-format:
	@$(STEP) rustfmt cargo fmt --all --check

# One package after the other: built at once, each would get the features that the other needs.
test-clippy: test-format
	@$(STEP) clippy cargo clippy --quiet --locked --all-targets --features $(FEATURES) -- -D warnings
	$(STEP) 'clippy, the practice tenant' cargo clippy --quiet --locked --package practice-tenant --all-targets -- -D warnings
	$(STEP) 'clippy, the simulation' cargo clippy --quiet --locked --package simulation --all-targets -- -D warnings
	$(STEP) 'clippy, the fuzz targets' cargo clippy --quiet --locked --package fuzz --all-targets -- -D warnings

# Most of these tests wait most of the time, for a limit or for a job.
test-rust: test-clippy
	@$(STEP) 'the practice tenant'\''s own tests' cargo test --quiet --locked --package practice-tenant
	$(STEP) 'Rust tests' cargo test --locked --features $(FEATURES) --lib --tests -- --test-threads=4

test-simulation: test-rust
	@$(STEP) '2,000 schedules of faults' cargo test --quiet --locked --package simulation

# A short run of each target. `make fuzz` is the long one.
test-fuzz: test-simulation
	@$(STEP) 'mangled input' cargo test --quiet --locked --package fuzz

test-outside: test-fuzz
	@$(STEP) 'both crates as a registry takes them' $(MAKE) --no-print-directory packages
	if command -v cargo-deny > /dev/null; then
		$(STEP) 'what comes in from outside' $(MAKE) --no-print-directory deny
	else
		echo '== no cargo-deny found, so licences and sources were not looked at: cargo install cargo-deny --locked'
	fi

test-documentation:
	@$(STEP) 'examples of the documentation' cargo test --quiet --locked --features $(FEATURES) --doc
	$(STEP) documentation env RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --no-deps --lib

test-kernels: test-outside
	@$(STEP) 'what kernels do when cells fail, lie or are killed' $(BIN)/python -m pytest -q --durations=8 tests/notebooks --ignore=tests/notebooks/test_notebooks.py

test-lessons: test-documentation
	@$(STEP) 'lessons in the real kernel' $(BIN)/python -m pytest -q --durations=8 tests/notebooks/test_notebooks.py

test-browser: test-lessons
	@if [ -n "$$CHROMIUM" ]; then
		$(STEP) 'lessons in JupyterLab, as a reader sees them' $(BIN)/python -m pytest -q --durations=6 tests/browser
	else
		echo '== no Chromium found, so the notebooks were not tried in JupyterLab; install one, or name it: make test CHROMIUM=...'
	fi

# As the registry would take them: a file that is left out, a link that leads nowhere or a field that is missing stops it. Nothing is compiled, and
# what was not committed yet is looked at too. That tests and benchmarks stay at home is meant.
packages:
	@for package in auth0-bulk-users practice-tenant; do
		said=$$(cargo package --locked --offline --no-verify --allow-dirty --target-dir target/packages --package "$$package" 2>&1) || { printf '%s\n' "$$said"; exit 1; }
		unexpected=$$(grep '^\(warning\|error\)' <<< "$$said" | grep -v '^warning: ignoring \(test\|benchmark\) ' || true)
		[ -z "$$unexpected" ] || { printf '%s\n' "$$said"; exit 1; }
		ls -l target/packages/package/"$$package"-*.crate | awk '{ printf "   %s: %d kB\n", "'"$$package"'", $$5 / 1000 }'
	done

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

bench: setup
	@cargo bench --quiet --locked --features all-hashes
	$(PRACTICE) $(BIN)/python benches/first_result.py
	$(PRACTICE) $(BIN)/python benches/in_cells.py
	$(PRACTICE) $(BIN)/python benches/lessons.py

simulate:
	@$(PRACTICE) cargo run --quiet --locked --profile simulate --package simulation -- $(SEEDS)

story:
	@$(PRACTICE) cargo run --quiet --locked --profile simulate --package simulation -- --seed $(SEED)

# Whatever is found is kept in fuzz/found, and the command that shows it again is said.
fuzz:
	@$(PRACTICE) cargo run --quiet --locked --profile fuzz --package fuzz -- --seconds $(SECONDS_EACH) --seed $(SEED) $(TARGETS)

test-kills:
	@cargo test --quiet --locked --features $(FEATURES) --test it -- --ignored --exact kills::an_import_that_is_killed_200_times_is_resumed_to_the_same_end
