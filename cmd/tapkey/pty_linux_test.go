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

// terminal is a real one: a pseudo-terminal of the kernel, with a screen that can be
// read and a keyboard that can be typed on.
type terminal struct {
	keyboard, side *os.File // side is what the command has
	screen         screen
}

// screen is what was written, as far as it was.
type screen struct {
	mu     sync.Mutex
	text   bytes.Buffer
	onText func(text string)
	ended  chan struct{}
}

func openTerminal(t *testing.T) *terminal {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("terminal: not run (no /dev/ptmx)")
	}
	var number, locked int32
	for request, value := range map[uintptr]*int32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &locked} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, keyboard.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Fatal(errno)
		}
	}
	side, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keyboard.Close(); side.Close() })
	return &terminal{keyboard: keyboard, side: side, screen: screen{ended: make(chan struct{})}}
}

// start runs a command on the terminal, which sends it signals for control keys.
// What is nil of the command's input and output becomes the terminal.
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
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	term.side.Close()
	go func() {
		defer close(term.screen.ended)
		_, _ = io.Copy(&term.screen, term.keyboard) // ends when the command does
	}()
}

func (term *terminal) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(term.keyboard, keys); err != nil {
		t.Error(err)
	}
}

// end waits for the command and returns the whole screen.
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

// onTerminal runs a command whose input and output are a terminal.
func onTerminal(t *testing.T, cmd *exec.Cmd, onText func(string)) (string, int) {
	t.Helper()
	term := openTerminal(t)
	term.screen.onText = onText
	term.start(t, cmd)
	return term.end(cmd)
}

// answer types keys once, when the screen ends with a question.
func (term *terminal) answer(t *testing.T, question, keys string) {
	asked := false
	term.screen.onText = func(text string) {
		if !asked && strings.HasSuffix(text, question) {
			asked = true
			term.press(t, keys)
		}
	}
}
