# The image of every role of Portico. `operations` is the same program beside PostgreSQL 18's own client programs.
FROM debian:trixie-slim AS python
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/*

FROM python AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv python3-pip \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY src ./src
COPY migrations ./migrations
COPY schemas ./schemas
# The lock holds the tools of development too; only what the program asks for is installed from it, each with its hash.
RUN python3 -m venv /tools && /tools/bin/pip install --quiet --require-hashes -r requirements.lock \
    && /tools/bin/python -m build --quiet --wheel --no-isolation --outdir /wheels \
    && /tools/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
        --constraint requirements.lock pyproject.toml -o /build/production.lock \
    && python3 -m venv /opt/portico \
    && /opt/portico/bin/pip install --quiet --require-hashes -r /build/production.lock \
    && /opt/portico/bin/pip install --quiet --no-deps /wheels/*.whl

FROM python AS portico
RUN useradd --system --uid 10001 --home-dir /var/lib/portico portico \
    && install -d -o portico -g portico -m 0700 /var/lib/portico /var/lib/portico/keys /var/lib/portico/secrets \
        /var/lib/portico/attachments \
    && install -d -o portico -g portico -m 0755 /var/lib/portico/server
COPY --from=build /opt/portico /opt/portico
ENV PATH=/opt/portico/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER portico
ENTRYPOINT ["portico"]
CMD ["serve"]

FROM postgres:18-trixie AS operations
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/portico portico \
    && install -d -o portico -g portico -m 0700 /var/lib/portico /var/lib/portico/keys /var/lib/portico/secrets \
        /var/lib/portico/attachments /var/lib/portico/backups
COPY --from=build /opt/portico /opt/portico
ENV PATH=/opt/portico/bin:/usr/lib/postgresql/18/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1
USER portico
ENTRYPOINT ["portico"]
CMD ["doctor"]
