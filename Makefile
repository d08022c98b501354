# Two commands matter: "make demo" shows the product at work, "make test" passes
# all tests. Both install what they need (Debian packages by apt, as root) and
# say so. Development tools run from their own modules, never from go.mod.

GO      ?= go
TAGS    := nomsgpack
RELEASE := $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS := -s -w -X main.release=$(RELEASE)
FUZZ    ?= 10s
CACHE   := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)

PROSODY_DIR := $(or $(JITSIAUTH_PROSODY_DIR),$(CACHE)/jitsiauth/prosody)

GOLANGCI := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VULN     := $(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: help
help:
	@sed -n 's/^## //p' Makefile

## make build       the program, in bin/jitsiauth
.PHONY: build
build:
	CGO_ENABLED=0 $(GO) build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o bin/jitsiauth ./cmd/jitsiauth

## make demo        service + real Prosody + real logins; DEMO_EXIT=1 ends by itself
.PHONY: demo
demo: build setup
	$(GO) run ./examples/demo -bin bin/jitsiauth -module lua

## make up          the whole Jitsi in Docker; on a server: DOMAIN=meet.example.org EMAIL=you@example.org; TIMEZONE=Asia/Tokyo
.PHONY: up
up:
	@examples/docker-compose/up.sh $(if $(DOMAIN)$(filter command,$(origin EMAIL)),"$(DOMAIN)" "$(EMAIL)")

## make image       the image "jitsiauth"; ARCH=arm64 for another processor than this one's
.PHONY: image
image:
	docker build -t jitsiauth --build-arg VERSION=$(RELEASE) \
		$(if $(ARCH),$$(docker buildx version >/dev/null 2>&1 && echo --platform linux/$(ARCH) || echo --build-arg TARGETARCH=$(ARCH))) .

## make setup       what tests and demo need: Debian packages and two Prosodys
.PHONY: setup
setup:
	lua/prosodytest/install.sh

## make test        everything below, in this order
.PHONY: test
test:
	@rm -rf bin/skipped && mkdir -p bin
	@$(MAKE) --no-print-directory FUZZ=3s toolchain lint test-lua test-go test-browser bench-short fuzz vuln
	@$(MAKE) --no-print-directory skipped

# What this machine could not run, and why: said at the end, where it is seen.
.PHONY: skipped
skipped:
	@if [ -s bin/skipped ]; then echo; echo 'SKIPPED:'; sed 's/^/  /' bin/skipped; else echo 'nothing was skipped'; fi

# The race detector needs a C compiler.
.PHONY: toolchain
toolchain:
	@command -v gcc >/dev/null || { echo 'installing by apt: gcc libc6-dev'; \
		apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends gcc libc6-dev; }

## make lint        go vet and the linters of .golangci.yaml
.PHONY: lint
lint:
	$(GO) vet -tags $(TAGS) ./...
	$(GOLANGCI) run
	$(GO) mod tidy -diff
	cd authsvc/browsertest && $(GO) vet ./... && $(GOLANGCI) run && $(GO) mod tidy -diff

# Leaves bin/prosody where a real Prosody can run.
.PHONY: prosody
prosody:
	@mkdir -p bin; rm -f bin/prosody; lua/prosodytest/install.sh && touch bin/prosody || { code=$$?; \
	[ $$code = 3 ] && echo 'luacheck, busted and every login through a real Prosody: install.sh says why' >>bin/skipped; }

## make test-lua    luacheck, and the module's specs on both Prosodys
.PHONY: test-lua
test-lua: prosody
	@[ -e bin/prosody ] || exit 0; set -ex; cd lua; luacheck --no-color .; \
	for tree in $(PROSODY_DIR)/0.12 $(PROSODY_DIR)/13.0; do spec/run $$tree; done

# Leaves bin/fail2ban where a real fail2ban can run.
.PHONY: fail2ban
fail2ban:
	@mkdir -p bin; rm -f bin/fail2ban; examples/fail2ban/install.sh && touch bin/fail2ban || { code=$$?; \
	[ $$code = 3 ] && echo 'the filter and jail for fail2ban: examples/fail2ban/install.sh says why' >>bin/skipped; }

# Leaves bin/nginx where a real nginx can run.
.PHONY: nginx
nginx:
	@mkdir -p bin; rm -f bin/nginx; examples/docker-jitsi-meet/install.sh && touch bin/nginx || { code=$$?; \
	[ $$code = 3 ] && echo 'accounts.conf in nginx: examples/docker-jitsi-meet/install.sh says why' >>bin/skipped; }

# Leaves bin/systemd where systemd-analyze can look at the unit.
.PHONY: systemd
systemd:
	@mkdir -p bin; rm -f bin/systemd; examples/prosody/install.sh && touch bin/systemd || { code=$$?; \
	[ $$code = 3 ] && echo 'the systemd unit: examples/prosody/install.sh says why' >>bin/skipped; }
	@rm -f bin/sandbox; unshare --mount /usr/bin/python3 -c '' 2>/dev/null && touch bin/sandbox || \
	echo "the program under the unit's rules: needs root, mount namespaces and python3" >>bin/skipped

## make test-go     all Go tests under the race detector, with a real Prosody, fail2ban, nginx and systemd-analyze
.PHONY: test-go
test-go: prosody fail2ban nginx systemd
	@[ -e bin/prosody ] && export JITSIAUTH_REQUIRE_PROSODY=1; \
	[ -e bin/fail2ban ] && export JITSIAUTH_REQUIRE_FAIL2BAN=1; \
	[ -e bin/nginx ] && export JITSIAUTH_REQUIRE_NGINX=1; \
	[ -e bin/systemd ] && export JITSIAUTH_REQUIRE_SYSTEMD=1; \
	[ -e bin/sandbox ] && export JITSIAUTH_REQUIRE_SANDBOX=1; \
	set -x; $(GO) test -run EveryCodePoint ./jitsiauth && $(GO) test -race -timeout 20m ./...

# Leaves bin/browser where a real browser can be driven.
.PHONY: browser
browser:
	@mkdir -p bin; rm -f bin/browser; authsvc/browsertest/install.sh && touch bin/browser || { code=$$?; \
	[ $$code = 3 ] && echo 'the pages in a real browser: authsvc/browsertest/install.sh says why' >>bin/skipped; }

# Not from Go's cache, which doesn't see what the program was built from.
## make test-browser the pages in a real browser, behind a real nginx, beside a real Prosody
.PHONY: test-browser
test-browser: prosody browser
	@[ -e bin/prosody ] && [ -e bin/browser ] && export JITSIAUTH_REQUIRE_BROWSER=1; \
	set -x; cd authsvc/browsertest && $(GO) test -race -count 1 -timeout 15m ./...

## make screenshots what each page looks like, in bin/screenshots: both languages, sizes and colours
.PHONY: screenshots
screenshots: prosody browser
	@rm -rf bin/screenshots
	cd authsvc/browsertest && JITSIAUTH_REQUIRE_BROWSER=1 JITSIAUTH_SCREENSHOTS='$(CURDIR)/bin/screenshots' $(GO) test -count 1 -run TestTour ./...

## make test-docker the image and docker-compose.yml in a real Docker engine, on stand-ins for Jitsi's images
.PHONY: test-docker
test-docker:
	@examples/docker-compose/test.sh

# Each benchmark for a moment, to see that it works; its figures mean nothing then.
.PHONY: bench-short
bench-short: prosody
	@[ -e bin/prosody ] && export JITSIAUTH_REQUIRE_PROSODY=1; \
	$(GO) test -tags $(TAGS) -run '^$$' -bench . -benchtime 1x -timeout 10m ./lua/loadtest -args -seconds 0.3

## make bench       the login path under load and attack; writes BENCHMARKS.md, 45 minutes
.PHONY: bench
bench: prosody
	@GO='$(GO)' lua/loadtest/bench.sh BENCHMARKS.md

## make fuzz        each fuzzer for FUZZ (10s)
.PHONY: fuzz
fuzz:
	@set -e; for package in $$($(GO) list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' ./...); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$package/*_test.go); do \
			echo "fuzzing $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ) $$package; \
		done; done

## make vuln        govulncheck, where its database answers
.PHONY: vuln
vuln:
	@mkdir -p bin; $(VULN) -tags $(TAGS) ./... >bin/vuln.log 2>&1; code=$$?; \
	if [ $$code = 0 ]; then tail -n 1 bin/vuln.log; \
	elif grep -qE 'dial tcp|no such host|lookup |timeout|vuln.go.dev' bin/vuln.log && ! grep -q '^Vulnerability #' bin/vuln.log; then \
		echo 'govulncheck: its database does not answer from here' | tee -a bin/skipped; \
	else cat bin/vuln.log; exit $$code; fi
