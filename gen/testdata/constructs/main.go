// Program constructs calls the code generated from the documents in this directory, and
// prints the requests and the results.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/another/constructs/additionalproperties"
	"github.com/tapkey-go/tapkey-go/another/constructs/defaultsuccess"
	"github.com/tapkey-go/tapkey-go/another/constructs/knownvalues"
	"github.com/tapkey-go/tapkey-go/another/constructs/namedarray"
	"github.com/tapkey-go/tapkey-go/another/constructs/notjson"
	"github.com/tapkey-go/tapkey-go/another/constructs/nullableitems"
	"github.com/tapkey-go/tapkey-go/another/constructs/nullablevariants"
	"github.com/tapkey-go/tapkey-go/another/constructs/opencomposition"
	"github.com/tapkey-go/tapkey-go/another/constructs/parameters"
	"github.com/tapkey-go/tapkey-go/another/constructs/patchwithoutdirection"
	"github.com/tapkey-go/tapkey-go/another/constructs/reservednames"
	"github.com/tapkey-go/tapkey-go/another/constructs/sharedpathparameter"
	"github.com/tapkey-go/tapkey-go/another/constructs/sharedsuccess"
	"github.com/tapkey-go/tapkey-go/another/constructs/unionofinlineobjects"
	"github.com/tapkey-go/tapkey-go/another/constructs/writeonly"
)

var ctx = context.Background()

// server responds to each request with text and prints it.
func server(contentType, text string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println(" ", strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
		if text == "" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", contentType)
		body = []byte(text)
		if skip := r.URL.Query().Get("$skip"); skip != "" && skip != "0" {
			body = []byte("[]") // the second page
		}
		_, _ = w.Write(body)
	}))
	return s.URL
}

const asJSON = "application/json"

