# The published image: one static program and nothing else. Root certificates and
# time zones are inside the program (main.go).
#
#   docker build .                             from a plain clone
#   docker build --target prebuilt \
#     --build-arg PROGRAM=dist/ghcr-publish .  around a program built beforehand
#
# There is no USER: in a job the image is given folders that belong to root.

# The compiler follows its tag. Who wants the same image every time pins it with
# --build-arg GO_DIGEST=@sha256:…. None stands here: a digest that nothing renews is,
# within weeks, a compiler with known holes. What releases publish is made by the
# prebuilt stage, which needs no compiler and is as reproducible as the programs are.
ARG GO_DIGEST=

FROM scratch AS base
LABEL org.opencontainers.image.title="ghcr-publish" \
      org.opencontainers.image.description="Publishes container images to ghcr.io with only GITHUB_TOKEN" \
      org.opencontainers.image.source="https://github.com/ghcr-publish/ghcr-publish" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/ghcr-publish"]

# Stands before the stage that compiles, because older builders run every stage up to
# the one that is asked for.
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
