//go:build race

package redact

// slowed means that the race detector slows the tests down.
const slowed = true
