package sandbox

import (
	"bufio"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
	"github.com/tapkey-go/tapkey-go/sandbox/internal/odata"
)

// list is the response of an operation that lists. Its items are encoded one by one.
type list[T any] struct {
	odata.List[T]
	query *odata.Query[T]
}

func newList[T any](items func(skip int) iter.Seq[T]) list[T] {
	return list[T]{List: odata.List[T]{Items: items}}
}

// queryable is a list to which OData options can be applied.
type queryable interface {
	withQuery(values url.Values) (any, error)
}

// withQuery returns the list with the OData options of a request.
func (l list[T]) withQuery(values url.Values) (any, error) {
	query, err := odata.Parse[T](values)
	l.query = query
	return l, err
}

func (l list[T]) write(w http.ResponseWriter) error {
	query := l.query
	if query == nil {
		query = new(odata.Query[T])
	}
	w.Header().Set("Content-Type", "application/json")
	out := bufio.NewWriterSize(w, 16<<10)
	_ = out.WriteByte('[')
	var buffer []byte
	for item := range query.Apply(l.List) {
		var err error
		buffer, err = query.AppendJSON(buffer, &item)
		if err != nil {
			return err
		}
		if _, err := out.Write(buffer); err != nil {
			return nil // the client has disconnected
		}
		buffer = append(buffer[:0], ',')
	}
	_ = out.WriteByte(']')
	_ = out.Flush()
	return nil
}

// queryLists applies the OData options of a request to the list that is its response.
// If the operation takes no such options, they are refused.
//
// Inferred: all of OData beyond what Tapkey's samples use, see docs/sandbox.md.
func queryLists(next server.StrictHandlerFunc, _ string) server.StrictHandlerFunc {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		values := r.URL.Query()
		if !takesQuery(request) {
			if err := odata.Refuse(values); err != nil {
				return nil, queryFailure(err)
			}
			return next(ctx, w, r, request)
		}
		response, err := next(ctx, w, r, request)
		if err != nil {
			return nil, err
		}
		all, ok := response.(queryable)
		if !ok {
			return nil, fmt.Errorf("sandbox: OData options cannot be applied to a %T", response)
		}
		queried, err := all.withQuery(values)
		if err != nil {
			return nil, queryFailure(err)
		}
		return queried, nil
	}
}

// takesQuery reports whether a request is for an operation with the parameter $filter.
func takesQuery(request any) bool {
	switch request.(type) {
	case server.ListBoundLocksRequestObject,
		server.ListBoundLockLogEntriesRequestObject,
		server.ListLogEntriesRequestObject,
		server.ListBoundCardsRequestObject,
		server.ListBoundCardGrantsRequestObject,
		server.ListContactsRequestObject,
		server.ListGrantsRequestObject,
		server.ListLockGroupsRequestObject:
		return true
	}
	return false
}

func queryFailure(err error) error {
	return fail(http.StatusBadRequest, "InvalidQuery", "%v", err)
}

// The generated code calls one of these methods to write a list.

func (l list[T]) VisitListOwnersResponse(w http.ResponseWriter) error          { return l.write(w) }
func (l list[T]) VisitListPermissionsResponse(w http.ResponseWriter) error     { return l.write(w) }
func (l list[T]) VisitListBoundLocksResponse(w http.ResponseWriter) error      { return l.write(w) }
func (l list[T]) VisitListLockGroupsResponse(w http.ResponseWriter) error      { return l.write(w) }
func (l list[T]) VisitListBoundCardsResponse(w http.ResponseWriter) error      { return l.write(w) }
func (l list[T]) VisitListBoundCardGrantsResponse(w http.ResponseWriter) error { return l.write(w) }
func (l list[T]) VisitListContactsResponse(w http.ResponseWriter) error        { return l.write(w) }
func (l list[T]) VisitListGrantsResponse(w http.ResponseWriter) error          { return l.write(w) }
func (l list[T]) VisitListLogEntriesResponse(w http.ResponseWriter) error      { return l.write(w) }
func (l list[T]) VisitListBoundLockLogEntriesResponse(w http.ResponseWriter) error {
	return l.write(w)
}
func (l list[T]) VisitListIdentityProviderUsersResponse(w http.ResponseWriter) error {
	return l.write(w)
}
