# The image of `service`, `model` and `refresh`. Plain instructions only: the builder of Docker 20.10 and BuildKit
# both take it.
#
#   docker build --tag callsmith .
#   docker build --build-arg EXTRA=gpu --tag callsmith:gpu .            the index on GPUs, torch built for CUDA
#   docker build --build-arg TORCH_INDEX_URL=… --tag callsmith .        torch from an index of CPU-only builds
#
# BASE_IMAGE may be any Debian-based image with Python 3.11 or newer under `python3`, by digest too.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS wanted
ARG EXTRA=cpu
WORKDIR /build
COPY pyproject.toml deploy/service/requirements.py ./
RUN python3 requirements.py "${EXTRA}" > requirements.txt

FROM ${BASE_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python3 -m venv /opt/callsmith
ENV PATH=/opt/callsmith/bin:$PATH
# Dependencies first: this layer is made again only when a requirement or a pin changes, not with the code.
ARG TORCH_INDEX_URL=
COPY --from=wanted /build/requirements.txt ./
COPY constraints.txt ./
RUN set -eu; \
    if [ -n "${TORCH_INDEX_URL}" ]; then \
        pip install --no-compile --index-url "${TORCH_INDEX_URL}" "$(grep '^torch==' requirements.txt)"; \
    fi; \
    pip install --no-compile --constraint constraints.txt --requirement requirements.txt; \
    cd /opt/callsmith/lib/python3*/site-packages; \
    # What only developers of these packages need: C++ headers, their test programs, their tests.
    rm -rf torch/include torch/test torch/share torch/bin/test_* torch/bin/*Test torch/bin/protoc*; \
    find . -type d -name tests -prune -exec rm -rf {} +
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY api_docs api_docs
COPY retriever retriever
COPY service service
COPY finetune finetune
COPY evaluation evaluation
# `--no-compile` above and this one run leave bytecode for the modules that Callsmith imports, and for no others.
# The index is made here, so that a first start takes seconds: a new named volume starts as a copy of this folder.
RUN pip install --no-compile --no-deps . \
    && pip uninstall --yes pip \
    && CALLSMITH_VAR=/var/lib/callsmith callsmith index build

FROM ${BASE_IMAGE} AS service
LABEL org.opencontainers.image.title="Callsmith" \
      org.opencontainers.image.description="Turns an instruction in plain words into one verified API call" \
      org.opencontainers.image.licenses="Apache-2.0"
# A fixed number, so that volumes and secrets can be given to it.
RUN groupadd --gid 10001 callsmith \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin callsmith \
    && install --directory --owner 10001 --group 10001 /models
COPY --from=build /opt/callsmith /opt/callsmith
COPY --from=build --chown=10001:10001 /var/lib/callsmith /var/lib/callsmith
COPY deploy/service /opt/callsmith/deploy
ENV PATH=/opt/callsmith/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CALLSMITH_HOST=0.0.0.0 \
    CALLSMITH_VAR=/var/lib/callsmith
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python3", "/opt/callsmith/deploy/healthy.py", "http://127.0.0.1:8000/healthz"]
ENTRYPOINT ["callsmith"]
CMD ["serve"]
