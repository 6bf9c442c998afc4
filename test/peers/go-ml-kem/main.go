// ML-KEM-768 encapsulation by Go's own cryptography, from coins that are given.
//
//	go run . encapsulate   JSON lines {"seed", "coins"} in hexadecimal → {"publicKey", "ciphertext", "sharedSecret"} a line
package main

import (
	"bufio"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
)

type asked struct {
	Seed  string `json:"seed"`
	Coins string `json:"coins"`
}

type answered struct {
	PublicKey    string `json:"publicKey"`
	Ciphertext   string `json:"ciphertext"`
	SharedSecret string `json:"sharedSecret"`
}

func main() {
	if len(os.Args) != 2 || os.Args[1] != "encapsulate" {
		fail("usage: go-ml-kem encapsulate")
	}
	output := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var line asked
		check(json.Unmarshal(lines.Bytes(), &line))
		seed, err := hex.DecodeString(line.Seed)
		check(err)
		coins, err := hex.DecodeString(line.Coins)
		check(err)
		key, err := mlkem.NewDecapsulationKey768(seed)
		check(err)
		sharedSecret, ciphertext, err := mlkemtest.Encapsulate768(key.EncapsulationKey(), coins)
		check(err)
		check(output.Encode(answered{
			hex.EncodeToString(key.EncapsulationKey().Bytes()),
			hex.EncodeToString(ciphertext),
			hex.EncodeToString(sharedSecret),
		}))
	}
	check(lines.Err())
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}
