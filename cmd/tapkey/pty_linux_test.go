package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// A terminal is a pseudo-terminal of the kernel, with a screen that can be read and a
// keyboard that can be typed on.
type terminal struct {
	keyboard, side *os.File // side is the end that the command uses
	screen         screen
}

// A screen holds all text written so far.
type screen struct {
	mu     sync.Mutex
	text   bytes.Buffer
	onText func(text string)
	ended  chan struct{}
}

// openTerminal opens a terminal. It skips the test under -short.
func openTerminal(t *testing.T) *terminal {
	t.Helper()
	skipShort(t, "terminal")
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("terminal: not run (no /dev/ptmx)")
	}
	var number, locked int32
	for request, value := range map[uintptr]*int32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &locked} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, keyboard.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Fatalf("ioctl %#x of /dev/ptmx: error = %v, want none", request, errno)
		}
	}
	side, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { keyboard.Close(); side.Close() })
	term := &terminal{keyboard: keyboard, side: side, screen: screen{ended: make(chan struct{})}}
	term.resize(t, 120)
	return term
}

// resize sets the number of columns.
func (term *terminal) resize(t *testing.T, columns int) {
	t.Helper()
	size := [4]uint16{24, uint16(columns)} // rows, columns, pixels
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, term.side.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); errno != 0 {
		t.Fatalf("ioctl TIOCSWINSZ: error = %v, want none", errno)
	}
}

// start starts a command on the terminal, which sends it signals for control keys. The
// terminal replaces the standard streams of the command that are nil.
func (term *terminal) start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if cmd.Stdin == nil {
		cmd.Stdin = term.side
	}
	if cmd.Stdout == nil {
		cmd.Stdout = term.side
	}
	if cmd.Stderr == nil {
		cmd.Stderr = term.side
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	term.side.Close()
	go func() {
		defer close(term.screen.ended)
		_, _ = io.Copy(&term.screen, term.keyboard) // ends with the command
	}()
}

func (term *terminal) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(term.keyboard, keys); err != nil {
		t.Errorf("typing %q: error = %v, want none", keys, err)
	}
}

// reply types keys once, when the text on the screen ends with question.
func (term *terminal) reply(t *testing.T, question, keys string) {
	replied := false
	term.screen.onText = func(text string) {
		if !replied && strings.HasSuffix(text, question) {
			replied = true
			term.press(t, keys)
		}
	}
}

// end waits for the command and returns the text on the screen.
func (term *terminal) end(cmd *exec.Cmd) (text string, status int) {
	_ = cmd.Wait()
	<-term.screen.ended
	return term.screen.String(), cmd.ProcessState.ExitCode()
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(bytes.ReplaceAll(p, []byte("\r\n"), []byte("\n")))
	if s.onText != nil {
		s.onText(s.text.String())
	}
	return len(p), nil
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// onTerminal runs a command on a terminal and returns the text on the screen. It calls
// onText, which may be nil, after each write with all text so far.
func onTerminal(t *testing.T, cmd *exec.Cmd, onText func(string)) (text string, status int) {
	t.Helper()
	term := openTerminal(t)
	term.screen.onText = onText
	term.start(t, cmd)
	return term.end(cmd)
}
