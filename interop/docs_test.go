package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	api "github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// sandboxCommand builds the command tapkey and serves a sandbox with it. The page at /docs
// has Redoc if withRedoc is true. If its bundle cannot be downloaded, the test is skipped.
func sandboxCommand(t *testing.T, withRedoc bool) (origin string) {
	t.Helper()
	tags := "-tags="
	if withRedoc {
		out, err := exec.CommandContext(t.Context(), "sh", "../tools/redoc.sh").CombinedOutput()
		if err != nil {
			t.Fatalf("tools/redoc.sh: %v: %s", err, out)
		}
		if strings.Contains(string(out), "not run") {
			t.Skip(strings.TrimSpace(string(out)))
		}
		tags += "tapkey_redoc"
	}
	path := filepath.Join(t.TempDir(), "tapkey")
	build := exec.CommandContext(t.Context(), "go", "build", tags, "-o", path, "./cmd/tapkey")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	ports := freePorts(t, 1)
	run(t, ports, path, "sandbox", "--addr", address(ports[0]))
	return "http://" + address(ports[0])
}

// The page shows every operation at the widths of a desktop and of a phone, without an error,
// without a request to another host, and without a horizontal scroll bar.
func TestDocsInChromium(t *testing.T) {
	for _, withRedoc := range []bool{true, false} {
		t.Run(fmt.Sprintf("redoc=%t", withRedoc), func(t *testing.T) {
			origin := sandboxCommand(t, withRedoc)
			for _, width := range []int64{1280, 390} {
				t.Run(fmt.Sprint(width), func(t *testing.T) {
					checkDocs(t, newChromium(t), origin, width, withRedoc)
				})
			}
		})
	}
}

func checkDocs(t *testing.T, browser context.Context, origin string, width int64, withRedoc bool) {
	b := newTab(t, browser, nil, nil)
	var mu sync.Mutex
	var requested []string
	if err := chromedp.Listen(b.ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch event := event.(type) {
		case *network.EventRequestWillBeSent:
			requested = append(requested, event.Request.URL)
		case *runtime.EventExceptionThrown:
			t.Errorf("exception: %s", event.ExceptionDetails.Text)
		}
	}); err != nil {
		t.Fatal(err)
	}
	b.run(command(network.Enable, network.EnableParams{}), command(runtime.Enable, cdp.Empty{}),
		command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500}),
		chromedp.Navigate(origin+"/docs"))
	paths := make([]string, 0, 33)
	for _, op := range api.Operations() {
		paths = append(paths, op.Path)
	}
	list, err := json.Marshal(paths)
	if err != nil {
		t.Fatal(err)
	}
	// Redoc shows the sections of the page when they are scrolled to.
	missing := evaluate[[]string](b, `new Promise(done => {
		let missing = `+string(list)+`, atEnd = 0;
		const look = () => {
			const text = document.body.innerText;
			missing = missing.filter(path => !text.includes(path));
			const before = scrollY;
			scrollBy(0, innerHeight / 2);
			atEnd = scrollY === before ? atEnd + 1 : 0;
			missing.length === 0 || atEnd > 100 ? done(missing) : setTimeout(look, 50);
		};
		look();
	})`)
	if len(missing) > 0 {
		t.Errorf("the page does not show the operations at %q", missing)
	}
	if shown := evaluate[bool](b, `document.querySelector("main dl") === null`); shown != withRedoc {
		t.Errorf("Redoc has replaced the list of operations: %t, want %t", shown, withRedoc)
	}
	if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > width {
		t.Errorf("the page is %d pixels wide, want at most %d", wide, width)
	}
	b.picture(fmt.Sprintf("docs-%t-%d", withRedoc, width))
	mu.Lock()
	defer mu.Unlock()
	for _, to := range requested {
		if u, err := url.Parse(to); err != nil || !slices.Contains([]string{"data", "blob"}, u.Scheme) && "http://"+u.Host != origin {
			t.Errorf("the page requested %s, want nothing from other hosts", to)
		}
	}
	if len(requested) == 0 {
		t.Error("recorded no requests")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) > 0 {
		t.Errorf("the console has the errors %q, want none", b.messages)
	}
}
