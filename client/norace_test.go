//go:build !race

package client_test

// pageStep is the difference between the lengths of two lists in tests of many lists.
const pageStep = 1
