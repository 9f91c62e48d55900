// Package doctor says why a call was refused.
//
// [Explain] looks at an error that the client returned, offline. [Diagnose] climbs a
// ladder, from the configuration to the owner accounts, and stops at the rung that
// breaks. Both speak in findings, each with a stable id, a cause and a remedy; no
// finding holds a secret or a token. Every finding with its remedy:
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/401.md
//
// Claims of an access token are read without verification: they tell what the token
// says of itself, which is enough to explain a refusal and nothing to rely on.
package doctor
