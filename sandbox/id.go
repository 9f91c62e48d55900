package sandbox

import "encoding/hex"

// kind is what an id names. It gives the ids of each kind a beginning of their own.
type kind uint32

const (
	kindOwner      kind = 0x7f9c1e52
	kindPermission kind = 0x1b64f0a7
	kindLock       kind = 0xc2a85d13
	kindGroup      kind = 0xe41b7d5c
	kindCard       kind = 0x5e3d9b70
	kindChip       kind = 0x6b97d2e4
	kindContact    kind = 0x90d7c4e6
	kindGrant      kind = 0x3a6f18c9
	kindProvider   kind = 0xb75c2e91
	kindUser       kind = 0xf6082b4d
	kindLogEntry   kind = 0x24e9a7d6
	kindHealth     kind = 0x8d1f6c3a
)

// newID makes an id of the shape Tapkey's have, out of what it names: the same sandbox
// has the same ids each time. Clients must not read anything into them.
func newID(k kind, owner, n int) string {
	var id [16]byte
	put := func(at int, v uint64, size int) {
		for i := range size {
			id[at+i] = byte(v >> (8 * (size - 1 - i)))
		}
	}
	put(0, uint64(k), 4)
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
