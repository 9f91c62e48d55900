package client_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
)

// checkError checks an error in all ways in which it is shown, and that it says what it is about.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("got error %v, want one with %q", err, want)
	}
	v := printed{value: err}
	for how, text := range printings(v) {
		checkShown(t, how, text)
	}
	for how, text := range encodings(v) {
		checkShown(t, how, text)
	}
	checkShown(t, "reflection", dump(err))
	for _, finding := range doctor.Explain(err) {
		checkShown(t, "finding", fmt.Sprint(finding))
	}
	if strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("got error %q, want one line", err)
	}
}

// TestTokenEndpointRepeatsTheSecret checks the text of errors if the token endpoint repeats
// the secret in any encoding.
func TestTokenEndpointRepeatsTheSecret(t *testing.T) {
	const secret = `pw/+=&%41 <x>"'`
	basic := "the-id:" + url.QueryEscape(secret)
	for name, encoded := range map[string]string{
		"plain": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret), "twice": url.QueryEscape(url.QueryEscape(secret)),
		"JSON": `pw\/+=\u0026%41 \u003cx>\"'`, "HTML": html.EscapeString(secret), "Go": fmt.Sprintf("%q", secret),
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"Basic": "Basic " + base64.StdEncoding.EncodeToString([]byte(basic)), "hexadecimal": hex.EncodeToString([]byte(secret)),
		"lower case": strings.ToLower(url.QueryEscape(secret)), "form": url.Values{"client_secret": {secret}}.Encode(),
		"long": strings.Repeat("x ", 90) + base64.StdEncoding.EncodeToString([]byte(basic)),
	} {
		for _, field := range []string{"error", "error_description", "both"} {
			for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInParams, oauth2.AuthStyleInHeader} {
				t.Run(fmt.Sprintf("%s in %s, style %d", name, field, style), func(t *testing.T) {
					body := map[string]string{"error": "invalid_client", "error_description": "refused: " + encoded}
					switch field {
					case "error":
						body = map[string]string{"error": encoded}
					case "both":
						body["error"] = encoded
					}
					s := newService(t, respondJSON(http.StatusBadRequest, body), nil)
					_, err := s.client(t, client.WithCredentials("the-id", secret), client.WithAuthStyle(style)).ListOwners(t.Context())
					text := err.Error()
					for _, part := range []string{secret, encoded, encoded[max(0, len(encoded)-20):], "cHcvKz0m", "7077"} {
						if strings.Contains(text, part) {
							t.Errorf("got error %q, want no %s in it", text, part)
						}
					}
					if !strings.Contains(text, "token request: 400 Bad Request") || field == "error_description" && !strings.Contains(encoded, " ") && !strings.Contains(text, "invalid_client: refused: ") {
						t.Errorf("got error %q, want the status, the code and the other words", text)
					}
				})
			}
		}
	}
}

// TestCodes checks that only what looks like a code is shown as one.
func TestCodes(t *testing.T) {
	for name, test := range map[string]struct{ code, want string }{
		"code":   {"invalid_request", ": invalid_request"},
		"words":  {"my words ada@example.com", ""},
		"URL":    {"https://me:hunter2@h/?q=hunter2", ""},
		"long":   {strings.Repeat("x", 200), ""},
		"lines":  {"a\nb", ""},
		"script": {"<script>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, respondJSON(http.StatusBadRequest, map[string]string{"error": test.code}), nil)
			_, err := s.client(t).ListOwners(t.Context())
			tokenErr, ok := errors.AsType[*client.TokenError](err)
			if want := strings.TrimPrefix(test.want, ": "); !ok || tokenErr.Code != want {
				t.Errorf("token endpoint: got error %v, want code %q", err, want)
			}
			if want := "token request: 400 Bad Request" + test.want; !strings.HasSuffix(err.Error(), want) {
				t.Errorf("token endpoint: got error %q, want it to end in %q", err, want)
			}
			for _, field := range []string{"ErrorCode", "code", "error"} {
				s := newService(t, nil, respondJSON(http.StatusBadRequest, map[string]string{field: test.code}))
				_, err := s.client(t).ListOwners(t.Context())
				want := "400 Bad Request"
				if test.want != "" {
					want += " (" + test.code + ")"
				}
				if !strings.HasSuffix(err.Error(), want) {
					t.Errorf("%s: got error %q, want it to end in %q", field, err, want)
				}
			}
		})
	}
}

