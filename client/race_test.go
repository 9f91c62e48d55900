//go:build race

package client_test

// pageStep leaves out most lists, because the race detector makes each of them ten times slower.
const pageStep = 12
