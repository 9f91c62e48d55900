// Package bench compares the client of this project with a careful hand-written client and
// with clients that other generators generate from the same contract. README.md describes
// how to run it.
package bench
