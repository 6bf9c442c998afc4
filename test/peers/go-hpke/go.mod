module maily.test/peers/go-hpke

go 1.26
