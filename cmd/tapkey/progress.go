package main

import (
	"fmt"
	"io"
	"time"
)

// A progress shows the number of exported entries on one line of a terminal. It shows
// nothing if w is not a terminal or if the entries are written to a terminal, too.
type progress struct {
	w           io.Writer
	visible     bool
	start, last time.Time
	entries     int
}

func newProgress(w, entries io.Writer) *progress {
	return &progress{w: w, visible: isTerminal(w) && !isTerminal(entries), start: time.Now()}
}

const progressInterval = 200 * time.Millisecond

func (p *progress) add() {
	p.entries++
	if p.visible && time.Since(p.last) >= progressInterval {
		p.last = time.Now()
		p.draw()
	}
}

// draw overwrites the line.
func (p *progress) draw() {
	rate := float64(p.entries) / max(time.Since(p.start).Seconds(), 1e-3)
	fmt.Fprintf(p.w, "\r%-40s", fmt.Sprintf("%d entries, %.0f/s", p.entries, rate))
}

func (p *progress) end() {
	if p.visible {
		p.draw()
		fmt.Fprintln(p.w)
	}
}
