// Program library starts a small server, calls it with the code generated from
// library.yaml, and prints the results.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/api"

	"github.com/tapkey-go/tapkey-go/another/library"
)

func main() {
	var log []string
	responses := map[string]string{
		"GET /base/v2/shelves": `[{"id": "s1", "label": "History", "full": false, "room": "", "kind": "steel-frame", "count": 3, "weight": 16777217.1,
			"dustedAt": "2024-01-02T03:04:05", "tags": ["a"]}, {"id": "s2", "label": null, "full": true, "room": "2", "kind": "glass"}]`,
		"POST /base/v2/shelves":             `{"id": "s3", "label": "New", "full": false, "room": "3"}`,
		"PUT /base/v2/books/978%2F3":        `{"pages": 12}`,
		"GET /base/v2/loans/7":              `{"number": 7, "until": null, "book": {"isbn": "b1"}}`,
		"GET /base/v2/genres":               `["prose", "verse"]`,
		"DELETE /base/v2/books/unknown":     `{"code": "NoSuchBook", "message": "x"}`,
		"GET /base/v2/shelves/s%201/books":  "pages",
		"GET /base/v2/shelves/broken/books": `[{"isbn": 1}]`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		call := r.Method + " " + r.URL.EscapedPath()
		log = append(log, strings.Join(strings.Fields(call+" "+r.URL.RawQuery+" "+string(body)), " "))
		text, ok := responses[call]
		if !ok {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if text == "pages" {
			skip, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
			books := []string{`{"isbn": "b1"}`, `{"isbn": "b2"}`, `{"isbn": "b3"}`}
			text = "[" + strings.Join(books[skip:min(skip+2, 3)], ",") + "]"
		}
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, text)
	}))
	defer server.Close()

	ctx := context.Background()
	a, err := library.NewAPI(server.URL + "/base/v2")
	check(err)

	for shelf, err := range a.AllShelves(ctx) {
		check(err)
		fmt.Println("shelf", shelf.ID, shelf.Label, shelf.Full, shelf.Count, shelf.Weight, shelf.Kind, shelf.DustedAt, shelf.Tags)
	}
	shelves, err := a.ListShelves(ctx)
	check(err)
	fmt.Println(len(shelves), "shelves", shelves[0].Kind == library.ShelfKindSteelFrame, library.ShelfKindOak)

	for _, body := range []string{
		`[{"id": "", "label": "", "full": false, "room": "1"}]`, `[{"id": "s1", "label": "", "full": null, "room": "1"}]`,
		`[{"id": "s1", "label": "", "full": false}]`, `{"id": "s1", "label": "", "full": false, "room": "1"}`,
	} {
		responses["GET /base/v2/shelves"] = body
		_, err = a.ListShelves(ctx)
		fmt.Println(err)
	}

	shelf, err := a.AddShelf(ctx, library.ShelfDraft{Label: "New", Full: new(false)})
	check(err)
	fmt.Println("added", shelf.ID, shelf.Label)

	for book, err := range a.WithSettings(api.Settings{PageSize: 2}).AllBooks(ctx, "s 1", nil) {
		check(err)
		fmt.Println("book", book.Isbn)
	}
	for _, err := range a.AllBooks(ctx, "broken", &library.ListBooksParams{Top: new(9)}) {
		fmt.Println(errors.Is(err, api.ErrUnexpected), err)
	}
	_, err = a.ListBooks(ctx, "..", nil)
	fmt.Println(err)

	for _, isbn := range []string{"978/3", "silent"} {
		report, err := a.ScanBook(ctx, isbn, "application/pdf", strings.NewReader("%PDF"))
		check(err)
		fmt.Println("scanned", report)
	}
	check(a.RemoveBook(ctx, "b1"))
	err = a.RemoveBook(ctx, "unknown")
	fmt.Println(errors.Is(err, api.ErrNotFound), err)

	since := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	loan, err := a.GetLoan(ctx, 7, &library.GetLoanParams{Since: since})
	check(err)
	var number int64 = loan.Number // readOnly does not make it a pointer
	fmt.Println("loan", number, loan.Until, loan.Book.Isbn)

	for genre, err := range a.AllGenres(ctx) {
		check(err)
		fmt.Println("genre", genre)
	}
	for _, op := range library.Operations() {
		fmt.Println(op.ID, op.Method, op.Path, op.Scopes, op.Idempotent)
	}
	fmt.Println(strings.Join(log, "\n"))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
