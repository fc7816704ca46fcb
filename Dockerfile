# The program as an image: one static file, no shell, nobody's user. Two images come of it:
#
#     docker build --target gate .    # for `docker run`
#     docker build --target shell .   # for CI services whose jobs are scripts, as GitLab's
#
# A program that is built already takes the place of the first stage, so that several machines need no emulation:
#
#     docker build --target gate --build-context build=FOLDER .    # FOLDER/out/launchgate
FROM rust:1.90-alpine3.22 AS build
# hadolint ignore=DL3018
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked -p launchgate \
    && install -D target/dist/launchgate /out/launchgate

FROM scratch AS gate
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="launchgate" \
    org.opencontainers.image.description="CI security regression gate for HTTP APIs" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0" \
    org.opencontainers.image.source="https://github.com/launchgate/launchgate" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
COPY --from=build /out/launchgate /launchgate
USER 65532:65532
# The repository; it may be mounted read-only, reports go where --report-dir says.
WORKDIR /workspace
HEALTHCHECK NONE
ENTRYPOINT ["/launchgate"]
CMD ["run"]

FROM debian:12.12-slim AS shell
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="launchgate (with a shell)" \
    org.opencontainers.image.description="CI security regression gate for HTTP APIs" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0" \
    org.opencontainers.image.source="https://github.com/launchgate/launchgate" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
COPY --from=build /out/launchgate /usr/local/bin/launchgate
USER 65532:65532
WORKDIR /workspace
HEALTHCHECK NONE
CMD ["launchgate", "run"]
