package main

import (
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const vectorsFolder = "../../vectors"

type envelopeCase struct {
	Comment      string          `json:"comment"`
	Expect       string          `json:"expect"`
	Seed         string          `json:"seed"`
	KeyID        uint8           `json:"keyId"`
	Region       string          `json:"region"`
	Tenant       uint32          `json:"tenant"`
	Campaign     string          `json:"campaign"`
	Reader       string          `json:"reader"`
	SubmissionID string          `json:"submissionId"`
	Consent      json.RawMessage `json:"consent"`
	Invitation   string          `json:"invitation"`
	Envelope     string          `json:"envelope"`
	Payload      string          `json:"payload"`
}

type invitationCase struct {
	Comment    string         `json:"comment"`
	Expect     string         `json:"expect"`
	Invitation string         `json:"invitation"`
	Now        int64          `json:"now"`
	Body       map[string]any `json:"body"`
}

type knownKey struct {
	Tenant    uint32 `json:"tenant"`
	KeyID     uint8  `json:"keyId"`
	PublicKey string `json:"publicKey"`
}

func fromHex(text string) []byte { return must(hex.DecodeString(text)) }

func readVectors(name string, into any) {
	text := must(os.ReadFile(filepath.Join(vectorsFolder, name)))
	if err := json.Unmarshal(text, into); err != nil {
		fail(err.Error())
	}
}

// check reads the same vectors as the TypeScript does, and prints each one that comes out otherwise.
func check() {
	passed, failed := 0, []string{}
	count := func(file, comment, got, wanted string) {
		if got == wanted {
			passed++
		} else {
			failed = append(failed, fmt.Sprintf("%s: %s: %q, not %q", file, comment, got, wanted))
		}
	}

	var envelopes struct{ Cases []envelopeCase }
	readVectors("envelope.json", &envelopes)
	for _, c := range envelopes.Cases {
		wanted := c.Expect
		if wanted == "opened" {
			wanted = c.Payload
		}
		binding := Binding{c.KeyID, c.Region, c.Tenant, fromHex(c.Campaign), fromHex(c.Reader),
			fromHex(c.SubmissionID), c.Consent, fromHex(c.Invitation)}
		payload, err := open(binding, fromHex(c.Seed), fromHex(c.Envelope))
		got := string(payload)
		if err != nil {
			got = err.Error()
		}
		count("envelope.json", c.Comment, got, wanted)
	}

	var invitations struct {
		Keys  []knownKey
		Cases []invitationCase
	}
	readVectors("invitation.json", &invitations)
	for _, c := range invitations.Cases {
		count("invitation.json", c.Comment, verify(c.Invitation, invitations.Keys, c.Now, c.Body), c.Expect)
	}
	must(os.Stdout.Write(must(json.Marshal(map[string]any{"passed": passed, "failed": failed}))))
}

// verify is SPEC §3.3, and compares what it read with body where there is one.
func verify(text string, keys []knownKey, now int64, body map[string]any) string {
	// Go's decoder passes over line breaks; SPEC §2 does not.
	if strings.ContainsAny(text, "\r\n") {
		return "invitation-malformed"
	}
	bytes, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(bytes) != 102 || bytes[0] != 1 || bytes[2] < 1 || bytes[2] > 3 || bytes[3] > 3 {
		return "invitation-malformed"
	}
	tenant := binary.BigEndian.Uint32(bytes[4:])
	signed := append([]byte("maily invitation v1\x00"), bytes[:38]...)
	holds := false
	for _, key := range keys {
		if key.Tenant == tenant && key.KeyID == bytes[1] {
			holds = ed25519.Verify(fromHex(key.PublicKey), signed, bytes[38:])
		}
	}
	if !holds {
		return "invitation-forged"
	}
	expiresAt := binary.BigEndian.Uint32(bytes[34:])
	if now >= int64(expiresAt) {
		return "invitation-expired"
	}
	read := map[string]any{
		"keyId": float64(bytes[1]), "region": []string{"", "eu", "us", "apac"}[bytes[2]],
		"test": bytes[3]&1 != 0, "visit": bytes[3]&2 != 0, "tenant": float64(tenant),
		"campaign": hex.EncodeToString(bytes[8:16]), "reader": hex.EncodeToString(bytes[16:32]),
		"notice": float64(binary.BigEndian.Uint16(bytes[32:])), "expiresAt": float64(expiresAt),
	}
	for name, value := range read {
		if body[name] != value {
			return "another " + name
		}
	}
	return "verified"
}

type hpkeCase struct {
	Comment string `json:"comment"`
	Expect  string `json:"expect"`
	Seed    string `json:"seed"`
	Public  string `json:"publicKey"`
	Info    string `json:"info"`
	Aad     string `json:"aad"`
	Pt      string `json:"pt"`
	Enc     string `json:"enc"`
	Ct      string `json:"ct"`
	Exports []struct {
		Context string `json:"context"`
		Value   string `json:"value"`
	} `json:"exports"`
}

func randomBytes(length int) []byte {
	bytes := make([]byte, length)
	must(rand.Read(bytes))
	return bytes
}

// generate writes vectors of our suite as Go computes them: new ones each time, for Go draws its own randomness.
func generate() {
	lines := []string{}
	for index, length := range []int{0, 1, 15, 16, 17, 32, 63, 64, 65, 100, 254, 255, 256, 257, 500, 512, 1000, 1024, 2048, 4096, 0, 33, 96, 48} {
		seed := randomBytes(32)
		skR := must(hpke.MLKEM768X25519().NewPrivateKey(seed))
		info, aad, pt := randomBytes(index*3), randomBytes(111-index*4), randomBytes(length)
		enc, sender, err := hpke.NewSender(skR.PublicKey(), hpke.HKDFSHA256(), hpke.AES256GCM(), info)
		if err != nil {
			fail(err.Error())
		}
		c := hpkeCase{
			Comment: fmt.Sprintf("%d bytes of text, %d of aad, %d of info", len(pt), len(aad), len(info)),
			Expect:  "opened",
			Seed:    hex.EncodeToString(seed), Public: hex.EncodeToString(skR.PublicKey().Bytes()),
			Info: hex.EncodeToString(info), Aad: hex.EncodeToString(aad), Pt: hex.EncodeToString(pt),
			Enc: hex.EncodeToString(enc), Ct: hex.EncodeToString(must(sender.Seal(aad, pt))),
		}
		for _, context := range []string{"choice root", ""} {
			c.Exports = append(c.Exports, struct {
				Context string `json:"context"`
				Value   string `json:"value"`
			}{hex.EncodeToString([]byte(context)), hex.EncodeToString(must(sender.Export(context, 32)))})
		}
		lines = append(lines, string(must(json.Marshal(c))))
	}
	head := fmt.Sprintf(`{"spec":"SPEC §3.1; RFC 9180 §5.1, §5.3, §6.1","source":"%s crypto/hpke, test/peers/go-hpke","cases":[`, runtime.Version())
	text := head + "\n" + strings.Join(lines, ",\n") + "\n]}\n"
	if err := os.WriteFile(filepath.Join(vectorsFolder, "hpke-go.json"), []byte(text), 0o644); err != nil {
		fail(err.Error())
	}
}
