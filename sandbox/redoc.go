//go:build tapkey_redoc

package sandbox

import _ "embed"

// redoc is the bundle of Redoc, which tools/redoc.sh downloads.
//
//go:embed redoc/redoc.js
var redoc []byte
