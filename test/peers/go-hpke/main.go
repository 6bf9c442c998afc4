// An independent implementation of SPEC §3.1 to §3.3 on Go's own crypto/hpke and crypto/ed25519: no dependency, and not a
// line shared with the TypeScript.
//
//	go run . seal      JSON lines of a binding, publicKey and payload → {"envelope"}
//	go run . open      JSON lines of a binding, seed and envelope → {"payload"} or {"problem"}
//	go run . check     reads ../../vectors/envelope.json and invitation.json, and prints {"passed", "failed"}
//	go run . generate  writes ../../vectors/hpke-go.json
//
// seal and open are the seam of `maily crypto seal` and `maily crypto open`: bytes in base64url.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// The longest line that is read, in bytes.
const lineBytesMax = 1 << 20

func main() {
	if len(os.Args) != 2 {
		fail("usage: go-hpke seal|open|check|generate")
	}
	switch os.Args[1] {
	case "seal":
		eachLine(sealLine)
	case "open":
		eachLine(openLine)
	case "check":
		check()
	case "generate":
		generate()
	default:
		fail("unknown command " + os.Args[1])
	}
}

func eachLine(answer func(line Line) map[string]any) {
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, lineBytesMax)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	for scanner.Scan() {
		var line Line
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			fail(err.Error())
		}
		if err := encoder.Encode(answer(line)); err != nil {
			fail(err.Error())
		}
	}
	if err := scanner.Err(); err != nil {
		fail(err.Error())
	}
}

func fail(reason string) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(1)
}
