// Package bench measures this project's client beside a careful hand-written one and
// beside what other generators make of the same contract. `make bench` runs
// everything and writes docs/performance.md, `make bench-quick` takes a minute.
package bench
