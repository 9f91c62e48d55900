package client

import (
	"fmt"
	"net/http"

	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// redactAttempt returns the error of an attempt without the credentials of its request. The
// error may quote a response that repeats them.
func redactAttempt(req *http.Request, err error) error {
	if err == nil {
		return nil
	}
	return redact.Sent(req.Header).Error(redact.Transport(err))
}

// Format implements fmt.Formatter. Every verb prints the text of Error, and no field.
func (e TokenError) Format(s fmt.State, verb rune) {
	text := e.Error()
	redact.Format(s, verb, text, fmt.Sprintf("&client.TokenError{%q}", text))
}

// Format implements fmt.Formatter. Every verb prints the base URL, and no other setting.
func (c Client) Format(s fmt.State, verb rune) {
	baseURL := ""
	if c.config != nil {
		baseURL = c.BaseURL()
	}
	text := "client.Client{" + redact.URL(baseURL) + "}"
	redact.Format(s, verb, text, text)
}
