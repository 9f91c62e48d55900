package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
	_ "time/tzdata" // zones, on systems that have none
)

// checkTimeZone returns an error if TZ names a time zone that does not exist. Package time
// would use UTC instead, and times in arguments would mean other instants.
func checkTimeZone() error {
	name, ok := os.LookupEnv("TZ")
	if !ok || runtime.GOOS == "windows" { // where package time ignores TZ
		return nil
	}
	name = strings.TrimPrefix(name, ":")
	if filepath.IsAbs(name) {
		data, err := os.ReadFile(name) //nolint:gosec // the user chooses the file
		if err == nil {
			_, err = time.LoadLocationFromTZData(name, data)
		}
		if err == nil {
			return nil
		}
	} else if _, err := time.LoadLocation(name); err == nil && name != "Local" {
		return nil
	}
	return fmt.Errorf("unknown time zone %q in TZ: use a name such as Europe/Vienna", oneLine(name))
}
