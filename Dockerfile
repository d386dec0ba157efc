# The package from its own wheel, with the tested versions of its libraries.
#   docker build -t resist_epi .
#   docker run --rm -v "$PWD:/study" resist_epi run sheet.csv -o study --genome hg38
FROM python:3.11-slim-bookworm AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# deepTools' compiled part becomes a wheel here, so that the image needs no compiler.
RUN python -m pip install --no-cache-dir --constraint constraints.txt build \
    && python -m build --wheel --outdir /dist . \
    && python -m pip wheel --no-cache-dir --constraint constraints.txt --wheel-dir /wheels /dist/*.whl

FROM python:3.11-slim-bookworm
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends bedtools \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /wheels /wheels
# The versions are those of the folder of wheels.
# hadolint ignore=DL3013
RUN python -m pip install --no-cache-dir --no-index --find-links /wheels resist_epi \
    && rm -rf /wheels \
    && useradd --create-home --uid 1000 resist \
    && mkdir -m 1777 /var/cache/resist_epi
# Whichever user the image runs as may write here.
ENV MPLCONFIGDIR=/var/cache/resist_epi/matplotlib \
    NUMBA_CACHE_DIR=/var/cache/resist_epi/numba
USER 1000
WORKDIR /study
ENTRYPOINT ["resist-epi"]
CMD ["--help"]