// TestTheTokenIsNotACode checks that credentials of the request are not shown, even if they
// look like a code or a request ID.
func TestTheTokenIsNotACode(t *testing.T) {
	for _, encode := range []func(string) string{
		func(s string) string { return s },
		func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	} {
		s := newService(t, nil, func(w http.ResponseWriter, req *http.Request) {
			token := encode(strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
			w.Header().Set("X-Request-Id", token)
			respondJSON(http.StatusConflict, map[string]string{"ErrorCode": token, "Message": "no " + token})(w, req)
		})
		var b strings.Builder
		logger := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
		_, err := s.client(t, client.WithLogger(logger)).ListOwners(t.Context())
		checkError(t, err, "409 Conflict")
		checkShown(t, "log", b.String())
		if failed, _ := errors.AsType[*api.Error](err); failed.Message != "no ***" || failed.Header.Get("X-Request-Id") != "***" {
			t.Errorf("got message %q and header %q, want *** in place of the token", failed.Message, failed.Header)
		}
	}
}

// TestMalformedResponses checks the errors of net/http that quote a response.
func TestMalformedResponses(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	for name, test := range map[string]struct{ format, want string }{
		"status line":       {"%s\r\n\r\n", "malformed HTTP"},
		"status code":       {"HTTP/1.1 %s\r\n\r\n", "malformed HTTP"},
		"version":           {"%s 200 OK\r\n\r\n", "malformed HTTP"},
		"header":            {"HTTP/1.1 200 OK\r\n%s\r\n\r\n", "malformed MIME header"},
		"first header":      {"HTTP/1.1 200 OK\r\n %s: x\r\n\r\n", "malformed MIME header"},
		"name of a header":  {"HTTP/1.1 200 OK\r\n%s : x\r\n\r\n", ""},
		"content length":    {"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n", "Content-Length"},
		"two lengths":       {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: %s\r\n\r\n", "Content-Length"},
		"transfer encoding": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n", "transfer encoding"},
		"trailer":           {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n0\r\n%s\r\n\r\n", ""},
		"chunk":             {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n[\r\n", ""},
		"location":          {"HTTP/1.1 302 Found\r\nLocation: http://[%s\r\n\r\n", "redirect not followed"},
		"host":              {"HTTP/1.1 302 Found\r\nLocation: https://%s.example/\r\n\r\n", "redirect not followed"},
		"content type":      {"HTTP/1.1 200 OK\r\nContent-Type: text/%s\r\nContent-Length: 2\r\n\r\n[]", ""},
	} {
		for _, from := range []string{"API", "token endpoint", "token endpoint, Basic"} {
			t.Run(name+" from "+from, func(t *testing.T) {
				echo := echoServer(t, func(authorization, body string) string {
					received := strings.TrimPrefix(authorization, "Bearer ") // the-token, or Basic
					if form, err := url.ParseQuery(body); err == nil && form.Has("client_secret") {
						received = form.Get("client_secret")
					}
					return fmt.Sprintf(test.format, received)
				})
				opts := []client.Option{client.WithRetries(0), client.WithBaseURL(echo + "/api/v1")}
				if from != "API" {
					opts = append(opts, client.WithTokenURL(echo))
				}
				if strings.HasSuffix(from, "Basic") {
					opts = append(opts, client.WithAuthStyle(oauth2.AuthStyleInHeader))
				}
				_, err := newService(t, nil, nil).client(t, opts...).ListOwners(t.Context())
				if err == nil {
					t.Skip("net/http accepts this response")
				}
				want := test.want
				if from != "API" && name == "content type" {
					want = ""
				}
				checkError(t, err, want)
			})
		}
	}
}

// echoServer starts a server that responds with what respond returns for the Authorization
// header and the body of a request, and returns its URL.
func echoServer(t *testing.T, respond func(authorization, body string) string) string {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				req, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				body, _ := io.ReadAll(req.Body)
				_, _ = io.WriteString(conn, respond(req.Header.Get("Authorization"), string(body)))
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// TestGoAway checks the error of an HTTP/2 connection whose server closes it with a text.
func TestGoAway(t *testing.T) {
	for _, from := range []string{"API", "token endpoint"} {
		t.Run(from, func(t *testing.T) {
			server := goAwayServer(t, "Bearer the-token the-s3cret")
			roots := server.Client().Transport.(*http.Transport).TLSClientConfig
			transport := &http.Transport{TLSClientConfig: roots.Clone(), ForceAttemptHTTP2: true}
			defer transport.CloseIdleConnections()
			opts := []client.Option{client.WithRetries(0), client.WithHTTPClient(&http.Client{Transport: transport}), client.WithBaseURL(server.URL + "/api/v1")}
			if from != "API" {
				opts = append(opts, client.WithTokenURL(server.URL))
			}
			_, err := newService(t, nil, nil).client(t, opts...).ListOwners(t.Context())
			checkError(t, err, "GOAWAY")
		})
	}
}

// goAwayServer starts an HTTP/2 server that responds to a request with a GOAWAY frame with a text.
func goAwayServer(t *testing.T, text string) *httptest.Server {
	server := httptest.NewUnstartedServer(nil)
	server.TLS = &tls.Config{NextProtos: []string{"h2"}}
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, conn *tls.Conn, _ http.Handler) {
			defer conn.Close()
			write := func(kind byte, payload []byte) {
				header := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))[1:]
				header = append(header, kind, 0, 0, 0, 0, 0)
				_, _ = conn.Write(append(header, payload...))
			}
			const settings, headers, goAway = 4, 1, 7
			write(settings, nil)
			_, _ = io.CopyN(io.Discard, conn, 24) // the preface
			for {
				var header [9]byte
				if _, err := io.ReadFull(conn, header[:]); err != nil {
					return
				}
				_, _ = io.CopyN(io.Discard, conn, int64(header[0])<<16|int64(header[1])<<8|int64(header[2]))
				if header[3] == headers {
					write(goAway, append([]byte{0, 0, 0, 1, 0, 0, 0, 1}, text...)) // stream 1, PROTOCOL_ERROR
					return
				}
			}
		},
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// TestProxyErrors checks that the address and the text of a proxy are not shown.
func TestProxyErrors(t *testing.T) {
	refusing := echoServer(t, func(string, string) string { return "HTTP/1.1 407 your header was the-s3cret\r\n\r\n" })
	honest := echoServer(t, func(string, string) string { return "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n" })
	withPassword := func(address string) func(*http.Request) (*url.URL, error) {
		u, err := url.Parse(strings.Replace(address, "://", "://me:the-s3cret@", 1))
		if err != nil {
			t.Fatal(err)
		}
		return http.ProxyURL(u)
	}
	// As http.ProxyFromEnvironment does for an invalid address.
	invalid := func(address string) func(*http.Request) (*url.URL, error) {
		return func(*http.Request) (*url.URL, error) {
			_, err := url.Parse(address)
			return nil, fmt.Errorf("invalid proxy address %q: %v", address, err) //nolint:errorlint // as net/http does
		}
	}
	for name, test := range map[string]struct {
		proxy func(*http.Request) (*url.URL, error)
		want  string
	}{
		"words":            {withPassword(refusing), "refused by the proxy"},
		"status":           {withPassword(honest), "Proxy Authentication Required"},
		"unreachable":      {withPassword("http://127.0.0.1:1"), "connection refused"},
		"SOCKS":            {withPassword("socks5://127.0.0.1:1"), "connection refused"},
		"invalid port":     {invalid("http://me:the-s3cret@h:x"), "invalid proxy address"},
		"space":            {invalid("http://me:the-s3cret x@h"), "invalid proxy address"},
		"hash in password": {invalid("http://me:s3cret#the-s3cret@h"), "invalid proxy address"},
		"without scheme":   {invalid("me:the-s3cret@h:1"), "invalid proxy address"},
	} {
		for _, from := range []string{"API", "token endpoint"} {
			t.Run(name+" from "+from, func(t *testing.T) {
				transport := &http.Transport{Proxy: test.proxy}
				defer transport.CloseIdleConnections()
				opts := []client.Option{client.WithRetries(0), client.WithHTTPClient(&http.Client{Transport: transport}), client.WithBaseURL("https://api.example.test/api/v1")}
				if from == "API" {
					opts = append(opts, client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "the-token"})))
				} else {
					opts = append(opts, client.WithTokenURL("https://login.example.test/token"))
				}
				_, err := newService(t, nil, nil).client(t, opts...).ListOwners(t.Context())
				checkError(t, err, test.want)
			})
		}
	}
}

// TestErrorsOfTheProgram checks errors of request editors, token sources and RoundTrippers that
// contain a URL, a header or a response.
func TestErrorsOfTheProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	s := newService(t, echo(http.StatusBadRequest), nil)
	words := newService(t, func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "received\n%s", body)
	}, nil)
	grant := func(s *service) *clientcredentials.Config {
		return &clientcredentials.Config{ClientID: "the-id", ClientSecret: "the-s3cret", TokenURL: s.loginURL, AuthStyle: oauth2.AuthStyleInParams}
	}
	_, parseErr := url.Parse("http://me:the-s3cret@h:x") //nolint:staticcheck // the error is what the test needs
	header, _ := json.Marshal(http.Header{"Authorization": {"Bearer the-token"}})
	for name, own := range map[string]error{
		"query":        errors.New("no vault at https://vault.example/v1?token=the-s3cret&x=1"),
		"user info":    errors.New(`Get "https://me:the-s3cret@vault.example/": refused`),
		"slash":        errors.New("no vault at https://me:the/the-s3cret@vault.example/"),
		"no scheme":    errors.New("no vault at me:the-s3cret@vault.example:443"),
		"relative":     errors.New("no vault at /v1/login?password=the-s3cret"),
		"database":     errors.New("no vault at postgres://me:the-s3cret@vault.example:5432/db?sslmode=off"),
		"encoded":      errors.New("no vault at /to?next=https%3A%2F%2Fme%3Athe-s3cret%40h%2F"),
		"JSON":         errors.New(`no vault at {"url":"https:\/\/me:the-s3cret@h\/"}`),
		"url.Error":    fmt.Errorf("vault: %w", &url.Error{Op: "Get", URL: "https://me:the-s3cret@h/?q=the-s3cret", Err: errors.New("refused")}),
		"parse":        fmt.Errorf("vault: %w", parseErr),
		"parse, text":  fmt.Errorf("vault: %v", parseErr), //nolint:errorlint // only the text is left of the error
		"join":         errors.Join(errors.New("vault"), parseErr, &url.Error{Op: "Get", URL: "https://h/?the-s3cret", Err: io.EOF}),
		"header":       fmt.Errorf("vault: %v", http.Header{"Authorization": {"Bearer the-token"}, "Cookie": {"a=the-s3cret"}}),
		"header, JSON": fmt.Errorf("vault: %s", header),
		"form":         fmt.Errorf("vault: %s", url.Values{"client_secret": {"the-s3cret"}}.Encode()),
		"scheme":       errors.New("vault: Bearer the-token was refused, and Basic dGhlLWlkOnRoZS1zM2NyZXQ= too"),
		"field":        errors.New(`vault: {"client_id": "a", "client_secret": "the-s3cret", "access_token":"the-token"}`),
		"oauth2":       tokenError(t, grant(s)),
		"oauth2, text": fmt.Errorf("vault: %v", tokenError(t, grant(s))), //nolint:errorlint // only the text is left of the error
		"oauth2 words": tokenError(t, grant(words)),
	} {
		want := "vault"
		if strings.HasPrefix(name, "oauth2") {
			want = "oauth2"
		}
		t.Run(name+" from an editor", func(t *testing.T) {
			edit := client.WithRequestEditor(func(context.Context, *http.Request) error { return own })
			_, err := newService(t, nil, nil).client(t, edit).ListOwners(t.Context())
			checkError(t, err, want)
			if !errors.Is(err, own) {
				t.Errorf("got error %v, want the editor's", err)
			}
		})
		t.Run(name+" from a token source", func(t *testing.T) {
			source := client.WithTokenSource(sourceFunc(func() (*oauth2.Token, error) { return nil, own }))
			_, err := newService(t, nil, nil).client(t, source).ListOwners(t.Context())
			checkError(t, err, want)
			if !errors.Is(err, own) {
				t.Errorf("got error %v, want the source's", err)
			}
		})
		if want == "oauth2" {
			continue // would be a response of the token endpoint
		}
		t.Run(name+" from a RoundTripper", func(t *testing.T) {
			transport := client.WithHTTPClient(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, own })})
			_, err := newService(t, nil, nil).client(t, transport, client.WithRetries(0)).ListOwners(t.Context())
			checkError(t, err, "token request: ")
			if !errors.Is(err, own) {
				t.Errorf("got error %v, want the RoundTripper's", err)
			}
		})
	}
}

