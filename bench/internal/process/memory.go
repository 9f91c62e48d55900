// Package process measures the memory and the processor time of processes. Memory is
// available on Linux only.
package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Peak returns the peak resident set size of a process in bytes. A pid of 0 means this
// process.
func Peak(pid int) (int64, error) {
	return status(pid, "VmHWM")
}

// ResetPeak resets the peak of this process to its current resident set size.
func ResetPeak() error {
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// status returns a size from the status of a process in bytes.
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
	return 0, fmt.Errorf("/proc/%s/status has no %s", process, name)
}
