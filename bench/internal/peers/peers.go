// Package peers holds what other generators make of openapi.yaml, as it stands. The
// generated code is committed, so that measuring needs no generator.
package peers

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config stock.yaml -o stock/stock.gen.go ../../../openapi.yaml
//go:generate go tool ogen --config ogen.yaml --target ogen --package ogen --clean ../../../openapi.yaml
//go:generate go tool ogen --config ogenotel.yaml --target ogenotel --package ogenotel --clean ../../../openapi.yaml