func main() {
	fmt.Println("shared path parameter")
	{
		a := must(sharedpathparameter.NewAPI(server(asJSON, "")))
		var page sharedpathparameter.Page
		check(page.FromPageParameter1(".."))
		fmt.Println(a.RemoveThing(ctx, ".."))
		fmt.Println(a.RemoveThing(ctx, "t/1"))
		fmt.Println(a.RemoveKind(ctx, "."))
		fmt.Println(a.RemoveKind(ctx, sharedpathparameter.KindSmall))
		fmt.Println(a.RemoveSet(ctx, nil))
		fmt.Println(a.RemoveSet(ctx, []string{".."}))
		fmt.Println(a.RemovePage(ctx, page))
	}
	fmt.Println("parameters: each request twice, by the API and by oapi-codegen")
	{
		a := must(parameters.NewAPI(server(asJSON, "")))
		raw := a.Raw()
		plain := []*parameters.GetPlainParams{
			{Text: "a b+c&", Large: -1, Must: []string{}},
			{
				Text: "", Kind: new(parameters.KindAB), Small: new(int32(7)), Large: 1 << 40, OddName: new(false),
				List: []string{"x,y", "", "ü"}, Must: []string{"1"},
			},
			{},
			nil,
		}
		for _, params := range plain {
			fmt.Println(a.GetPlain(ctx, "a/b", ".", params))
			check(a.GetPlain(ctx, "%2e", "..x", params))
			done(raw.GetPlain(ctx, "%2e", "..x", params))
		}
		at := time.Date(2024, 1, 2, 3, 4, 5, 6, time.UTC)
		exploded := &parameters.GetExplodedParams{List: []string{"a,b", "c"}, Numbers: []int{1, 2}, At: &at, Ratio: new(1.5)}
		check(a.GetExploded(ctx, exploded))
		done(raw.GetExploded(ctx, exploded))
		header := &parameters.GetHeaderParams{XTenant: new("t"), Text: new("a+b c")}
		check(a.GetHeader(ctx, header))
		done(raw.GetHeader(ctx, header))
		cookie := &parameters.GetCookieParams{Session: new("s")}
		check(a.GetCookie(ctx, cookie))
		done(raw.GetCookie(ctx, cookie))
		check(a.GetEscaped(ctx, "a/b c"))
		done(raw.GetEscaped(ctx, "a/b c"))
		check(a.GetDots(ctx, "a/b c"))
		done(raw.GetDots(ctx, "a/b c"))
		check(a.GetMatrix(ctx, "m"))
		done(raw.GetMatrix(ctx, "m"))
		patch := parameters.PutRootApplicationMergePatchPlusJSONBody{A: new("x")}
		check(a.PutRoot(ctx, patch))
		done(raw.PutRootWithApplicationMergePatchPlusJSONBody(ctx, patch))
		check(a.PostRoot(ctx, parameters.PostRootJSONBody{A: new("x")}))
		done(raw.PostRoot(ctx, parameters.PostRootJSONBody{A: new("x")}))
	}
	fmt.Println("shared success")
	{
		a := must(sharedsuccess.NewAPI(server(asJSON, `{"id": "t1", "up": true}`)))
		fmt.Println(a.GetThing(ctx, "t1"))
		status, err := a.GetStatus(ctx)
		fmt.Println(status.Up, err)
		a = must(sharedsuccess.NewAPI(server(asJSON, `[{"id": "t1"}]`)))
		for thing, err := range a.AllThings(ctx) {
			fmt.Println(thing.ID, err)
		}
	}
	fmt.Println("default success")
	{
		a := must(defaultsuccess.NewAPI(server(asJSON, `{"id": "t1", "size": 2}`)))
		thing, err := a.CreateThing(ctx, defaultsuccess.Thing{ID: "t1"})
		fmt.Println(thing.ID, *thing.Size, err)
	}
	fmt.Println("union of inline objects")
	{
		a := must(unionofinlineobjects.NewAPI(server(asJSON, `{"source": {"iban": "DE1", "more": 1}, "labels": ["a", {"name": "b"}]}`)))
		thing, err := a.GetOne(ctx)
		check(err)
		bank, err := thing.Source.AsThingSource1()
		fmt.Println(bank.Iban, bank.AdditionalProperties, err)
		label, err := (thing.Labels)[1].AsThingLabelsItem1()
		fmt.Println(label.Name, err)
	}
	fmt.Println("nullable items")
	{
		a := must(nullableitems.NewAPI(server(asJSON, `[null, {"id": "t1"}]`)))
		things, err := a.ListThings(ctx)
		check(err)
		fmt.Println(things[0], things[1].ID, err)
		for thing, err := range a.AllThings(ctx) {
			fmt.Println(thing != nil, err)
		}
	}
	fmt.Println("nullable variants")
	{
		a := must(nullablevariants.NewAPI(server(asJSON, `[{"id": "t1", "kind": "large", "parent": null, "origin": {"id": "t0"}, "parts": [null, {"id": "t2"}]}]`)))
		for thing, err := range a.AllThings(ctx) {
			var origin *nullablevariants.Thing = thing.Origin
			fmt.Println(thing.ID, thing.Kind == nullablevariants.KindLarge, thing.Parent == nil, origin.ID, thing.Parts[1].ID, err)
		}
		a = must(nullablevariants.NewAPI(server(asJSON, `{"id": "t1"}`)))
		thing, err := a.CreateThing(ctx, nullablevariants.NewThing{Kind: nullablevariants.KindSmall, Parent: &nullablevariants.Thing{ID: "t0"}})
		fmt.Println(thing.ID, err)
	}
	fmt.Println("named array")
	{
		a := must(namedarray.NewAPI(server(asJSON, `[{"id": "t1", "y": 1, "z": 2}]`)))
		for thing, err := range a.AllThings(ctx, nil) {
			fmt.Println(thing.ID, err)
		}
		for row, err := range a.AllRows(ctx) {
			fmt.Println(row.Y, row.AdditionalProperties["z"], err)
		}
	}
	fmt.Println("additional properties")
	{
		a := must(additionalproperties.NewAPI(server(asJSON, `{"name": "n", "x": 1}`)))
		name := "n"
		body := additionalproperties.Settings{Name: &name, AdditionalProperties: map[string]int{"y": 2}}
		settings, err := a.CreateThing(ctx, body)
		fmt.Println(*settings.Name, settings.AdditionalProperties, err)
		inline := additionalproperties.CreateInlineJSONBody{AdditionalProperties: map[string]int{"y": 2}}
		fmt.Println(a.CreateInline(ctx, inline))
		free, err := a.GetFree(ctx)
		fmt.Printf("%T %v %v\n", free, free, err)
	}
	fmt.Println("open composition")
	{
		a := must(opencomposition.NewAPI(server(asJSON, `{"id": "t1", "color": "red", "more": 1}`)))
		thing, err := a.GetThing(ctx)
		fmt.Println(thing.ID, *thing.Color, thing.AdditionalProperties, err)
		either, err := a.GetEither(ctx)
		check(err)
		part, err := either.AsThing()
		fmt.Println(part.ID, err)
	}
	fmt.Println("patch without direction")
	{
		a := must(patchwithoutdirection.NewAPI(server(asJSON, `{"id": "t1"}`)))
		for _, change := range []patchwithoutdirection.Change{
			{},
			{Active: new(bool), Part: &patchwithoutdirection.Part{}},
		} {
			thing, err := a.UpdateThing(ctx, "t1", change)
			fmt.Println(thing.ID, err)
		}
		for _, field := range []string{"name", "whole", "at", "count"} {
			thing, err := a.UpdateThing(ctx, "t1", patchwithoutdirection.Change{}, patchwithoutdirection.Null(field))
			fmt.Println(thing.ID, err)
		}
	}
	fmt.Println("not JSON")
	{
		a := must(notjson.NewAPI(server("text/csv", "a,b")))
		rsp, err := a.GetReport(ctx)
		check(err)
		text, err := io.ReadAll(rsp.Body)
		fmt.Println(string(text), err, rsp.Body.Close())
		a = must(notjson.NewAPI(server(asJSON, `{"id": "t1"}`)))
		thing, err := a.GetAny(ctx)
		fmt.Println(thing.ID, err)
		fmt.Println(a.GetOpen(ctx))
	}
	fmt.Println("reserved names")
	{
		a := must(reservednames.NewAPI(server(asJSON, `{"x": "y"}`)))
		value, err := a.RawOperation(ctx, "b", "c", nil, reservednames.ClientSchema{})
		fmt.Println(value.X, err)
		for _, op := range reservednames.Operations() {
			fmt.Print(op.ID, " ")
		}
		fmt.Println()
	}
	fmt.Println("known values")
	{
		fmt.Printf("%q\n", []knownvalues.Sign{knownvalues.SignA, knownvalues.SignAB, knownvalues.SignEmpty, knownvalues.Sign15})
		fmt.Println(knownvalues.Level1, knownvalues.StateTypeValue1)
	}
	fmt.Println("write-only")
	{
		a := must(writeonly.NewAPI(server(asJSON, `{"name": "n"}`)))
		login, err := a.CreateThing(ctx, writeonly.Login{Name: "n", Password: new("p")})
		text, _ := json.Marshal(login.Name)
		fmt.Println(string(text), err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// done closes the response of a raw call.
func done(rsp *http.Response, err error) {
	check(err)
	check(rsp.Body.Close())
}
