package sandbox

import "encoding/hex"

// idPrefix is the first part of an id. It tells what the id identifies.
type idPrefix uint32

const (
	prefixOwner      idPrefix = 0x7f9c1e52
	prefixPermission idPrefix = 0x1b64f0a7
	prefixLock       idPrefix = 0xc2a85d13
	prefixGroup      idPrefix = 0xe41b7d5c
	prefixCard       idPrefix = 0x5e3d9b70
	prefixChip       idPrefix = 0x6b97d2e4
	prefixContact    idPrefix = 0x90d7c4e6
	prefixGrant      idPrefix = 0x3a6f18c9
	prefixProvider   idPrefix = 0xb75c2e91
	prefixUser       idPrefix = 0xf6082b4d
	prefixLogEntry   idPrefix = 0x24e9a7d6
	prefixPerson     idPrefix = 0x49c0b7a5
	prefixHealth     idPrefix = 0x8d1f6c3a
)

// newID returns the id of item n of an owner account, in the form of Tapkey's ids. Ids
// are reproducible. Clients must treat them as opaque.
func newID(prefix idPrefix, owner, n int) string {
	var id [16]byte
	put := func(at int, v uint64, size int) {
		for i := range size {
			id[at+i] = byte(v >> (8 * (size - 1 - i)))
		}
	}
	put(0, uint64(prefix), 4)
	put(4, uint64(owner)>>12, 2)
	put(6, 0x4000|uint64(owner)&0xfff, 2)
	put(8, 8<<60|uint64(n), 8)
	text := make([]byte, 0, 36)
	for i, end := range []int{4, 6, 8, 10, 16} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, id[[]int{0, 4, 6, 8, 10}[i]:end])
	}
	return string(text)
}
