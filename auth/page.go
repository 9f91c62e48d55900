package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// page is a text for the person on which the browser ends. It contains nothing of a request.
type page struct{ title, text string }

var (
	pageSignedIn = page{"You are signed in", "Close this window and return to the program."}
	pageDeclined = page{"Sign-in declined", "The program has no access. Close this window. To sign in after all, start again in the program."}
	pageFailed   = page{"Sign-in failed", "The program shows the reason. Close this window and return to the program."}
	pageAgain    = page{"Already used", "This sign-in has already been completed. Close this window and return to the program."}
	pageForeign  = page{"Not a sign-in", "This page does not belong to the sign-in that the program waits for. To sign in, use the page that the program has opened."}
)

const (
	pageStyle = `:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;margin:15vh auto 0;max-width:34rem;padding:0 1.5rem}h1{font-size:1.6rem}`

	// pageScript removes the code and the state from the address bar and from the history.
	pageScript = `history.replaceState(null,"",location.pathname)`

	pageHTML = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%[1]s</title>
<script>%[3]s</script>
<style>%[4]s</style>
</head>
<body>
<main>
<h1>%[1]s</h1>
<p>%[2]s</p>
</main>
</body>
</html>
`
)

// writePage writes a page that loads nothing and cannot be framed.
func writePage(w http.ResponseWriter, status int, p page) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'", "script-src " + sourceHash(pageScript), "style-src " + sourceHash(pageStyle),
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}, "; "))
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Connection", "close")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, pageHTML, p.title, p.text, pageScript, pageStyle) // fails only if the browser has disconnected
}

// sourceHash returns the hash of an inline script or style for a Content-Security-Policy.
func sourceHash(text string) string {
	hash := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}
