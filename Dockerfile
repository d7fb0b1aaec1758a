# The published image contains one static program and no other file. The program
# contains root certificates (internal/registry/transport) and time zones (main.go).
#
#   docker build .                             builds the program and the image
#   docker build --target prebuilt \
#     --build-arg PROGRAM=dist/ghcr-publish .  builds an image of an existing program
#
# The image sets no USER, because the folders that a job mounts belong to root.

# GO_DIGEST pins the image of the compiler, for example to @sha256:0123…. The default
# is empty, because an old compiler has known vulnerabilities. A release uses the
# target "prebuilt", which needs no compiler.
ARG GO_DIGEST=

FROM scratch AS base
LABEL org.opencontainers.image.title="ghcr-publish" \
      org.opencontainers.image.description="Publishes container images to ghcr.io with only GITHUB_TOKEN" \
      org.opencontainers.image.source="https://github.com/ghcr-publish/ghcr-publish" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/ghcr-publish"]

# The stage "prebuilt" is above the stage "build", because older builders run all
# stages that are above the target.
FROM base AS prebuilt
ARG PROGRAM=dist/ghcr-publish
COPY ${PROGRAM} /ghcr-publish

FROM --platform=$BUILDPLATFORM golang:1.26${GO_DIGEST} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -mod=readonly -trimpath -buildvcs=false -ldflags='-s -w' -o /ghcr-publish .

FROM base
COPY --from=build /ghcr-publish /ghcr-publish
