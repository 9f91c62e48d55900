package main

import (
	"bytes"
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
	fields    []string
	input, jq string
	dryRun    bool
}

func (a *app) apiCommand() *cobra.Command {
	var flags apiFlags
	cmd := &cobra.Command{
		Use:   "api METHOD PATH",
		Short: "Send any request to the API, with a token",
		Long: "Send any request to the API, with a token, and print the response body.\n" +
			"PATH is relative to the base URL. The --field flags set the fields of a JSON\n" +
			"body or, with GET and DELETE, the query parameters. The token has the scopes of\n" +
			"the operation, if the contract has it.",
		Example: "  tapkey api GET /Owners\n" +
			"  tapkey api PATCH /Owners/7f9c1e52-0000-4000-8000-000000000000 -f name=Home",
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return a.callAPI(cmd, args[0], args[1], flags) },
	}
	cmd.Flags().StringArrayVarP(&flags.fields, "field", "f", nil, "`NAME=TEXT` for a string, NAME:=JSON for any other value; repeatable")
	cmd.Flags().StringVar(&flags.input, "input", "", "`FILE` with the JSON body; - is standard input")
	cmd.Flags().StringVar(&flags.jq, "jq", "", "print what the jq `EXPRESSION` selects from the response")
	dryRunFlag(cmd, &flags.dryRun)
	cmd.MarkFlagsMutuallyExclusive("field", "input")
	return cmd
}

func (a *app) callAPI(cmd *cobra.Command, method, path string, flags apiFlags) error {
	method = strings.ToUpper(method)
	path, rawQuery, _ := strings.Cut(path, "?")
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return errors.New("PATH has an invalid query")
	}
	body, err := flags.apply(method, query, cmd.InOrStdin())
	if err != nil {
		return err
	}
	show := printBody
	if cmd.Flags().Changed("jq") {
		code, err := compileJQ(flags.jq)
		if err != nil {
			return err
		}
		show = func(w io.Writer, body io.Reader) error { return printJQ(cmd.Context(), w, code, body) }
	}
	var c call
	var opts []client.Option
	if flags.dryRun {
		opts = append(opts, client.WithCallMiddleware(c.printRequests(cmd.OutOrStdout())))
	}
	var stop func()
	c.Client, stop, err = a.newClient(cmd.Context(), operationsAt(method, path), opts...)
	defer stop()
	if err != nil {
		return err
	}
	rsp, err := c.Do(cmd.Context(), method, path, query, body)
	switch {
	case errors.Is(err, errDryRun):
		return nil
	case err != nil:
		return printError(cmd.OutOrStdout(), path, err)
	}
	defer rsp.Body.Close()
	return show(cmd.OutOrStdout(), rsp.Body)
}

// printError prints the body of an error response and returns the error.
func printError(w io.Writer, path string, err error) error {
	if apiErr, ok := errors.AsType[*api.Error](err); ok {
		if err := printBody(w, bytes.NewReader(apiErr.Body)); err != nil {
			return err
		}
		if apiErr.Operation == "" {
			apiErr.Operation, apiErr.Path = "api", path
		}
	}
	return asFailure(err)
}

// methods lists the HTTP methods that the API uses.
var methods = []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodPatch, http.MethodDelete}

// apply adds the fields to the query and returns nil, or returns the request body.
func (f apiFlags) apply(method string, query url.Values, stdin io.Reader) (body any, err error) {
	inQuery := method == http.MethodGet || method == http.MethodDelete
	switch {
	case !slices.Contains(methods, method):
		return nil, fmt.Errorf("unknown method %q: use one of %s", method, strings.Join(methods, ", "))
	case f.input != "" && inQuery:
		return nil, fmt.Errorf("%s takes no body", method)
	case f.input != "":
		return readBody(f.input, stdin)
	case len(f.fields) == 0:
		return nil, nil
	}
	fields := map[string]json.RawMessage{}
	for _, field := range f.fields {
		name, value, err := parseField(field)
		if err != nil {
			return nil, err
		}
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("field %q is set twice", name)
		}
		fields[name] = value
		if inQuery {
			query.Set(name, unquoted(value))
		}
	}
	if inQuery {
		return nil, nil
	}
	return fields, nil
}

// parseField parses NAME=TEXT or NAME:=JSON.
func parseField(field string) (name string, value json.RawMessage, err error) {
	name, text, ok := strings.Cut(field, "=")
	typed := strings.HasSuffix(name, ":")
	name = strings.TrimSuffix(name, ":")
	switch {
	case !ok || name == "":
		return "", nil, fmt.Errorf("invalid field %q: use NAME=TEXT or NAME:=JSON", field)
	case !typed:
		value, err = json.Marshal(text)
		return name, value, err
	case !json.Valid([]byte(text)):
		return "", nil, fmt.Errorf("field %q: invalid JSON after :=", name)
	}
	return name, json.RawMessage(text), nil
}

func readBody(file string, stdin io.Reader) (body json.RawMessage, err error) {
	if file == "-" {
		body, err = io.ReadAll(stdin)
	} else {
		body, err = os.ReadFile(file) //nolint:gosec // the user chooses the file
	}
	if err == nil && !json.Valid(body) {
		err = errors.New("--input is not valid JSON")
	}
	return body, err
}

// operationsAt returns the ID of the operation with a method and path, if the contract
// has it.
func operationsAt(method, path string) []string {
	target, err := url.Parse(path)
	if err != nil {
		return nil
	}
	op, ok := engine.FindOperation(tapkey.Operations(), method, target)
	if !ok {
		return nil
	}
	return []string{op.ID}
}

// printBody prints a response body: unchanged, or on a terminal without control
// characters and with JSON indented.
func printBody(w io.Writer, body io.Reader) error {
	if !isTerminal(w) {
		_, err := io.Copy(w, body)
		return asFailure(err)
	}
	text, err := io.ReadAll(body)
	if err != nil || len(text) == 0 {
		return asFailure(err)
	}
	var indented bytes.Buffer
	if json.Indent(&indented, text, "", "  ") == nil {
		text = escapeControls(indented.Bytes())
	} else {
		text = []byte(engine.OneLine(string(text), len(text)))
	}
	_, err = fmt.Fprintf(w, "%s\n", bytes.TrimRight(text, "\n"))
	return asFailure(err)
}
