// Package process tells what a process has needed: memory, from what Linux says about
// it, and processor time.
package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Peak returns the most bytes that a process has had resident; 0 stands for this one.
func Peak(pid int) (int64, error) {
	return status(pid, "VmHWM")
}

// ResetPeak makes what is resident now the peak of this process.
func ResetPeak() error {
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

func status(pid int, name string) (int64, error) {
	process := "self"
	if pid != 0 {
		process = strconv.Itoa(pid)
	}
	text, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("the status of process %s has no %s", process, name)
}
