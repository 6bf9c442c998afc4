// An independent reading of sealed choices (SPEC §3.8) on Go's own crypto/hpke and crypto/aes: no dependency, and not a line
// shared with the TypeScript.
//
//	go run . check   reads ../../vectors/choices.json, and prints {"passed", "failed"}
//	go run . read    a campaign as one JSON line, then JSON lines of a reader's region, invitation and codes
//	                 → {"reader", "choices", "orders"} a line; "problem" where a code is not this reader's
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// The longest line that is read, in bytes: a campaign's.
const lineBytesMax = 4 << 20

func main() {
	if len(os.Args) != 2 {
		fail("usage: go-choices check|read")
	}
	switch os.Args[1] {
	case "check":
		check()
	case "read":
		readCampaign()
	default:
		fail("unknown command " + os.Args[1])
	}
}

// A region's key and what the campaign is published with in it.
type region struct {
	Region string `json:"region"`
	KeyID  uint8  `json:"keyId"`
	Seed   string `json:"seed"`
	Enc    string `json:"enc"`
}

type campaign struct {
	Tenant  uint32   `json:"tenant"`
	ID      string   `json:"campaign"`
	Regions []region `json:"regions"`
	// Question and number of options of each shuffle to compute.
	Shuffles [][2]uint16 `json:"shuffles"`
}

type mail struct {
	Region     string   `json:"region"`
	Invitation string   `json:"invitation"`
	Codes      []string `json:"codes"`
}

func readCampaign() {
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, lineBytesMax)
	if !scanner.Scan() {
		fail("no campaign")
	}
	var published campaign
	if err := json.Unmarshal(scanner.Bytes(), &published); err != nil {
		fail(err.Error())
	}
	roots := map[string][]byte{}
	for _, r := range published.Regions {
		scope := scope{published.Tenant, fromBase64url(published.ID), r.Region, r.KeyID}
		roots[r.Region] = openRoot(fromBase64url(r.Seed), fromBase64url(r.Enc), scope)
	}
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	encoder := json.NewEncoder(output)
	for scanner.Scan() {
		var sent mail
		if err := json.Unmarshal(scanner.Bytes(), &sent); err != nil {
			fail(err.Error())
		}
		if err := encoder.Encode(readMail(sent, roots, published.Shuffles)); err != nil {
			fail(err.Error())
		}
	}
	if err := scanner.Err(); err != nil {
		fail(err.Error())
	}
}

func readMail(sent mail, roots map[string][]byte, shuffles [][2]uint16) map[string]any {
	// SPEC §3.3: the reader's pseudonym is 16 bytes of the invitation, from byte 16 on.
	reader := fromBase64url(sent.Invitation)[16:32]
	key := readerKey(roots[sent.Region], reader)
	choices := [][2]uint16{}
	for _, code := range sent.Codes {
		question, option, opened := openCode(key, code)
		if !opened {
			return map[string]any{"problem": "choice-invalid"}
		}
		choices = append(choices, [2]uint16{question, option})
	}
	orders := [][]int{}
	for _, shuffle := range shuffles {
		orders = append(orders, shuffled(key, shuffle[0], int(shuffle[1])))
	}
	return map[string]any{"reader": toBase64url(reader), "choices": choices, "orders": orders}
}

func fail(reason string) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(1)
}
