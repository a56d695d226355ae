# Every command a developer needs; CI calls `make test`.
#
#   make run                      serve your library (the starter library on a new home)
#   make run PAPERS="a.bib b/"    the same, with your own files instead of the starter library
#   make test                     format, lint, types, imports, tests, docs
#   make bench                    measure speed and quality; writes benchmarks/RESULTS.md
#   make bench-txtai              the same with txtai beside, in an environment of its own
#   make bench-quality            measure quality of ranking; writes benchmarks/QUALITY.md
#   make bench-readers            measure the personal ranking beside ASReview, and when to stop
#   make bench-harvest            measure harvests and backfills, and how they resume
#   make dist                     build the wheel, the sdist and the SBOM in dist/, and check them
#   make audit                    ask for known vulnerabilities of all packages (network)
#   make fuzz                     feed damaged input to every format, for some minutes
#   make goldens                  write golden rankings and measures anew, and show the change
#   make man                      write the manual page from the commands
#   make release-library          keep a small library of this version for the tests of later ones
#   make format                   reformat the code
#   make postgresql               install the server that tests of PostgreSQL start (Debian/Ubuntu)
#   make proxies                  install the web servers of deploy/ for tests: nginx, Caddy (Debian/Ubuntu)
#   make postfix                install the mail server that relays a digest in a test (Debian/Ubuntu)
#   make constraints              install the newest versions afresh and write them to constraints.txt
#   make requirements             write requirements.txt: what is needed to run, with hashes
#   make browser                  install what the browser tests need (Debian/Ubuntu; asks apt)
#   make clean                    remove the environment and caches

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?=
PAPERS ?=

.PHONY: run test check tests dist audit fuzz bench bench-txtai bench-quality bench-readers bench-harvest goldens man release-library format browser postgresql postfix proxies constraints requirements clean
.DEFAULT_GOAL := run

$(VENV)/run.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Broadsheet needs Python 3.11 or later; set PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: $(VENV)/run.stamp
	@$(BIN)/broadsheet up $(if $(PORT),--port $(PORT)) $(PAPERS)

test: $(VENV)/dev.stamp browser postgresql postfix proxies check tests

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

tests: $(VENV)/dev.stamp
	$(BIN)/pytest -n auto --dist worksteal

