# Two commands: `make replicate` and `make test`. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help replicate test accept lab extract lint unit notebooks site browser bench torture lock licences vulnerabilities clean

PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
TORCH := torch==2.13.0
TORCH_INDEX := https://download.pytorch.org/whl/cpu
# What torch's GPU build needs; the lock is for the CPU build and leaves it out.
GPU_ONLY := cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti \
	nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile \
	nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 \
	nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx triton
# One thread for each process: the suite runs processes side by side, and sums keep their order.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

.venv/ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: there is no '$(PYTHON)': install Python 3.11 or newer, or name it with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: '$(PYTHON)' is too old, the suite needs Python 3.11 or newer: name one with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "make: '$(PYTHON)' cannot make virtual environments: install its venv module (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@echo "installing into .venv (a few minutes, 2 GB)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --retries 1 --extra-index-url $(TORCH_INDEX) $(TORCH)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

replicate: .venv/ready ## make the data, run every notebook, write build/
	@$(BIN)/python -m har_lib replicate --jobs $(JOBS)

test: .venv/ready lint extract unit notebooks browser ## check everything
	@command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null || echo "not checked: no notebook and no page was opened in a browser, because there is no Chromium (on Debian: apt install chromium; then make browser)"

lint: .venv/ready ## style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet . && $(BIN)/mypy

extract: .venv/ready ## make the built-in data and its features
	@$(BIN)/python -m har_lib extract --jobs $(JOBS)

unit: .venv/ready ## unit tests and the examples in docstrings
	@$(BIN)/python -m pytest -n $(JOBS) tests har_lib book

# The data and the features exist by now, so that no two kernels make the same ones.
notebooks: .venv/ready extract ## run the notebooks, compare every output, picture and figure
	@rm -rf build/check
	@HAR_BUILD=build/check $(BIN)/python -m pytest -p tests.strict_nbval --nbval --nbval-current-env \
		--nbval-cell-timeout=900 -n $(JOBS) --dist loadfile notebooks
	@$(BIN)/python -m har_lib accept --check build/check

accept: .venv/ready extract ## refresh the stored outputs, figures, results and pages that differ
	@$(BIN)/python -m har_lib accept

lab: .venv/ready ## open the notebooks in JupyterLab (more options in ARGS)
	@$(BIN)/jupyter lab --ServerApp.default_url=/lab/tree/notebooks $(ARGS)

site: .venv/ready ## make the book, pages that a browser opens without a network, into build/site
	@$(BIN)/python -m book $(ARGS)

# Its pages show what is stored, whether or not a browser is there to open them.
browser: .venv/ready extract site ## run each notebook and open each page in a real browser, if Chromium is there
	@$(BIN)/python -m pytest -rs -p no:xdist tests/browser

bench: .venv/ready ## measure speed and memory beside their peers, about a quarter of an hour (more options in ARGS)
	@$(BIN)/python -m benchmarks $(ARGS)

torture: .venv/ready ## break files, kill commands, fill disks: everything the suite must survive, about an hour (more options in ARGS)
	@$(BIN)/python -m torture $(ARGS)

lock: ## choose the pinned versions anew (needs uv)
	@uv pip compile --quiet --universal --no-annotate --no-header \
		--extra test --extra cluster --extra site --extra browser \
		--python-version 3.11 \
		$(foreach package,torch $(GPU_ONLY),--no-emit-package $(package)) \
		pyproject.toml -o requirements.lock

licences: .venv/ready ## list what is installed under which licence, in docs/licences.md
	@$(BIN)/python -m book.licences

vulnerabilities: ## look the pinned versions up among known vulnerabilities (needs uv and a network)
	@uvx pip-audit --strict --no-deps --disable-pip --progress-spinner off -r requirements.lock

clean: ## remove what was made: build/ and data/
	rm -rf build data
