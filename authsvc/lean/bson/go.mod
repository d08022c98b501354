// Stands in for gin's BSON when the image is built; see the Dockerfile.
module go.mongodb.org/mongo-driver/v2

go 1.24
