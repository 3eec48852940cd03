# The operator as one static binary, in an image without a shell that runs as
# nobody. Both base images are arguments, for mirrors and for pinning by digest.
# make image builds the same binary into an image without Docker.
ARG BUILDER_IMAGE=docker.io/library/golang:1.26
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM --platform=${BUILDPLATFORM:-linux/amd64} ${BUILDER_IMAGE} AS builder
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath -buildvcs=false -ldflags="-s -w -X main.version=${VERSION}" -o /bowline .

FROM ${BASE_IMAGE}
COPY --from=builder /bowline /bowline
USER 65532:65532
ENTRYPOINT ["/bowline"]
