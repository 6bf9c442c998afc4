module maily.test/peers/go-ml-kem

go 1.26
