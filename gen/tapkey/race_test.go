//go:build race

package tapkey

// slowed means that the race detector slows the tests down.
const slowed = true
