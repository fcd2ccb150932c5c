# The connector alone: no sandbox, no tests, no build tools in the last stage.
ARG BASE_IMAGE=docker.io/airbyte/python-connector-base:4.0.0@sha256:d9894b6895923b379f3006fa251147806919c62b7d9021b5cd125bb67d7bbe22

FROM ${BASE_IMAGE} AS build
# This stage is not kept, so root is no matter.
# hadolint ignore=DL3002
USER 0
WORKDIR /build
# What the commands need, each file by its hash. Airbyte's CDK is not among it: it is for hosts of the
# CDK's class, and half of what the package would install is there for it alone.
COPY requirements.txt ./
RUN python -m venv /opt/destination-profiles \
    && /opt/destination-profiles/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements.txt
COPY setup.py pyproject.toml README.md LICENSE ./
COPY destination_profiles destination_profiles
RUN /opt/destination-profiles/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps --no-build-isolation . \
    && /opt/destination-profiles/bin/python -m pip uninstall --yes pip setuptools \
    && rm /opt/destination-profiles/bin/profiles-sandbox

FROM ${BASE_IMAGE}
USER 0
RUN (id airbyte > /dev/null 2>&1 || useradd --uid 1000 --create-home --shell /usr/sbin/nologin airbyte) \
    && mkdir -p /airbyte \
    && chown 1000 /airbyte
COPY --from=build /opt/destination-profiles /opt/destination-profiles
COPY main.py /airbyte/integration_code/main.py
LABEL io.airbyte.name="airbyte/destination-profiles" \
      io.airbyte.version="0.1.0"
USER 1000
WORKDIR /airbyte
ENV AIRBYTE_ENTRYPOINT="/opt/destination-profiles/bin/destination-profiles"
ENTRYPOINT ["/opt/destination-profiles/bin/destination-profiles"]
