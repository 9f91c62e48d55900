package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/pathmatch"
)

// SetNull sets fields of the JSON body of a request to null. It returns an error if the
// contract does not allow null for one of them or if the body has another value for it. The
// allowed fields are those that nullable returns for the ID of the operation. The operation is
// that of ctx or, if ctx has none, the one in the table with the method and path of the
// request.
func SetNull(ctx context.Context, req *http.Request, fields []string, table func() []api.Operation, nullable func(id string) []string) error {
	if len(fields) == 0 {
		return nil
	}
	op, err := operationOf(ctx, req, table)
	if err != nil {
		return fmt.Errorf("set %s to null: %w", quoted(fields), err)
	}
	allowed := nullable(op.ID)
	for _, field := range fields {
		switch {
		case slices.Contains(allowed, field):
		case len(allowed) == 0:
			return fmt.Errorf("set %q to null: %s has no field that may be null", field, op.ID)
		default:
			return fmt.Errorf("set %q to null: %s allows it only for %s", field, op.ID, quoted(allowed))
		}
	}
	text, err := bodyText(req)
	if err == nil {
		text, err = withNull(text, fields)
	}
	if err != nil {
		return fmt.Errorf("set %s to null: %w", quoted(fields), err)
	}
	body := &JSON{text: text}
	body.Reset(text)
	body.start(req)
	return nil
}

// operationOf returns the operation of a request.
func operationOf(ctx context.Context, req *http.Request, table func() []api.Operation) (api.Operation, error) {
	if op, ok := api.OperationFromContext(ctx); ok {
		return op, nil
	}
	path := pathmatch.Segments(req.URL)
	var found api.Operation
	length := 0
	for _, op := range table() {
		template := pathmatch.Parse(op.Path)
		// The path starts with that of the base URL.
		if n := len(template); op.Method == req.Method && n > length && n <= len(path) && template.Match(path[len(path)-n:]) {
			found, length = op, n
		}
	}
	if length == 0 {
		return found, errors.New("the contract does not have the operation")
	}
	return found, nil
}

// bodyText returns the body of a request. It may read and close it.
func bodyText(req *http.Request) ([]byte, error) {
	body := req.Body
	if own, ok := body.(*JSON); ok {
		return own.text[len(own.text)-own.Len():], nil
	}
	if body == nil || body == http.NoBody {
		return nil, errors.New("the request has no body")
	}
	text, err := readBody(req.Context(), body)
	_ = body.Close()
	if err == nil && len(text) > maxReplayedBody {
		err = fmt.Errorf("the body is larger than %d bytes", maxReplayedBody)
	}
	return text, err
}

// withNull returns a JSON object with null in fields.
func withNull(text []byte, fields []string) ([]byte, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return nil, errors.New("the body is not a JSON object")
	}
	end := bytes.LastIndexByte(text, '}')
	changed := slices.Clone(text[:end])
	for _, field := range fields {
		has := false
		for name, value := range object {
			if !strings.EqualFold(name, field) {
				continue
			}
			if string(value) != "null" {
				return nil, fmt.Errorf("the body has a value for %q", name)
			}
			has = has || name == field
		}
		if has {
			continue
		}
		if len(object) > 0 {
			changed = append(changed, ',')
		}
		name, err := json.Marshal(field)
		if err != nil {
			return nil, err
		}
		changed = append(append(changed, name...), ":null"...)
		object[field] = json.RawMessage("null")
	}
	return append(changed, text[end:]...), nil
}

// quoted returns names in quotes, separated by commas.
func quoted(names []string) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(texts, ", ")
}
