# Cold Open. `make demo` writes a script, `make test` runs the tests; each target installs what it needs.

PYTHON ?= python3
SCRIPTS ?=
AUXILIARY ?=
PRESET ?= tuned
DEVICE ?= auto
PORT ?= 8080
PRIME ?=
LENGTH ?=
URL ?=
PRIMES ?=
OUT ?=
BUCKET ?=
YES ?=
ARCHITECTURE ?= x86_64
RUNTIME ?= python3.13
PYTHON_PART ?= library
ENV ?= default
MODEL_URI ?=
UPGRADE ?=
TESTS ?=

# A misspelt variable would be passed over in silence.
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
ifneq ($(GIVEN),)
DEFINED = $(shell sed -n 's/^\([A-Z_]*\) $(1)=.*/\1/p' $(firstword $(MAKEFILE_LIST)))
OPTIONS := $(call DEFINED,?) MAX_LENGTH CORS_ORIGIN BASE_PATH
NEAREST := import difflib, sys; print(*difflib.get_close_matches(sys.argv[1].upper(), sys.argv[2:], 1))
$(foreach name,$(filter-out $(OPTIONS) $(call DEFINED,:) AWS_%,$(GIVEN)),$(error There is no variable $(name) \
	(nearest: $(or $(shell $(PYTHON) -c '$(NEAREST)' '$(name)' $(OPTIONS)),none)). There are: $(OPTIONS)))
endif

VENV := .venv
RUN := $(VENV)/bin/python
SAM := $(VENV)/sam/bin/sam
UV := $(VENV)/uv/bin/uv
# Runs beside sam, whose environment has boto3, tomlkit and PyYAML.
DEPLOY := PYTHONPATH=lambda_fn $(VENV)/sam/bin/python -m deploy --env "$(ENV)"
# What is built and what is deployed to has to be the same; on a command line it would be forgotten by the next one.
IN_SAMCONFIG = $(if $(findstring command line,$(origin ARCHITECTURE) $(origin RUNTIME)),\
	$(error Write Architecture and Runtime into parameter_overrides in samconfig.toml, and leave them out here))
TORCH := torch==2.13.0
CPU_WHEELS := https://download.pytorch.org/whl/cpu
EMULATOR := aws-lambda-rie-$(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)

# What Python imports is compiled once, also where it was told to keep nothing: torch takes seconds to compile.
export PYTHONDONTWRITEBYTECODE :=

# What is installed, from little to much. Each file says that it was, and is older than what it was made from no longer.
TO_SERVE := $(VENV)/serve.installed
TO_TRAIN := $(VENV)/train.installed
TO_DEVELOP := $(VENV)/develop.installed
TO_BUILD := $(VENV)/sam.installed
TO_FUZZ := $(VENV)/fuzz.installed
TO_INSPECT := $(VENV)/stack.installed
TO_RUN_PROGRAMS := $(VENV)/programs.installed

# Each file that pip takes must be one whose sha256 is in the lock.
LOCKED := -m pip install --require-hashes --no-deps --only-binary :all: --requirement
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
PYTEST := $(RUN) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help install demo serve train evaluate generate publish layer build deploy rollback logs delete batch check test test-docker test-programs test-torch test-batches page fuzz lint lock clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

install: $(TO_DEVELOP) $(TO_BUILD) $(TO_FUZZ) $(TO_INSPECT)  ## Set up .venv with everything; each target below sets up what it needs

