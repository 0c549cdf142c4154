# Everything a developer does here. `make help` lists it.
#
# Nothing needs preparing: each target installs what it lacks, from package
# registries only, and says what it cannot install itself.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PORT ?= 7080
ROLE ?= associate
CLOUD := .local/build/cloud

.PHONY: help run demo test check invoke token build deploy clean go

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: go ## start the whole product on this machine (PORT=7080, RESET=1, LOG=json)
	@mkdir -p .local/build
	@[ -x $(CLOUD) ] || echo "· building the local cloud (once)"
	@go build -o $(CLOUD) ./infra/local
	@exec $(CLOUD) -port $(PORT) $(if $(filter 1,$(RESET)),-reset) $(if $(filter json,$(LOG)),-json)

demo: go ## play the story against a fresh stack, step by step
	@mkdir -p .local/build
	@[ -x .local/build/demo ] || echo "· building the demo (once)"
	@go build -o .local/build/demo ./infra/local/demo
	@exec .local/build/demo

test: go ## run all tests
	go test -race -shuffle=on ./...

check: go ## formatting, vet, linter, architecture rules, template
	@unformatted=$$(gofmt -l functions shared infra); \
	  [ -z "$$unformatted" ] || { echo "gofmt would change (run gofmt -w on them):"; echo "$$unformatted"; exit 1; }
	go mod tidy -diff
	go vet ./...
	go tool -modfile=infra/tools/go.mod staticcheck ./...
	go test ./infra/checks
	infra/tools/check-template.sh

invoke: go ## run one function with one event (FUNCTION=InboundSmsFunction EVENT=events/inbound-sms/text.json)
	@go run ./infra/local/invoke -function "$(FUNCTION)" -event "$(EVENT)"

token: go ## print a token of the running stack (ROLE=admin|associate|operator, CLAIMS='{...}')
	@go run ./infra/local/token -role "$(ROLE)" -claims '$(CLAIMS)'

# What Lambda runs: arm64, no cgo, no symbols, no RPC mode of the Lambda library
# (2.3 MB and 8 % of the cold start).
LAMBDA_BUILD = CGO_ENABLED=0 GOOS=linux GOARCH=arm64 \
  go build -trimpath -tags lambda.norpc -ldflags "-s -w -buildid="

build: go ## build every function for Lambda into build/
	@for folder in functions/*/; do \
	  name=$$(basename $$folder); mkdir -p build/$$name; \
	  echo "build/$$name/bootstrap"; \
	  $(LAMBDA_BUILD) -o build/$$name/bootstrap ./functions/$$name || exit 1; \
	done

# SAM calls this once a function, with the logical id: InboundSmsFunction is built
# from functions/inbound-sms.
build-%Function:
	$(LAMBDA_BUILD) -o "$(ARTIFACTS_DIR)/bootstrap" \
	  ./functions/$$(echo '$*' | sed -E 's/([A-Z])/-\1/g; s/^-//' | tr 'A-Z' 'a-z')

deploy: go ## deploy to AWS with SAM (STAGE=sandbox|staging|production)
	@command -v sam >/dev/null || { echo "The SAM CLI is missing: pip install aws-sam-cli, or see the AWS SAM developer guide"; exit 1; }
	@case "$(STAGE)" in sandbox|staging|production) ;; *) echo "Which stage? make deploy STAGE=sandbox, staging or production"; exit 1 ;; esac
	sam build --config-env $(STAGE)
	sam deploy --config-env $(STAGE)

clean: ## remove what was built and installed here, and all local state
	rm -rf .local build .aws-sam infra/local/node_modules infra/local/dynamodb/dynamodb-local/node_modules

go:
	@command -v go >/dev/null || { echo "Go is missing: install Go 1.26 or newer from https://go.dev/dl"; exit 1; }
