// Package ogen is the client that ogen generates without OpenTelemetry. The other files
// of this package are generated and not committed: see package peers.
package ogen
