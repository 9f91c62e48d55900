package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/client"
)

// errDryRun ends a call whose request was printed instead of sent.
var errDryRun = errors.New("dry run: the request was not sent")

// dryRunFlag adds --dry-run, for the commands that change something.
func dryRunFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "dry-run", false, "print the request instead of sending it")
}

// printRequests returns a middleware that prints every request that changes something, and
// ends the call with errDryRun.
func (c *call) printRequests(w io.Writer) client.Middleware {
	return func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		if req.Method == http.MethodGet {
			return next(req)
		}
		var body []byte
		if req.Body != nil {
			var err error
			if body, err = io.ReadAll(req.Body); err != nil {
				return nil, err
			}
		}
		path := req.URL.RequestURI()
		if base, err := url.Parse(c.BaseURL()); err == nil {
			path = strings.TrimPrefix(path, strings.TrimSuffix(base.EscapedPath(), "/"))
		}
		text := fmt.Sprintf("%s %s\n%s", req.Method, oneLine(path), c.namesIn(path+string(body)))
		var indented bytes.Buffer
		if len(body) > 0 && json.Indent(&indented, body, "", "  ") == nil {
			text += string(escapeControls(bytes.TrimSpace(indented.Bytes()))) + "\n"
		}
		_, err := io.WriteString(w, text)
		return nil, cmp.Or(err, errDryRun)
	}
}

// namesIn returns a comment line for each entity with a known name whose ID is in a request.
func (c *call) namesIn(request string) string {
	var lines strings.Builder
	for _, k := range kindsInOrder {
		for _, e := range sorted(c.known[k]) {
			if e.title() != "" && strings.Contains(request, e.id) {
				fmt.Fprintf(&lines, "# %s %s\n", k.singular, e)
			}
		}
	}
	return lines.String()
}
