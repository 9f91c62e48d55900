package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

type apiFlags struct {
	fields []string
	input  string
}

func (a *app) api() *cobra.Command {
	var flags apiFlags
	cmd := &cobra.Command{
		Use:   "api METHOD PATH",
		Short: "Send any request to the API, with a token",
		Long: "Send any request to the API, with a token, and print the body of the answer.\n" +
			"PATH is what comes after the base URL, and leads nowhere else. Fields are the\n" +
			"members of a JSON body, or with GET and DELETE the parameters of the query.\n" +
			"The scopes asked for are those of the operation, if the contract has it.",
		Example: "  tapkey api GET /Owners\n" +
			"  tapkey api PATCH /Owners/7f9c1e52-0000-4000-8000-000000000000 -f name=Home",
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return a.callAPI(cmd, args[0], args[1], flags) },
	}
	cmd.Flags().StringArrayVarP(&flags.fields, "field", "f", nil, "`NAME=TEXT`, or NAME:=JSON for what is no text")
	cmd.Flags().StringVar(&flags.input, "input", "", "`FILE` with the body, in JSON; - is standard input")
	cmd.MarkFlagsMutuallyExclusive("field", "input")
	return cmd
}

func (a *app) callAPI(cmd *cobra.Command, method, path string, flags apiFlags) error {
	method = strings.ToUpper(method)
	target, err := below(path)
	if err != nil {
		return err
	}
	body, err := flags.apply(method, target, cmd.InOrStdin())
	if err != nil {
		return err
	}
	c, done, err := a.client(operationsAt(method, target.Path))
	if err != nil {
		return err
	}
	defer done()
	rsp, err := sendRaw(cmd.Context(), c, method, target, body)
	if err != nil {
		return err
	}
	defer rsp.Body.Close()
	if err := printBody(cmd.OutOrStdout(), rsp.Body); err != nil {
		return err
	}
	if rsp.StatusCode < 200 || rsp.StatusCode > 299 {
		return &failure{&api.Error{Operation: "api", Method: method, Path: target.Path, StatusCode: rsp.StatusCode, Header: rsp.Header}}
	}
	return nil
}

// methods are those of the API.
var methods = []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodPatch, http.MethodDelete}

// below checks a path that is meant to lie below the base URL, and returns it as a
// reference. Nothing in it may lead elsewhere, however often somebody decodes it.
func below(path string) (*url.URL, error) {
	u, err := url.Parse(path)
	switch {
	case err != nil:
		return nil, errors.New("PATH is no path of a URL")
	case u.Scheme != "" || u.Opaque != "" || strings.HasPrefix(path, "//"):
		return nil, errors.New("PATH is what comes after the base URL, such as /Owners, and no URL")
	case u.Fragment != "" || strings.Trim(u.Path, "/") == "":
		return nil, errors.New("PATH is empty or has a fragment")
	}
	for decoded := u.EscapedPath(); ; {
		if leadsElsewhere(decoded) {
			return nil, errors.New("PATH leads to another place: it has a segment . or .., a backslash or a control character")
		}
		next, _ := url.PathUnescape(decoded) // empty if there is a stray %, which url.Parse lets nobody decode
		if next == "" || next == decoded {
			return u, nil
		}
		decoded = next
	}
}

func leadsElsewhere(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		name, _, _ := strings.Cut(segment, ";") // what follows is taken for a parameter by some servers
		if name == "." || name == ".." {
			return true
		}
	}
	return strings.ContainsFunc(path, func(r rune) bool { return r == '\\' || isControl(r) })
}

// apply puts the fields into the query, or returns the body to send.
func (f apiFlags) apply(method string, target *url.URL, stdin io.Reader) ([]byte, error) {
	inQuery := method == http.MethodGet || method == http.MethodDelete
	switch {
	case !slices.Contains(methods, method):
		return nil, fmt.Errorf("method %q is none of %s", method, strings.Join(methods, ", "))
	case f.input != "" && inQuery:
		return nil, fmt.Errorf("%s takes no body", method)
	case f.input != "":
		return readBody(f.input, stdin)
	case len(f.fields) == 0:
		return nil, nil
	}
	query, members := target.Query(), map[string]json.RawMessage{}
	for _, field := range f.fields {
		name, value, err := parseField(field)
		if err != nil {
			return nil, err
		}
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("field %q is there twice", name)
		}
		members[name] = value
		query.Set(name, unquoted(value))
	}
	if inQuery {
		target.RawQuery = query.Encode()
		return nil, nil
	}
	return json.Marshal(members)
}

// parseField reads NAME=TEXT or NAME:=JSON.
func parseField(field string) (name string, value json.RawMessage, err error) {
	name, text, ok := strings.Cut(field, "=")
	typed := strings.HasSuffix(name, ":")
	name = strings.TrimSuffix(name, ":")
	switch {
	case !ok || name == "":
		return "", nil, fmt.Errorf("field %q is neither NAME=TEXT nor NAME:=JSON", field)
	case !typed:
		value, err = json.Marshal(text)
		return name, value, err
	case !json.Valid([]byte(text)):
		return "", nil, fmt.Errorf("field %q is no JSON after :=", name)
	}
	return name, json.RawMessage(text), nil
}

func readBody(file string, stdin io.Reader) (body []byte, err error) {
	if file == "-" {
		body, err = io.ReadAll(stdin)
	} else {
		body, err = os.ReadFile(file) //nolint:gosec // the file is the one that the user names
	}
	if err == nil && !json.Valid(body) {
		err = errors.New("--input is no JSON")
	}
	return body, err
}

// operationsAt returns the id of the operation that a request is, if the contract
// has it.
func operationsAt(method, path string) []string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for _, op := range tapkey.Operations() {
		template := strings.Split(strings.Trim(op.Path, "/"), "/")
		if op.Method == method && slices.EqualFunc(template, segments, func(t, s string) bool {
			return strings.HasPrefix(t, "{") || strings.EqualFold(t, s)
		}) {
			return []string{op.ID}
		}
	}
	return nil
}

// sendRaw sends a request by the raw client, which adds the token, keeps to the base
// URL's origin and repeats only GET.
func sendRaw(ctx context.Context, c *client.Client, method string, target *url.URL, body []byte) (*http.Response, error) {
	raw := c.Raw()
	address := strings.TrimSuffix(raw.Server, "/") + "/" + strings.TrimLeft(target.EscapedPath(), "/")
	if target.RawQuery != "" {
		address += "?" + target.RawQuery
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, edit := range raw.RequestEditors {
		if err := edit(ctx, req); err != nil {
			return nil, failed(err)
		}
	}
	rsp, err := raw.Client.Do(req)
	if failedURL, ok := errors.AsType[*url.Error](err); ok {
		err = failedURL.Err // without the URL, which may hold anything
	}
	return rsp, failed(err)
}

// printBody prints an answer: as it is where a program reads, else as a terminal can
// take it.
func printBody(w io.Writer, body io.Reader) error {
	if !isTerminal(w) {
		_, err := io.Copy(w, body)
		return failed(err)
	}
	text, err := io.ReadAll(body)
	if err != nil || len(text) == 0 {
		return failed(err)
	}
	var indented bytes.Buffer
	if json.Indent(&indented, text, "", "  ") == nil {
		text = escapeControls(indented.Bytes())
	} else {
		text = []byte(engine.OneLine(string(text), len(text)))
	}
	_, err = fmt.Fprintf(w, "%s\n", bytes.TrimRight(text, "\n"))
	return failed(err)
}