func tokenError(t *testing.T, grant *clientcredentials.Config) error {
	_, err := grant.Token(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the-s3cret") {
		t.Fatalf("got error %v, want one with the secret", err)
	}
	return err
}

// TestPanicRepeatsTheSecret checks the errors of an http.RoundTripper that panics with the
// token request.
func TestPanicRepeatsTheSecret(t *testing.T) {
	c := tokenEndpoint(t, func(req *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(req.Body)
		form, _ := url.ParseQuery(string(body))
		panic("cannot send " + form.Get("client_secret"))
	})
	_, err := c.ListOwners(t.Context())
	checkError(t, err, "panic: cannot send ***")
	_, err = c.NewToken(t.Context(), "read:grants")
	checkError(t, err, "panic: cannot send ***")
}

// TestFailedRenewalRepeatsTheToken checks the error of a renewal after a 401.
func TestFailedRenewalRepeatsTheToken(t *testing.T) {
	calls := 0
	c := sourceClient(t, sourceFunc(func() (*oauth2.Token, error) {
		if calls++; calls == 1 {
			return &oauth2.Token{AccessToken: "the-s3cret"}, nil
		}
		return nil, &url.Error{Op: "Get", URL: "https://me:the-s3cret@cache/", Err: errors.New("refused: the-s3cret")}
	}), func(req *http.Request) (*http.Response, error) {
		return response(req, http.StatusUnauthorized, `{}`), nil
	})
	_, err := c.ListOwners(t.Context())
	checkError(t, err, "token not renewed: refused: ***")
}

// TestInvalidStatus checks the error of a status that is not an HTTP status, and that net/http
// accepts.
func TestInvalidStatus(t *testing.T) {
	for _, status := range []string{"000", "042", "099"} {
		invalid := echoServer(t, func(string, string) string {
			return "HTTP/1.1 " + status + " OK\r\nContent-Length: 2\r\n\r\n[]"
		})
		for from, opt := range map[string]client.Option{
			"API": client.WithBaseURL(invalid + "/api/v1"), "token endpoint": client.WithTokenURL(invalid),
		} {
			_, err := newService(t, nil, nil).client(t, client.WithRetries(0), opt).ListOwners(t.Context())
			if !errors.Is(err, api.ErrUnexpected) || !strings.Contains(err.Error(), "invalid status "+status) {
				t.Errorf("%s from %s: got error %v, want ErrUnexpected and the status", status, from, err)
			}
		}
	}
}
