package main

import (
	"bytes"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"unicode/utf8"
)

// Binding is what an envelope is bound to; Consent is JSON of any spelling.
type Binding struct {
	KeyID        uint8
	Region       string
	Tenant       uint32
	Campaign     []byte
	Reader       []byte
	SubmissionID []byte
	Consent      json.RawMessage
	Invitation   []byte
}

// Line is one line of the seam.
type Line struct {
	KeyID        uint8           `json:"keyId"`
	Region       string          `json:"region"`
	Tenant       uint32          `json:"tenant"`
	Campaign     string          `json:"campaign"`
	Reader       string          `json:"reader"`
	SubmissionID string          `json:"submissionId"`
	Consent      json.RawMessage `json:"consent"`
	Invitation   string          `json:"invitation"`
	PublicKey    string          `json:"publicKey"`
	Payload      json.RawMessage `json:"payload"`
	Seed         string          `json:"seed"`
	Envelope     string          `json:"envelope"`
}

const (
	hdrBytes      = 7
	encBytes      = 1120
	tagBytes      = 16
	infoPrefix    = "application/vnd.maily.answer v1\x00"
	problemForm   = "envelope-malformed"
	problemSuite  = "suite-unknown"
	problemSealed = "envelope-unopenable"
)

var (
	plaintextSizes = []int{256, 512, 1024, 2048, 4096}
	regionCodes    = map[string]byte{"eu": 1, "us": 2, "apac": 3}
	suite          = []byte{0x64, 0x7a, 0x00, 0x01, 0x00, 0x02}
)

func must[T any](value T, err error) T {
	if err != nil {
		fail(err.Error())
	}
	return value
}

func fromBase64url(text string) []byte {
	return must(base64.RawURLEncoding.Strict().DecodeString(text))
}

func (line Line) binding() Binding {
	return Binding{
		KeyID:        line.KeyID,
		Region:       line.Region,
		Tenant:       line.Tenant,
		Campaign:     fromBase64url(line.Campaign),
		Reader:       fromBase64url(line.Reader),
		SubmissionID: fromBase64url(line.SubmissionID),
		Consent:      line.Consent,
		Invitation:   fromBase64url(line.Invitation),
	}
}

// canonical is RFC 8785 for what a consent has: objects, lists, texts, whole numbers, booleans. Go sorts members by bytes
// of UTF-8, which is RFC 8785's order for names in the Basic Multilingual Plane.
func canonical(value json.RawMessage) []byte {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		fail(err.Error())
	}
	var written bytes.Buffer
	encoder := json.NewEncoder(&written)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(decoded); err != nil {
		fail(err.Error())
	}
	return bytes.TrimSuffix(written.Bytes(), []byte("\n"))
}

func (binding Binding) aad() []byte {
	consent := sha256.Sum256(canonical(binding.Consent))
	invitation := sha256.Sum256(binding.Invitation)
	aad := []byte{1}
	aad = binary.BigEndian.AppendUint32(aad, binding.Tenant)
	aad = append(aad, binding.Campaign...)
	aad = append(aad, regionCodes[binding.Region], binding.KeyID)
	aad = append(aad, binding.Reader...)
	aad = append(aad, binding.SubmissionID...)
	aad = append(aad, consent[:]...)
	return append(aad, invitation[:]...)
}

func seal(binding Binding, publicKey []byte, payload []byte) []byte {
	pkR := must(hpke.MLKEM768X25519().NewPublicKey(publicKey))
	hdr := append([]byte{binding.KeyID}, suite...)
	enc, sender, err := hpke.NewSender(pkR, hpke.HKDFSHA256(), hpke.AES256GCM(), append([]byte(infoPrefix), hdr...))
	if err != nil {
		fail(err.Error())
	}
	index := slices.IndexFunc(plaintextSizes, func(size int) bool { return size >= 2+len(payload) })
	if index < 0 {
		fail("the payload is too long")
	}
	plaintext := make([]byte, plaintextSizes[index])
	binary.BigEndian.PutUint16(plaintext, uint16(len(payload)))
	copy(plaintext[2:], payload)
	ct := must(sender.Seal(binding.aad(), plaintext))
	return slices.Concat(hdr, enc, ct)
}

// open returns the payload or, as the error's text, the code of the problem.
func open(binding Binding, seed []byte, envelope []byte) ([]byte, error) {
	if len(envelope) < hdrBytes {
		return nil, errors.New(problemForm)
	}
	hdr := envelope[:hdrBytes]
	if !bytes.Equal(hdr[1:], suite) {
		return nil, errors.New(problemSuite)
	}
	if !slices.Contains(plaintextSizes, len(envelope)-hdrBytes-encBytes-tagBytes) {
		return nil, errors.New(problemForm)
	}
	refused := errors.New(problemSealed)
	if hdr[0] != binding.KeyID {
		return nil, refused
	}
	enc, ct := envelope[hdrBytes:hdrBytes+encBytes], envelope[hdrBytes+encBytes:]
	skR := must(hpke.MLKEM768X25519().NewPrivateKey(seed))
	info := append([]byte(infoPrefix), hdr...)
	recipient, err := hpke.NewRecipient(enc, skR, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return nil, refused
	}
	plaintext, err := recipient.Open(binding.aad(), ct)
	if err != nil {
		return nil, refused
	}
	return unpad(plaintext, refused)
}

func unpad(plaintext []byte, refused error) ([]byte, error) {
	end := 2 + int(binary.BigEndian.Uint16(plaintext))
	index := slices.IndexFunc(plaintextSizes, func(size int) bool { return size >= end })
	if index < 0 || plaintextSizes[index] != len(plaintext) {
		return nil, refused
	}
	for _, padding := range plaintext[end:] {
		if padding != 0 {
			return nil, refused
		}
	}
	payload := plaintext[2:end]
	if !utf8.Valid(payload) {
		return nil, refused
	}
	return payload, nil
}

func sealLine(line Line) map[string]any {
	envelope := seal(line.binding(), fromBase64url(line.PublicKey), line.Payload)
	return map[string]any{"envelope": base64.RawURLEncoding.EncodeToString(envelope)}
}

func openLine(line Line) map[string]any {
	payload, err := open(line.binding(), fromBase64url(line.Seed), fromBase64url(line.Envelope))
	if err != nil {
		return map[string]any{"problem": err.Error()}
	}
	return map[string]any{"payload": json.RawMessage(payload)}
}
