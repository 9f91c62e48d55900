// Package profile keeps the profiles of the command: named settings in a configuration file,
// and their secrets and tokens in a directory next to it, encrypted with a key in the keyring
// of the operating system if there is one.
package profile

import (
	"fmt"
	"regexp"
	"slices"
)

// Default is the name of the profile that is used if none is selected.
const Default = "default"

// Grant types of a profile.
const (
	Person            = "authorization_code" // a person who has signed in
	ClientCredentials = "client_credentials"
)

// Kinds of storage.
const (
	Keyring = "keyring" // encrypted files, with the key in the keyring
	File    = "file"    // files that are not encrypted
)

// Profile is a profile in the configuration file. It contains no secret.
type Profile struct {
	Environment           string   `json:"environment,omitempty"`
	BaseURI               string   `json:"baseUri,omitempty"`
	TokenEndpoint         string   `json:"tokenEndpoint,omitempty"`
	AuthorizationEndpoint string   `json:"authorizationEndpoint,omitempty"`
	RevocationEndpoint    string   `json:"revocationEndpoint,omitempty"`
	ClientID              string   `json:"clientId,omitempty"`
	GrantType             string   `json:"grantType,omitempty"`
	RedirectURI           string   `json:"redirectUri,omitempty"`
	Scopes                []string `json:"scopes,omitempty"`  // that were granted, or that are requested
	Storage               string   `json:"storage,omitempty"` // of secrets and tokens; "" if not signed in
}

var nameFormat = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// CheckName returns an error if a name is not that of a profile. Names are lower-case, because
// they are part of the names of directories, and some systems ignore case.
func CheckName(name string) error {
	if !nameFormat.MatchString(name) {
		return fmt.Errorf("profile name %.70q: use up to 64 lower-case letters, digits, - and _", name)
	}
	return nil
}

// check returns an error if the profile has a value that nothing writes there.
func (p Profile) check() error {
	if !slices.Contains([]string{"", Person, ClientCredentials}, p.GrantType) {
		return fmt.Errorf("grantType %.40q: use %s or %s", p.GrantType, Person, ClientCredentials)
	}
	if !slices.Contains([]string{"", Keyring, File}, p.Storage) {
		return fmt.Errorf("storage %.40q: use %s or %s", p.Storage, Keyring, File)
	}
	return nil
}
