package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// zoneFlag adds --zone. After the flags have been parsed, zone returns the time zone, which is
// the local one by default.
func zoneFlag(cmd *cobra.Command, usage string) (zone func() (*time.Location, error)) {
	var named *time.Location
	cmd.Flags().Func("zone", usage, func(name string) (err error) {
		named, err = namedZone(name)
		return err
	})
	return func() (*time.Location, error) {
		if named == nil {
			return localZone()
		}
		return named, nil
	}
}

// localZone returns the local time zone with its name in the time zone database, which
// time.Local does not have.
func localZone() (*time.Location, error) {
	name, set := os.LookupEnv("TZ")
	name = strings.TrimPrefix(name, ":")
	switch {
	case set && name == "":
		return time.UTC, nil
	case !set:
		name, _ = filepath.EvalSymlinks("/etc/localtime")
	}
	if _, after, found := strings.Cut(filepath.ToSlash(name), "zoneinfo/"); found {
		name = after
	}
	location, err := namedZone(name)
	if err != nil {
		return nil, errors.New("the name of the local time zone is unknown: use --zone, such as --zone Europe/Vienna")
	}
	return location, nil
}

// namedZone returns the time zone with a name of the time zone database.
func namedZone(name string) (*time.Location, error) {
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is not a name of the time zone database, such as Europe/Vienna", shorten(name))
	}
	return location, nil
}
