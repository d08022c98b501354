// Stands in for gin's HTTP/3 when the image is built; see the Dockerfile.
module github.com/quic-go/quic-go

go 1.24
