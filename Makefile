# make demo   a real source into the service, end to end
# make demo-open  the same, and leaves the service running, with its page
# make dirty  a table of 50,000 dirty customers, each row compared with what must become of it
# make registry  the files of a registry of connectors with this one in it (docs/airbyte.md)
# make test   all tests
# make coverage  the same, with the lines that no test reaches; each process takes twice as long
# make soak RECORDS=1000000  the tests that take long; one of them takes so many records; their curves are in
#             build/soak.html. LOADS=streams runs those whose name has this in it
# make chaos SEEDS=1..200  random loads and faults, each from its seed; what breaks is told with the fewest faults
# make fuzz SECONDS=150  fuzzes each of four targets so long, guided by coverage
# make mutants  breaks delivery/, memory/, records/ and the answers in small ways, and shows what no test finds;
#     ONLY='destination_profiles.service.reply*' breaks a part, TESTED=10 tries each by tests of ten seconds
# make bench  speed and memory, beside the floor and others
# make guard  the record path's processor time, shape by shape, held against limits
# make check  lint, format, types
# make settings  docs/settings.md, from the specification
# make constraints  the versions of what is installed, and the hashes of what the image is built from, renewed
# make sbom   build/sbom.json: what is in the image beside its base, in CycloneDX
# make audit  asks a service whether a version in the image is known to be vulnerable; fails where none answers
# make dependencies  docs/dependencies.md, from the versions, their licences, and the reasons in setup.py
# make scenarios  the table of integration_tests/README.md, measured
# Each installs what it needs, once, into .venv (sources into .venv-source and .venv-file, PyAirbyte into
# .venv-pipelines, Airbyte's checks into .venv-qa, the JSON Schema test suite into .venv-suite, what the image
# has into .venv-image, and what lists it into .venv-supply).
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# What is compiled is kept: the tests start the connector a thousand times.
export PYTHONDONTWRITEBYTECODE :=
TESTS := $(foreach name,.venv .venv-source .venv-file .venv-pipelines .venv-qa .venv-suite,$(name)/installed)

OTHERS ?=
IMAGE ?=

.PHONY: demo demo-open dirty settings registry test coverage soak chaos fuzz mutants scenarios constraints sbom audit dependencies check format bench guard clean
.DELETE_ON_ERROR:

demo: .venv/connector .venv-source/installed
	$(BIN)/python demo/run.py

demo-open: .venv/connector .venv-source/installed
	@$(BIN)/python demo/run.py --open

settings: .venv/connector
	$(BIN)/python docs/settings.py

dirty: .venv/connector
	$(BIN)/python demo/dirty.py --out demo/out/dirty --sync

# OTHERS: a listing whose connectors are listed too. IMAGE: repository:tag, where it is another one.
registry: .venv/connector .venv-qa/installed
	rm -rf registry/out
	$(BIN)/python registry/build.py --out registry/out $(if $(OTHERS),--others $(OTHERS)) $(if $(IMAGE),--image $(IMAGE))
	.venv-qa/bin/python registry/check.py registry/out

# Of two cores: a third worker goes on while the others wait, and each takes what another has left.
test: $(TESTS)
	$(BIN)/python -m pytest -q -n 3 --dist worksteal

coverage: $(TESTS)
	$(BIN)/python -m pytest -q -n 2 --cov --cov-report=term:skip-covered

RECORDS ?= 1000000
LOADS ?=
soak: .venv/installed
	RECORDS=$(RECORDS) $(BIN)/python -m pytest -q -n 2 -m soak $(if $(LOADS),-k "$(LOADS)"); code=$$?; \
	$(BIN)/python -m integration_tests.soak.page && exit $$code

SEEDS ?= 1..200
chaos: .venv/installed
	$(BIN)/python -m integration_tests.chaos $(SEEDS)

SECONDS ?= 150
fuzz: .venv-fuzz/installed
	@for target in decoder mapping encoders answers; do \
		.venv-fuzz/bin/python -m fuzzing.fuzz $$target $(SECONDS) .fuzz/$$target || exit 1; \
	done

# mutmut makes them all, looks which tests call what, and tries one of them; the others take it half a day.
ONLY ?= destination_profiles.*
mutants: .venv-mutants/installed
	rm -rf mutants
	.venv-mutants/bin/python -m mutmut run --max-children 2 destination_profiles.cells.x_folded__mutmut_1 > /dev/null
	cd mutants && PYTHONPATH=. ../.venv-mutants/bin/python -P ../fuzzing/mutants.py --only '$(ONLY)' $(if $(TESTED),--seconds $(TESTED))

scenarios: .venv/installed
	$(BIN)/python -m integration_tests.stage

# requirements.txt is what the image is built from: without Airbyte's CDK, and with what builds the package.
COMPILE := $(BIN)/pip-compile --quiet --allow-unsafe --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
OF_THE_IMAGE := from importlib.metadata import requires; print("setuptools", *(each for each in requires("destination-profiles") if "extra ==" not in each and not each.startswith("airbyte-cdk")), sep="\n")
constraints: .venv/installed
	$(COMPILE) --upgrade --output-file=constraints.txt setup.py
	@mkdir -p build
	@$(BIN)/python -c '$(OF_THE_IMAGE)' > build/requirements.in
	$(COMPILE) --generate-hashes --constraint=constraints.txt --output-file=requirements.txt build/requirements.in
	@sed -i "s/^requires = .*/requires = [\"$$(grep -o '^setuptools==[^ ]*' requirements.txt)\"]/" pyproject.toml
	$(MAKE) dependencies

