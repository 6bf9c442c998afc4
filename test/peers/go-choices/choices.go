package main

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/hmac"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
)

type scope struct {
	tenant   uint32
	campaign []byte
	region   string
	keyID    uint8
}

var regionCodes = map[string]byte{"eu": 1, "us": 2, "apac": 3}

func must[T any](value T, err error) T {
	if err != nil {
		fail(err.Error())
	}
	return value
}

func fromBase64url(text string) []byte {
	return must(base64.RawURLEncoding.Strict().DecodeString(text))
}

func toBase64url(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

// openRoot is the region's side: choiceRoot = Export("choice root", 32) of SetupBaseR.
func openRoot(seed, enc []byte, of scope) []byte {
	info := []byte("application/vnd.maily.choices v1\x00")
	info = binary.BigEndian.AppendUint32(info, of.tenant)
	info = append(info, of.campaign...)
	info = append(info, regionCodes[of.region], of.keyID)
	skR := must(hpke.MLKEM768X25519().NewPrivateKey(seed))
	recipient := must(hpke.NewRecipient(enc, skR, hpke.HKDFSHA256(), hpke.AES256GCM(), info))
	return must(recipient.Export("choice root", 32))
}

func readerKey(root, reader []byte) []byte {
	mac := hmac.New(sha256.New, root)
	mac.Write([]byte("maily reader v1\x00"))
	mac.Write(reader)
	return mac.Sum(nil)
}

// block is question u16 ‖ option u16 ‖ channel u8 ‖ version u8 ‖ ten zero bytes.
func block(question, option uint16, channel, version byte) []byte {
	plain := make([]byte, 16)
	binary.BigEndian.PutUint16(plain, question)
	binary.BigEndian.PutUint16(plain[2:], option)
	plain[4], plain[5] = channel, version
	return plain
}

// openCode reads the choice a code stands for.
func openCode(key []byte, code string) (question, option uint16, opened bool) {
	// Go's decoder passes over line breaks; SPEC §2 does not.
	if strings.ContainsAny(code, "\r\n") {
		return 0, 0, false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(code)
	if err != nil || len(sealed) != 16 {
		return 0, 0, false
	}
	plain := make([]byte, 16)
	must(aes.NewCipher(key)).Decrypt(plain, sealed)
	question, option = binary.BigEndian.Uint16(plain), binary.BigEndian.Uint16(plain[2:])
	return question, option, subtle.ConstantTimeCompare(plain, block(question, option, 1, 1)) == 1
}

// shuffled sorts options by their blocks of version 2.
func shuffled(key []byte, question uint16, count int) []int {
	cipher := must(aes.NewCipher(key))
	blocks := make([][]byte, count)
	order := make([]int, count)
	for option := range count {
		blocks[option] = make([]byte, 16)
		cipher.Encrypt(blocks[option], block(question, uint16(option), 0, 2))
		order[option] = option
	}
	slices.SortFunc(order, func(left, right int) int {
		return cmp.Or(bytes.Compare(blocks[left], blocks[right]), left-right)
	})
	return order
}