$(TO_SERVE): pyproject.toml Makefile locks/serve.txt locks/emulator.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "Cold Open needs Python 3.11 to 3.14; name one with: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Installing what serves the function and builds its layer"
	@rm -f $(VENV)/*.installed && $(PYTHON) -m venv $(VENV)
	@$(RUN) $(LOCKED) locks/serve.txt --no-compile
	@if nvidia-smi -L >/dev/null 2>&1; then \
		echo "Installing $(TORCH), the CUDA build: nvidia-smi sees a GPU"; \
		$(RUN) -m pip install --no-compile $(TORCH); \
	else \
		echo "Installing $(TORCH), the CPU build where PyTorch's index can be reached: there is no NVIDIA GPU"; \
		$(RUN) -m pip install --no-compile --retries 0 --timeout 10 --extra-index-url $(CPU_WHEELS) $(TORCH); \
	fi
	@$(RUN) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@if [ "$$(uname -s)" = Linux ]; then \
		echo "Unpacking Lambda's Runtime Interface Emulator, which aws-sam-cli carries"; \
		$(RUN) $(LOCKED) locks/emulator.txt --quiet --no-compile --upgrade --target $(VENV)/emulator && \
		install -m 755 $(VENV)/emulator/samcli/local/rapid/$(EMULATOR) $(VENV)/bin/aws-lambda-rie && \
		rm -r $(VENV)/emulator; \
	fi
	@touch $@

$(TO_TRAIN): $(TO_SERVE) locks/train.txt
	@echo "Installing what trains"
	@$(RUN) $(LOCKED) locks/train.txt
	@touch $@

$(TO_DEVELOP): $(TO_TRAIN) locks/develop.txt
	@echo "Installing what tests"
	@$(RUN) $(LOCKED) locks/develop.txt
	@touch $@

$(TO_BUILD): $(TO_SERVE) locks/sam.txt
	@echo "Installing aws-sam-cli in an environment of its own"
	@$(PYTHON) -m venv $(VENV)/sam
	@$(VENV)/sam/bin/python $(LOCKED) locks/sam.txt --no-compile
	@touch $@

$(TO_FUZZ): $(TO_SERVE) locks/fuzz.txt
	@echo "Installing schemathesis in an environment of its own"
	@$(PYTHON) -m venv $(VENV)/fuzz
	@$(VENV)/fuzz/bin/python $(LOCKED) locks/fuzz.txt --no-compile
	@touch $@

$(TO_INSPECT): $(TO_SERVE) locks/stack.txt
	@echo "Installing what inspects the template in an environment of its own"
	@$(PYTHON) -m venv $(VENV)/stack
	@$(VENV)/stack/bin/python $(LOCKED) locks/stack.txt --no-compile
	@touch $@

demo: $(TO_SERVE)  ## Write a script with the real handler and the model that ships
	@$(RUN) -m local demo

serve: $(TO_SERVE) $(if $(filter s3://%,$(MODEL_URI)),$(TO_TRAIN))  ## Serve on localhost (PORT=8080, MODEL_URI=runs/NAME)
	@$(RUN) -m local serve --port $(PORT)

train: $(TO_TRAIN)  ## Train (SCRIPTS=file or folder, AUXILIARY=office or path, PRESET=tuned, DEVICE=auto); again to go on
	@$(RUN) -m training train $(if $(SCRIPTS),--scripts "$(SCRIPTS)") $(if $(AUXILIARY),--auxiliary "$(AUXILIARY)") \
		--preset $(PRESET) --device $(DEVICE)

evaluate: $(TO_TRAIN)  ## Measure the latest run and write its model card
	@$(RUN) -m training evaluate && $(RUN) -m training card

generate: $(TO_TRAIN)  ## Print a script (PRIME=, LENGTH=100, URL=a deployed API), or write a file of them (PRIMES=FILE, OUT=FILE)
	@$(RUN) -m training generate $(if $(PRIME),--prime "$$PRIME") $(if $(LENGTH),--length $(LENGTH)) $(if $(URL),--url "$(URL)") \
		$(if $(PRIMES),--primes "$(PRIMES)") $(if $(OUT),--out "$(OUT)")

publish: $(TO_TRAIN)  ## Write the latest run's bundle to S3 (BUCKET=my-bucket or s3://my-bucket/prefix)
	@$(RUN) -m training publish --bucket "$(BUCKET)" $(if $(YES),--yes)

layer: $(TO_SERVE)  ## The torch layer for any program, a .zip of it, and what is in it (ARCHITECTURE=x86_64, RUNTIME=python3.13, PYTHON_PART=library)
	@$(RUN) -m layer build --python-part $(PYTHON_PART) --arch $(ARCHITECTURE) --python $(RUNTIME:python%=%) --out build/layer-$(ARCHITECTURE)-$(RUNTIME)
	@$(RUN) -m layer zip build/layer-$(ARCHITECTURE)-$(RUNTIME)
	@$(RUN) -m layer sbom build/layer-$(ARCHITECTURE)-$(RUNTIME)

build: $(TO_BUILD)  ## The function and its layer, without Docker (ENV=default, of samconfig.toml)
	@$(IN_SAMCONFIG)$(DEPLOY) build

deploy: $(TO_BUILD) $(if $(MODEL_URI),$(TO_TRAIN))  ## Build, deploy to AWS and try it (ENV=prod, MODEL_URI=s3://bucket/prefix/version/)
	@$(IN_SAMCONFIG)$(DEPLOY) up $(if $(MODEL_URI),--model "$(MODEL_URI)") $(if $(YES),--yes)

rollback: $(TO_BUILD) $(TO_TRAIN)  ## Serve the model before the present one again (ENV=, YES=yes)
	@$(DEPLOY) rollback $(if $(YES),--yes)

logs: $(TO_BUILD)  ## Follow the deployed function's log (ENV=)
	@$(DEPLOY) logs

delete: $(TO_BUILD)  ## Delete the stack, and say what stays (ENV=, YES=yes)
	@$(DEPLOY) delete $(if $(YES),--yes)

batch: $(TO_BUILD) $(TO_TRAIN)  ## Have AWS write a file of scripts (PRIMES=FILE or s3://bucket/key, OUT=s3://bucket/folder/, LENGTH=)
	@$(DEPLOY) batch --primes "$(PRIMES)" --out "$(OUT)" $(if $(LENGTH),--length $(LENGTH))

check: lint  ## Style, types and the quick tests
	@$(PYTEST) -m "not slow"

test: lint $(TO_BUILD) $(TO_INSPECT)  ## Style, types and all tests, a file's on one core
	@$(PYTEST) --ignore tests/docker --ignore tests/batches --ignore tests/layer/library

test-docker: $(TO_DEVELOP) $(TO_BUILD)  ## The tests in Docker, where it runs: sam local, and the image by docker compose
	@$(RUN) -m pytest tests/docker

# torchaudio's and torchvision's libraries of the default index are built for CUDA; torchaudio does without.
$(TO_RUN_PROGRAMS): $(TO_SERVE) bench/programs/requirements.txt bench/torch_tests/requirements.txt
	@$(PYTHON) -m venv $(VENV)/programs
	@$(VENV)/programs/bin/python -m pip install --quiet --retries 0 --timeout 60 --extra-index-url $(CPU_WHEELS) $(TORCH)
	@$(VENV)/programs/bin/python -m pip install --quiet --no-deps --requirement bench/programs/requirements.txt \
		--requirement bench/torch_tests/requirements.txt
	@rm -f $(VENV)/programs/lib/python3.*/site-packages/torchaudio/lib/*.so
	@touch $@

test-programs: $(TO_DEVELOP) $(TO_RUN_PROGRAMS)  ## The layer's library part: its tests, and programs of others with stock torch and on it
	@$(RUN) -m pytest tests/layer/library
	@$(RUN) -m layer build --here --python-part library --out build/layer-library-here
	@$(RUN) -m bench.programs build/layer-library-here

test-torch: $(TO_DEVELOP) $(TO_RUN_PROGRAMS)  ## PyTorch's own tests, with stock torch and on the library part (TESTS=a checkout of PyTorch)
	@$(RUN) -m layer build --here --python-part library --out build/layer-library-here
	@$(RUN) -m bench.torch_tests build/layer-library-here $(if $(TESTS),--tests "$(TESTS)")

test-batches: $(TO_DEVELOP) $(TO_BUILD)  ## A thousand primes by the state machine, with faults; some minutes
	@$(RUN) -m pytest tests/batches

page: $(TO_DEVELOP)  ## The tests of the page, in Chromium; installs it with apt where there is none
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
		{ apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends chromium fonts-liberation; } || \
		{ echo "Chromium can't be installed here: install it, or a Chrome, by hand" >&2; exit 1; }
	@$(RUN) -m pytest tests/page

fuzz: $(TO_FUZZ)  ## Send the API what openapi.json allows and what it does not, for a minute
	@$(RUN) -m tests.programs.fuzz

lint: $(TO_DEVELOP)  ## Style and types
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check .
	@echo "Checking types: half a minute the first time, a few seconds later" && $(RUN) -m mypy

$(UV):
	@$(PYTHON) -m venv $(VENV)/uv && $(VENV)/uv/bin/python -m pip install --quiet uv==0.13.9

lock: $(UV)  ## Write locks/ anew from pyproject.toml (UPGRADE=yes to take newer versions)
	@$(COMPILE) --no-emit-package torch --extra train --extra documents --extra dev pyproject.toml --output-file locks/develop.txt
	@$(COMPILE) --no-emit-package torch --extra train --constraint locks/develop.txt pyproject.toml --output-file locks/train.txt
	@$(COMPILE) --no-emit-package torch --constraint locks/develop.txt pyproject.toml --output-file locks/serve.txt
	@$(COMPILE) --group pyproject.toml:sam --output-file locks/sam.txt
	@$(COMPILE) --group pyproject.toml:fuzz --output-file locks/fuzz.txt
	@$(COMPILE) --group pyproject.toml:stack --output-file locks/stack.txt
	@$(COMPILE) --group pyproject.toml:function --constraint locks/develop.txt --output-file lambda_fn/requirements.txt
	@$(COMPILE) --group pyproject.toml:sam --constraint locks/sam.txt --no-deps --output-file locks/emulator.txt

clean:  ## Remove what was built and installed; runs stay
	rm -rf $(VENV) .cache .aws-sam build