# The same commit gives the same bytes: its time is the time of all files.
dist: $(VENV)/dev.stamp $(VENV)-tools/stamp
	rm -rf dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --no-isolation
	$(BIN)/twine check --strict dist/*
	$(BIN)/pytest -n 0 -s tests/distribution
	$(PYTHON) -m venv --clear --without-pip $(VENV)-dist
	$(BIN)/python -m pip --python $(VENV)-dist/bin/python install --quiet --require-hashes --requirement requirements.txt
	$(BIN)/python -m pip --python $(VENV)-dist/bin/python install --quiet --no-deps dist/*.whl
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(VENV)-tools/bin/cyclonedx-py environment \
	  --pyproject pyproject.toml --output-reproducible --of JSON --output-file dist/broadsheet.cdx.json $(VENV)-dist/bin/python
	cd dist && sha256sum *

# Tools that look at packages; in an environment of their own, which brings nothing into the others.
$(VENV)-tools/stamp: Makefile
	$(PYTHON) -m venv --clear $(VENV)-tools
	$(VENV)-tools/bin/python -m pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0 pip-audit==2.10.1 uv==0.13.9
	@touch $@

audit: $(VENV)-tools/stamp
	$(VENV)-tools/bin/python .ci/audit.py

requirements: $(VENV)-tools/stamp
	$(VENV)-tools/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	  --extra encryption --extra postgresql --constraint constraints.txt --generate-hashes --no-annotate \
	  --custom-compile-command "make requirements" --output-file requirements.txt pyproject.toml

constraints:
	$(PYTHON) -m venv $(VENV)-newest
	$(VENV)-newest/bin/python -m pip install --quiet --disable-pip-version-check '.[dev,evaluate,onnx,postgresql,tune]'
	{ echo "# Exact versions for make run and make test; written by: make constraints"; \
	  $(VENV)-newest/bin/python -m pip freeze --exclude broadsheet | grep -v ' @ '; } > constraints.txt
	rm -rf $(VENV)-newest

fuzz: $(VENV)/dev.stamp
	FUZZ_EXAMPLES=3000 $(BIN)/pytest -n auto --timeout 3600 tests/unit/ingest/formats/test_format_fuzz.py

goldens: $(VENV)/dev.stamp
	$(BIN)/pytest tests/ranking --update-goldens
	git diff --stat -p tests/ranking

man: $(VENV)/dev.stamp
	$(BIN)/broadsheet help --man > man/broadsheet.1

release-library: $(VENV)/dev.stamp
	PYTHONPATH=tests $(BIN)/python -m released_library

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Where Chromium or npm cannot be had, the browser tests are skipped and say so.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || command -v google-chrome >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || echo "no Chromium: browser tests will be skipped; install it with: sudo apt-get install chromium"
	@[ -d tests/browser/node_modules/axe-core ] \
	  || { command -v npm >/dev/null && npm ci --silent --no-fund --no-audit --prefix tests/browser; } \
	  || echo "no npm: accessibility tests will be skipped; install Node.js 20 and run: make browser"

# Tests start a server of their own in a temporary directory, as an unprivileged user. If it
# cannot be installed, the tests of PostgreSQL are skipped and say so.
postgresql:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq postgresql >/dev/null; } \
	  || echo "no PostgreSQL: its tests will be skipped; install it with: sudo apt-get install postgresql"

# The package is installed without a configuration, so that no mail server of it runs here.
postfix:
	@command -v postfix >/dev/null || ls /usr/sbin/postfix >/dev/null 2>&1 \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	       && echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections \
	       && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postfix >/dev/null; } \
	  || echo "no Postfix: its test will be skipped; install it with: sudo apt-get install postfix"

# Neither is started by its package where a policy forbids it, as in containers; tests start their own.
proxies:
	@{ command -v nginx && command -v caddy; } >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	       && apt-get install -y -qq --no-install-recommends nginx-light caddy >/dev/null; } \
	  || echo "no nginx or Caddy: their tests will be skipped; install them with: sudo apt-get install nginx-light caddy"

bench: $(VENV)/dev.stamp
	$(BIN)/python -m pip install --quiet --editable '.[bench]' || echo "bm25s cannot be installed and is left out"
	$(BIN)/python -m benchmarks

# txtai brings PyTorch, some gigabytes.
bench-txtai:
	$(PYTHON) -m venv $(VENV)-txtai
	$(VENV)-txtai/bin/python -m pip install --quiet --editable '.[bench]' txtai
	$(VENV)-txtai/bin/python -m benchmarks

bench-quality: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.quality

# asreview brings pandas and scikit-learn; an environment of its own. Takes about half an hour.
bench-readers:
	$(PYTHON) -m venv $(VENV)-readers
	$(VENV)-readers/bin/python -m pip install --quiet --editable '.[bench]'
	OPENBLAS_NUM_THREADS=1 $(VENV)-readers/bin/python -m benchmarks.readers --write
	OPENBLAS_NUM_THREADS=1 $(VENV)-readers/bin/python -m benchmarks.screening --write
	OPENBLAS_NUM_THREADS=1 $(VENV)-readers/bin/python -m benchmarks.interests --write
	OPENBLAS_NUM_THREADS=1 $(VENV)-readers/bin/python -m benchmarks.personal --write

bench-harvest: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.harvest

clean:
	rm -rf $(VENV) $(VENV)-dist $(VENV)-tools $(VENV)-newest $(VENV)-txtai $(VENV)-readers build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache tests/browser/node_modules
