package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// What the client accepts is defined by the client alone: refusal calls the method of the
// operation with the response in place of a server. A rule of the decoder is thus a rule
// of the Transport.

// refusal returns the place in a successful response at which the client refuses it, nil
// if the client accepts it or has no such operation.
func refusal(req *http.Request, r *route, rsp *http.Response, body []byte) *place {
	if r.method == "" {
		return nil
	}
	calls, err := tapkey.NewAPI("https://received.invalid", tapkey.WithHTTPClient(received{req, rsp, body}))
	if err != nil {
		return nil
	}
	calls = calls.WithSettings(api.Settings{MaxResponseBytes: maxBody + 1})
	method := reflect.ValueOf(calls).MethodByName(r.method)
	results := method.Call(arguments(req.Context(), method.Type(), req.URL.Query()))
	err, _ = results[len(results)-1].Interface().(error)
	if failed, ok := errors.AsType[*api.Error](err); ok && failed.StatusCode != 0 {
		return placeOfRefusal(failed)
	}
	return nil
}

// received is a Doer that returns a response that has been received.
type received struct {
	req  *http.Request
	rsp  *http.Response
	body []byte
}

func (r received) Do(*http.Request) (*http.Response, error) {
	rsp := *r.rsp
	rsp.Request = r.req
	rsp.Body = io.NopCloser(bytes.NewReader(r.body))
	return &rsp, nil
}

// methodOf returns the name of the method of tapkey.API for an operation, empty if there
// is none. The name differs from the id in case only.
func methodOf(id, verb, path string) string {
	if !slices.ContainsFunc(tapkey.Operations(), func(op api.Operation) bool {
		return op.ID == id && op.Method == verb && op.Path == path
	}) {
		return ""
	}
	calls := reflect.TypeFor[*tapkey.API]()
	for i := range calls.NumMethod() {
		if name := calls.Method(i).Name; strings.EqualFold(name, id) {
			return name
		}
	}
	return ""
}

// arguments returns arguments for a method of tapkey.API: any path values, the query
// parameters of the request, and an empty body.
func arguments(ctx context.Context, method reflect.Type, query url.Values) []reflect.Value {
	args := []reflect.Value{reflect.ValueOf(context.WithoutCancel(ctx))}
	for i := 1; i < method.NumIn()-1; i++ { // without the variadic request editors
		arg := reflect.New(method.In(i)).Elem()
		switch {
		case arg.Kind() == reflect.String:
			arg.SetString("x")
		case arg.Kind() == reflect.Pointer && arg.Type().Elem().Kind() == reflect.Struct:
			arg.Set(reflect.New(arg.Type().Elem()))
			setParameters(arg.Elem(), query)
		}
		args = append(args, arg)
	}
	return args
}

// setParameters sets the fields of a struct of query parameters that are in a query.
func setParameters(params reflect.Value, query url.Values) {
	for i := range params.NumField() {
		name, _, _ := strings.Cut(params.Type().Field(i).Tag.Get("form"), ",")
		if !query.Has(name) {
			continue
		}
		field, text := params.Field(i), query.Get(name)
		if field.Kind() == reflect.Pointer {
			field.Set(reflect.New(field.Type().Elem()))
			field = field.Elem()
		}
		switch field.Kind() {
		case reflect.String:
			field.SetString(text)
		case reflect.Slice:
			if field.Type().Elem().Kind() == reflect.String {
				field.Set(reflect.ValueOf(strings.Split(text, ",")).Convert(field.Type()))
			}
		default: // an invalid value is a finding of the request
			_ = json.Unmarshal([]byte(text), field.Addr().Interface())
		}
	}
}

// placeOfRefusal returns the place that the error of a call names.
func placeOfRefusal(failed *api.Error) *place {
	p := place{class: Refused}
	if failed.Err == nil {
		return &p
	}
	reason := strings.TrimPrefix(failed.Err.Error(), api.ErrUnexpected.Error()+": ")
	if strings.HasPrefix(reason, "/") {
		pointer, rest, ok := strings.Cut(reason, ": ")
		if !ok {
			pointer, rest, _ = strings.Cut(reason, " ")
		}
		p.pointer, reason = pointerOf(strings.Split(pointer, "/")[1:]), rest
	}
	p.detail = reason
	return &p
}

// explainedBy reports whether a finding of a response is the reason why the client refuses
// the response at a place.
func (p *place) explainedBy(f Finding) bool {
	switch f.Class {
	case UnknownField, UnknownEnumValue: // which the client accepts
		return false
	}
	return f.Pointer == p.pointer || f.Pointer == ""
}
