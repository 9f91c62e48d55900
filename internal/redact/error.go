package redact

import (
	"errors"
	"net/url"
	"strings"
)

// Error returns err with a text that may be shown: one line, without URLs and without what
// has the form of a secret. If the text of err may be shown, Error returns err.
func Error(err error) error { return withText(err, ErrorText(err)) }

// ErrorText returns the text of [Error].
func ErrorText(err error) string {
	if err == nil {
		return ""
	}
	return Text(withoutURLs(err), MaxText)
}

// Transport returns an error of net/http or of a RoundTripper with a text that may be shown.
// Net/http quotes the response that it does not understand, and the address of a proxy, so
// nothing quoted is kept.
func Transport(err error) error {
	if err == nil {
		return nil
	}
	return withText(err, Text(withoutQuotes(withoutURLs(err)), MaxText))
}

// withoutURLs returns the text of err without the URLs of the *url.Errors in it.
func withoutURLs(err error) string {
	text := err.Error()
	for u, ok := errors.AsType[*url.Error](err); ok; u, ok = errors.AsType[*url.Error](u.Err) {
		if u.Err == nil {
			return withoutQuotes(text)
		}
		text = strings.ReplaceAll(text, u.Error(), withoutQuotes(u.Err.Error()))
	}
	if strings.Contains(text, `parse "`) || strings.Contains(text, `parsing "`) { // the text of an error of net/url
		text = withoutQuotes(text)
	}
	return text
}

// withText returns an error with another text that is like err to errors.Is and errors.As.
func withText(err error, text string) error {
	if err == nil || text == err.Error() {
		return err
	}
	return &shown{text, func() error { return err }}
}

// shown is an error with a text that may be shown. The original is in a function, where
// printing by reflection does not find its text.
type shown struct {
	text  string
	cause func() error
}

func (e *shown) Error() string { return e.text }
func (e *shown) Unwrap() error { return e.cause() }
