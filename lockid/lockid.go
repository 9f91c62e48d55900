// Package lockid converts ids of physical locks between the form used by the API and the
// form printed on the lock. Use it if people read or type the id of a lock.
//
// The API encodes an id in base64: two bytes with the length, little-endian, followed by
// the id itself. In a URL it is base64url without padding. On the lock the id is printed in
// hex, with dashes between the bytes: BAASNL/7 is 12-34-BF-FB.
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

// header is the number of bytes of the length.
const header = 2

// ID is the id of a physical lock. The zero ID is empty; its String is "". Two ids can be
// compared with ==.
type ID struct {
	raw string // with the length, as parsed
}

// Parse parses the form used by the API: base64 or base64url, with or without padding. It
// does not check the length in the first two bytes, because documented examples have a
// wrong one. It returns an error if text is not base64 or has no bytes after the length.
func Parse(text string) (ID, error) {
	unpadded := strings.TrimRight(text, "=")
	raw, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(unpadded))
	switch {
	case err != nil || strings.ContainsAny(text, "\r\n") || len(text)-len(unpadded) > 2:
		return ID{}, errors.New("lock id: invalid base64")
	case len(raw) <= header:
		return ID{}, fmt.Errorf("lock id: got %d bytes, want at least %d", len(raw), header+1)
	}
	return ID{string(raw)}, nil
}

// ParseHex parses the form printed on the lock: hex digits, upper or lower case, with or
// without dashes, colons or spaces between the bytes. An id has 1 to 65,535 bytes.
func ParseHex(text string) (ID, error) {
	id, err := hex.DecodeString(strings.NewReplacer("-", "", ":", "", " ", "").Replace(text))
	switch {
	case err != nil:
		return ID{}, errors.New("lock id: invalid hex: want two digits for each byte")
	case len(id) == 0 || len(id) > math.MaxUint16:
		return ID{}, fmt.Errorf("lock id: got %d bytes, want 1 to %d", len(id), math.MaxUint16)
	}
	raw := binary.LittleEndian.AppendUint16(nil, uint16(len(id)))
	return ID{string(append(raw, id...))}, nil
}

// Base64 returns the form used in JSON, such as BAASNL/7.
func (id ID) Base64() string { return base64.StdEncoding.EncodeToString([]byte(id.raw)) }

// Base64URL returns the form used in URLs, without padding, such as BAASNL_7.
func (id ID) Base64URL() string { return base64.RawURLEncoding.EncodeToString([]byte(id.raw)) }

// Hex returns the form printed on the lock, such as 12-34-BF-FB.
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

// String returns id.Hex().
func (id ID) String() string { return id.Hex() }
