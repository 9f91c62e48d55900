package tapkeyserver

import "time"

// Timestamp is a time that is encoded as Tapkey does: in UTC, with three decimals and a Z.
type Timestamp time.Time

const timestampLayout = `2006-01-02T15:04:05.000Z`

// MarshalText implements encoding.TextMarshaler.
func (t Timestamp) MarshalText() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(nil, timestampLayout), nil
}
