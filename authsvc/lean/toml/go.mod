// Stands in for gin's TOML when the image is built; see the Dockerfile.
module github.com/pelletier/go-toml/v2

go 1.24
