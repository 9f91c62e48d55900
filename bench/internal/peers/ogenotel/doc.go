// Package ogenotel is the client that ogen generates with OpenTelemetry. The other files
// of this package are generated and not committed: see package peers.
package ogenotel
