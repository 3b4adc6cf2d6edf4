# Cold Open. `make demo` writes a script, `make test` runs the tests; both set up what they need.

PYTHON ?= python3
SCRIPTS ?=
PRESET ?= tuned
DEVICE ?= auto
PORT ?= 8080
ARCHITECTURE ?= x86_64
RUNTIME ?= python3.13

VENV := .venv
RUN := $(VENV)/bin/python
SAM := $(VENV)/sam/bin/sam
TORCH := torch==2.13.0
SAM_CLI := aws-sam-cli==1.170.0
CPU_WHEELS := https://download.pytorch.org/whl/cpu

.DEFAULT_GOAL := help
.PHONY: help install demo serve train evaluate generate layer build test lint clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

install: $(VENV)/installed  ## Set up .venv with everything the project needs

$(VENV)/installed: pyproject.toml Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Cold Open needs Python 3.11 or newer; name one with: make PYTHON=python3.12" >&2; exit 1; }
	@rm -f $@ && $(PYTHON) -m venv $(VENV)
	@if nvidia-smi -L >/dev/null 2>&1; then \
		echo "Installing $(TORCH), the CUDA build: nvidia-smi sees a GPU"; \
		$(RUN) -m pip install --quiet $(TORCH); \
	else \
		echo "Installing $(TORCH), the CPU build where PyTorch's index can be reached: there is no NVIDIA GPU"; \
		$(RUN) -m pip install --quiet --retries 0 --timeout 10 --extra-index-url $(CPU_WHEELS) $(TORCH); \
	fi
	@echo "Installing what trains, serves and tests"
	@$(RUN) -m pip install --quiet --editable '.[dev]'
	@echo "Installing $(SAM_CLI) in an environment of its own"
	@$(PYTHON) -m venv $(VENV)/sam && $(VENV)/sam/bin/python -m pip install --quiet $(SAM_CLI)
	@touch $@

demo: install  ## Write a script with the real handler and the model that ships
	@$(RUN) -m local demo

serve: install  ## Serve the function on localhost (PORT=8080, MODEL_URI=runs/NAME/bundle)
	@$(RUN) -m local serve --port $(PORT)

train: install  ## Train (SCRIPTS=file or folder, PRESET=tuned, DEVICE=auto); again to go on
	@$(RUN) -m training train $(if $(SCRIPTS),--scripts "$(SCRIPTS)") --preset $(PRESET) --device $(DEVICE)

evaluate: install  ## Measure the latest run and write its model card
	@$(RUN) -m training evaluate && $(RUN) -m training card

generate: install  ## Print a script from the latest run
	@$(RUN) -m training generate

layer: install  ## Build the torch layer alone, and a .zip of it (ARCHITECTURE=x86_64, RUNTIME=python3.13)
	@$(RUN) -m layer build --arch $(ARCHITECTURE) --python $(RUNTIME:python%=%) --out build/layer-$(ARCHITECTURE)-$(RUNTIME)
	@$(RUN) -m layer zip build/layer-$(ARCHITECTURE)-$(RUNTIME)

build: install  ## sam build: function and layer, without Docker
	@AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} SAM_CLI_TELEMETRY=0 $(SAM) build \
		--parameter-overrides Architecture=$(ARCHITECTURE) Runtime=$(RUNTIME)
	@$(RUN) -m layer sizes .aws-sam/build/TorchLayer .aws-sam/build/WriterFunction

test: install lint  ## Run all tests, a file's on one core
	@$(RUN) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: install  ## Style and types
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check . && $(RUN) -m mypy

clean:  ## Remove what was built and installed; runs stay
	rm -rf $(VENV) .cache .aws-sam build
