// Package peers contains clients that other generators generate from openapi.yaml
// without changes to it. The client in stock is committed. The clients in ogen and
// ogenotel are not, because of their size: make generates them before it lints, tests
// or measures this module, and go generate does so directly.
package peers

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config stock.yaml -o stock/stock.gen.go ../../../openapi.yaml
//go:generate go tool ogen --loglevel error --config ogen.yaml --target ogen --package ogen --clean ../../../openapi.yaml
//go:generate go tool ogen --loglevel error --config ogenotel.yaml --target ogenotel --package ogenotel --clean ../../../openapi.yaml

import (
	// The generated code of ogen needs these modules. go mod tidy keeps them even if the
	// code has not been generated yet.
	_ "github.com/go-faster/errors"
	_ "github.com/go-faster/jx"
	_ "github.com/ogen-go/ogen/otelogen"
	_ "go.opentelemetry.io/otel"
	_ "go.opentelemetry.io/otel/metric"
	_ "go.opentelemetry.io/otel/trace"
)
