package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"

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

// redactFetch returns fetch with the secret removed from the errors of the token endpoint, and
// from the panics of an http.RoundTripper, which it returns as errors.
func redactFetch(fetch func(context.Context) (*oauth2.Token, error), secret string) func(context.Context) (*oauth2.Token, error) {
	return func(ctx context.Context) (_ *oauth2.Token, err error) {
		defer func() {
			if v := recover(); v != nil {
				err = &TokenError{Err: panicError(v)}
			}
			if failed, ok := errors.AsType[*TokenError](err); ok {
				err = failed.redact(redact.NewSecrets(secret))
			}
		}()
		return fetch(ctx)
	}
}

// redact returns a copy of e without secrets in any field.
func (e TokenError) redact(secrets redact.Secrets) *TokenError {
	e.Code = redact.Code(secrets.Hide(e.Code))
	e.Description = redact.Text(secrets.Hide(e.Description), maxDescription)
	e.Err = secrets.Error(redact.Transport(e.Err))
	e.Header = secrets.Header(e.Header)
	if secrets.In(string(e.Body)) {
		e.Body = []byte(secrets.Hide(string(e.Body)))
	}
	return &e
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
