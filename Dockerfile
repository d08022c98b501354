# The service as an image: one static program, no shell, no root.
#
#   docker build -t jitsiauth .                                 # or: make image
#   docker build -t jitsiauth --platform linux/arm64 .          # or: make image ARCH=arm64
#   docker build -t jitsiauth --build-arg TARGETARCH=arm64 .    # the classic builder
#
# The compiler runs on this machine's processor, never under emulation. The classic
# builder sets neither BUILDPLATFORM nor TARGETARCH: then both are this machine's. Its
# --platform fails at the first COPY; without it the program is right, and the image
# says that it is for this machine's processor.
FROM --platform=${BUILDPLATFORM:-linux} golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY jitsiauth jitsiauth
COPY authsvc authsvc
COPY cmd cmd
COPY LICENSE ./
ARG TARGETARCH
ARG VERSION
# Without the 3 MB of gin's HTTP/3, BSON and TOML, which nobody calls: the linker keeps
# every method of gin's, since templates look methods up by name. A file of its own, as
# replacements in go.mod would keep "go install" from working.
RUN cp go.mod build.mod && cp go.sum build.sum && \
    go mod edit -replace github.com/quic-go/quic-go=./authsvc/lean/http3 \
        -replace go.mongodb.org/mongo-driver/v2=./authsvc/lean/bson \
        -replace github.com/pelletier/go-toml/v2=./authsvc/lean/toml build.mod && \
    CGO_ENABLED=0 GOARCH=$TARGETARCH go build -modfile build.mod -trimpath -tags nomsgpack -ldflags "-s -w -X main.release=$VERSION" -o /out/jitsiauth ./cmd/jitsiauth
# The licences of everything that is linked in, and the directories that the
# service writes to.
RUN set -e; mkdir -p /licenses/go; cp LICENSE /licenses/; cp "$(go env GOROOT)/LICENSE" /licenses/go/; \
    go list -deps -tags nomsgpack -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}' ./cmd/jitsiauth | sort -u | \
    while read -r module dir; do mkdir -p "/licenses/$module"; cp "$dir"/[Ll][Ii][Cc][Ee][Nn][SsCc]* "/licenses/$module/"; done; \
    mkdir -p -m 700 /state/data /state/run/jitsiauth

FROM scratch
ARG VERSION
LABEL org.opencontainers.image.title="jitsiauth" \
      org.opencontainers.image.description="User accounts for a self-hosted Jitsi Meet" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /licenses /licenses
COPY --from=build /out/jitsiauth /usr/local/bin/jitsiauth
COPY --from=build --chown=65532:65532 /state /
ENV JITSIAUTH_DB=/data/jitsiauth.db JITSIAUTH_SOCKET=/run/jitsiauth/jitsiauth.sock JITSIAUTH_LISTEN=:8090
USER 65532:65532
VOLUME /data
EXPOSE 8090
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["jitsiauth", "healthcheck"]
ENTRYPOINT ["jitsiauth"]
CMD ["serve"]
