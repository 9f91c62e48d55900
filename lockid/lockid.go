// Package lockid converts ids of physical locks between the form of the API and the
// one that people read on the lock.
//
// In JSON such an id is base64: two bytes with the length of the rest, little-endian,
// and then the rest. In a URL it is base64url without padding. People read the rest as
// hex, joined by dashes: BAASNL/7 is 12-34-BF-FB (Tapkey's documentation of lock ids).
package lockid

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
)

// header is how many bytes the length takes.
const header = 2

// ID is the id of a physical lock. Its zero value is none and prints as nothing. Two ids
// can be compared with ==.
type ID struct {
	raw string // header and all, as it came
}

// Parse reads the form of the API: base64 or base64url, padded or not. The length in
// the first two bytes is not checked, since even documented examples break its rule.
// What is not base64, or has nothing behind the length, is an error.
func Parse(text string) (ID, error) {
	unpadded := strings.TrimRight(text, "=")
	raw, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(unpadded))
	switch {
	case err != nil || strings.ContainsAny(text, "\r\n") || len(text)-len(unpadded) > 2:
		return ID{}, errors.New("lock id: no base64")
	case len(raw) <= header:
		return ID{}, fmt.Errorf("lock id: %d bytes are too few", len(raw))
	}
	return ID{string(raw)}, nil
}

// ParseHex reads the form for people: hex digits of either case, with or without
// dashes, colons or blanks between the bytes. Anything else, no byte at all and more than
// 65,535 of them are errors.
func ParseHex(text string) (ID, error) {
	id, err := hex.DecodeString(strings.NewReplacer("-", "", ":", "", " ", "").Replace(text))
	switch {
	case err != nil:
		return ID{}, errors.New("lock id: no hex digits, two for each byte")
	case len(id) == 0 || len(id) > math.MaxUint16:
		return ID{}, fmt.Errorf("lock id: %d bytes", len(id))
	}
	raw := binary.LittleEndian.AppendUint16(nil, uint16(len(id)))
	return ID{string(append(raw, id...))}, nil
}

// Base64 is the form for JSON, such as BAASNL/7.
func (id ID) Base64() string { return base64.StdEncoding.EncodeToString([]byte(id.raw)) }

// Base64URL is the form for URLs, without padding, such as BAASNL_7.
func (id ID) Base64URL() string { return base64.RawURLEncoding.EncodeToString([]byte(id.raw)) }

// Hex is the form for people, such as 12-34-BF-FB: what stands on the lock.
func (id ID) Hex() string {
	var b strings.Builder
	for i := header; i < len(id.raw); i++ {
		if i > header {
			b.WriteByte('-')
		}
		fmt.Fprintf(&b, "%02X", id.raw[i])
	}
	return b.String()
}

// String is Hex.
func (id ID) String() string { return id.Hex() }