sbom: build/sbom.json

audit: .venv-supply/installed
	.venv-supply/bin/python -m supply.audit

dependencies: build/sbom.json
	$(BIN)/python -m supply.page $<

build/sbom.json: .venv/connector .venv-image/installed .venv-supply/installed supply/bom.py supply/check.py metadata.yaml Dockerfile
	@mkdir -p build
	.venv-supply/bin/cyclonedx-py environment --output-reproducible --output-file build/listed.json .venv-image/bin/python
	$(BIN)/python -m supply.bom build/listed.json .venv-image/report.json $@
	.venv-supply/bin/python -m supply.check $@

check: .venv/installed
	$(BIN)/hadolint --failure-threshold info Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/bench .venv-singer/installed .venv-dlt/installed
	$(BIN)/python benchmarks/bench.py

guard: .venv/installed
	$(BIN)/python benchmarks/guard.py

# The project is the one package that is built here: by the setuptools that pyproject.toml pins.
INSTALL := -m pip install --quiet --disable-pip-version-check --only-binary :all: --constraint constraints.txt --editable

.venv/connector: setup.py pyproject.toml constraints.txt
	@echo "Installing the connector and the sandbox into .venv, once."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python $(INSTALL) '.[sandbox]'
	@touch $@

.venv/installed: .venv/connector
	@echo "Installing the tools of the tests into .venv, once."
	@$(BIN)/python $(INSTALL) '.[sandbox,dev]'
	@touch $@

# The source has dependencies of its own, which would clash with the connector's.
.venv-source/installed: demo/source.txt
	@echo "Installing the demo's source into .venv-source, once."
	@$(PYTHON) -m venv .venv-source
	@.venv-source/bin/python -m pip install --quiet --disable-pip-version-check --requirement demo/source.txt
	@touch $@

# So has the source of docs/start.md.
.venv-file/installed: integration_tests/start.txt
	@echo "Installing the source of files into .venv-file, once."
	@$(PYTHON) -m venv .venv-file
	@.venv-file/bin/python -m pip install --quiet --disable-pip-version-check --requirement integration_tests/start.txt
	@touch $@

.venv-fuzz/installed: setup.py pyproject.toml constraints.txt
	@echo "Installing atheris into .venv-fuzz, once."
	@$(PYTHON) -m venv .venv-fuzz
	@.venv-fuzz/bin/python $(INSTALL) '.[fuzz]'
	@touch $@

.venv-mutants/installed: setup.py pyproject.toml constraints.txt
	@echo "Installing the tests and mutmut into .venv-mutants, once."
	@$(PYTHON) -m venv .venv-mutants
	@.venv-mutants/bin/python $(INSTALL) '.[sandbox,dev,mutants]'
	@touch $@

# PyAirbyte has dependencies of its own, too.
.venv-pipelines/installed: integration_tests/pipelines/requirements.txt
	@echo "Installing PyAirbyte into .venv-pipelines, once."
	@$(PYTHON) -m venv .venv-pipelines
	@.venv-pipelines/bin/python -m pip install --quiet --disable-pip-version-check --requirement integration_tests/pipelines/requirements.txt
	@touch $@

# So have Airbyte's checks, whose package comes without the many that they do not need.
.venv-qa/installed: integration_tests/qa/package.txt integration_tests/qa/requirements.txt
	@echo "Installing Airbyte's checks into .venv-qa, once."
	@$(PYTHON) -m venv .venv-qa
	@.venv-qa/bin/python -m pip install --quiet --disable-pip-version-check --requirement integration_tests/qa/requirements.txt
	@.venv-qa/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement integration_tests/qa/package.txt
	@touch $@

# What is installed into the image, and no pip.
.venv-image/installed: requirements.txt .venv-supply/installed
	@echo "Installing what the image has into .venv-image, once."
	@$(PYTHON) -m venv --clear --without-pip $(@D)
	@.venv-supply/bin/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --report $(@D)/report.json --requirement requirements.txt
	@touch $@

.venv-supply/installed: supply/tools.txt
	@echo "Installing cyclonedx-bom and pip-audit into .venv-supply, once."
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# The official JSON Schema test suite: jsonschema's source package brings it.
.venv-suite/installed: integration_tests/suite.txt | .venv/connector
	@echo "Unpacking the JSON Schema test suite into .venv-suite, once."
	@rm -rf $(@D) && mkdir $(@D)
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary jsonschema --dest $(@D) --requirement $<
	@tar -xzf $(@D)/jsonschema-*.tar.gz --directory $(@D) --strip-components=1
	@touch $@

.venv/bench: .venv/installed
	@$(BIN)/python $(INSTALL) '.[bench]'
	@touch $@

# The peers of the benchmarks, each by itself.
.venv-%/installed: benchmarks/peers/%.txt
	@echo "Installing a peer into .venv-$*, once."
	@$(PYTHON) -m venv .venv-$*
	@.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

clean:
	rm -rf .venv .venv-source .venv-file .venv-pipelines .venv-qa .venv-suite .venv-fuzz .fuzz .venv-mutants mutants .venv-image .venv-supply build .venv-singer .venv-dlt demo/out registry/out
