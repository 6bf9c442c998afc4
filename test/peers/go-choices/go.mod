module maily.test/peers/go-choices

go 1.26
