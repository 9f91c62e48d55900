package profile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/internal/privatefile"
)

// maxConfig is the maximum size of the configuration file, in bytes.
const maxConfig = 1 << 20

// lockKey is the key under which the configuration file is locked.
const lockKey = "c0f16"

// Dir is the directory with the configuration file and the profiles.
type Dir struct{ path string }

// Open returns the directory of the user. It need not exist.
func Open() (Dir, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return Dir{}, fmt.Errorf("profiles: %w", err)
	}
	return Dir{filepath.Join(dir, "tapkey")}, nil
}

// Config returns the path of the configuration file.
func (d Dir) Config() string { return filepath.Join(d.path, "config.json") }

// config is the configuration file.
type config struct {
	Profiles map[string]Profile `json:"profiles"`
}

// Load returns the profiles by name. There are none if the file does not exist. A file that
// another user owns or can change is an error, because it says where credentials are sent. An
// unknown field is an error, because a misspelled setting must not be ignored.
func (d Dir) Load() (map[string]Profile, error) {
	profiles, err := d.load()
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err // without the path
	}
	if err != nil {
		return nil, fmt.Errorf("configuration file %s: %w", d.Config(), err)
	}
	return profiles, nil
}

func (d Dir) load() (map[string]Profile, error) {
	data, err := privatefile.Read(d.Config(), privatefile.Write, maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]Profile{}, nil
	}
	if err != nil {
		return nil, err
	}
	if len(data) > maxConfig {
		return nil, fmt.Errorf("is larger than %d bytes", maxConfig)
	}
	if err := privatefile.CheckDir(d.path); err != nil {
		return nil, err
	}
	var c config
	if err := jsonv2.Unmarshal(data, &c, jsonv2.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("is malformed: %s", problem(err))
	}
	if c.Profiles == nil {
		c.Profiles = map[string]Profile{}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Profiles)) {
		if err := CheckName(name); err != nil {
			return nil, err
		}
		if err := c.Profiles[name].check(); err != nil {
			return nil, fmt.Errorf("profile %s: %w", name, err)
		}
	}
	return c.Profiles, nil
}

// problem returns the text of an error of the decoder without its prefix. It contains names of
// fields and no values, which could be secrets that somebody has put into the file.
func problem(err error) string {
	if failed, ok := errors.AsType[*jsonv2.SemanticError](err); ok {
		where := string(failed.JSONPointer)
		if where == "" {
			where = "/"
		}
		if errors.Is(err, jsonv2.ErrUnknownName) {
			return "unknown field " + where
		}
		return fmt.Sprintf("wrong type of %s", where)
	}
	return "it is not valid JSON: " + strings.TrimPrefix(err.Error(), "jsontext: ")
}

// Update changes the profiles in the configuration file. It locks the file, so that commands
// that run at once lose no change.
func (d Dir) Update(ctx context.Context, change func(map[string]Profile)) error {
	files, err := tokenstore.NewFiles(d.path)
	if err != nil {
		return err
	}
	if unlock, err := files.Lock(ctx, lockKey); err == nil {
		defer unlock()
	} else if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	profiles, err := d.Load()
	if err != nil {
		return err
	}
	change(profiles)
	data, err := json.MarshalIndent(config{profiles}, "", "  ")
	if err != nil {
		return err
	}
	return privatefile.Replace(d.Config(), d.path, "config.*.tmp", append(data, '\n'))
}
