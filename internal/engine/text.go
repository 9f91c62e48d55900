package engine

import "github.com/tapkey-go/tapkey-go/internal/redact"

// maxText is the number of bytes of text from a server that are kept.
const maxText = redact.MaxText

// OneLine is [redact.Line]: the first limit bytes of s on one line.
func OneLine(s string, limit int) string { return redact.Line(s, limit) }
