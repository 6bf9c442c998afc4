package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

type root struct {
	Name     string `json:"name"`
	Seed     string `json:"seed"`
	Tenant   uint32 `json:"tenant"`
	Campaign string `json:"campaign"`
	Region   string `json:"region"`
	KeyID    uint8  `json:"keyId"`
	Enc      string `json:"enc"`
	Root     string `json:"choiceRoot"`
}

type choiceCase struct {
	Comment  string `json:"comment"`
	Expect   string `json:"expect"`
	Root     string `json:"root"`
	Reader   string `json:"reader"`
	Code     string `json:"code"`
	Question uint16 `json:"question"`
	Option   uint16 `json:"option"`
	Count    int    `json:"count"`
	Order    []int  `json:"order"`
}

func fromHex(text string) []byte { return must(hex.DecodeString(text)) }

// check reads the same vectors as the TypeScript does, and prints each one that comes out otherwise.
func check() {
	var vectors struct {
		Roots []root
		Cases []choiceCase
	}
	if err := json.Unmarshal(must(os.ReadFile("../../vectors/choices.json")), &vectors); err != nil {
		fail(err.Error())
	}
	passed, failed := 0, []string{}
	count := func(comment string, holds bool) {
		if holds {
			passed++
		} else {
			failed = append(failed, comment)
		}
	}
	roots := map[string][]byte{}
	for _, r := range vectors.Roots {
		opened := openRoot(fromHex(r.Seed), fromHex(r.Enc), scope{r.Tenant, fromHex(r.Campaign), r.Region, r.KeyID})
		count("root: "+r.Name, hex.EncodeToString(opened) == r.Root)
		roots[r.Name] = opened
	}
	for _, c := range vectors.Cases {
		key := readerKey(roots[c.Root], fromHex(c.Reader))
		question, option, opened := openCode(key, c.Code)
		switch c.Expect {
		case "opened":
			count(c.Comment, opened && question == c.Question && option == c.Option)
		case "choice-invalid":
			count(c.Comment, !opened)
		case "shuffled":
			count(c.Comment, slices.Equal(shuffled(key, c.Question, c.Count), c.Order))
		default:
			count(fmt.Sprintf("%s: expects %q", c.Comment, c.Expect), false)
		}
	}
	must(os.Stdout.Write(must(json.Marshal(map[string]any{"passed": passed, "failed": failed}))))
}
