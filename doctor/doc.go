// Package doctor explains why calls fail.
//
// Use it if a call fails with 401 or 403 and the error alone does not say why, and in commands
// and services that should tell their operators what to do. The command tapkey doctor does the
// same without a program.
//
// [Explain] explains an error that the client returned. It works offline. [Diagnose] runs
// a series of checks, from the configuration to the owner accounts, and stops at the first
// one that fails. Both return findings. A finding has a stable id, a cause and a remedy, and
// holds no secret and no token. All findings are listed in
// https://github.com/tapkey-go/tapkey-go/blob/main/docs/401.md
//
// The claims of an access token are not verified. They can explain a refusal, but must not
// be relied on.
package doctor
