package lockid_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/lockid"
)

func TestForms(t *testing.T) {
	for _, test := range []struct{ base64, url, hex string }{
		{"BAASNL/7", "BAASNL_7", "12-34-BF-FB"},
		{"AAChsgq2", "AAChsgq2", "A1-B2-0A-B6"}, // a documented example with a wrong length
		{"AQD/", "AQD_", "FF"},
		{"AgABAg==", "AgABAg", "01-02"},
	} {
		for _, form := range []string{test.base64, test.url, strings.TrimRight(test.base64, "=")} {
			id, err := lockid.Parse(form)
			if err != nil || id.Base64() != test.base64 || id.Base64URL() != test.url || id.Hex() != test.hex || id.String() != test.hex {
				t.Errorf("Parse(%s): got %s, %s, %s and error %v, want %s, %s, %s", form, id.Base64(), id.Base64URL(), id.Hex(), err, test.base64, test.url, test.hex)
			}
		}
	}
	want, _ := lockid.Parse("BAASNL/7")
	for _, form := range []string{"12-34-BF-FB", "1234bffb", "12:34:bf:FB", "12 34 BF FB"} {
		if id, err := lockid.ParseHex(form); err != nil || id != want {
			t.Errorf("ParseHex(%s): got %v and error %v, want %v", form, id, err, want)
		}
	}
}

func TestBadInput(t *testing.T) {
	for _, text := range []string{"", "=", "BA", "BAA=", "BAAS\nNL/7", "BAASNL/7===", "ümlaut", "BAAS NL/7", strings.Repeat("!", 1<<16)} {
		if id, err := lockid.Parse(text); err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 100 {
			t.Errorf("Parse(%.20q): got %v and error %v, want a short one-line error", text, id, err)
		}
	}
	for _, text := range []string{"", "-", "1", "123", "zz", "12_34", strings.Repeat("00", 1<<16)} {
		if id, err := lockid.ParseHex(text); err == nil || len(err.Error()) > 100 {
			t.Errorf("ParseHex(%.20q): got %v and error %v, want a short error", text, id, err)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte{0x12, 0x34, 0xbf, 0xfb})
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, id []byte) {
		if len(id) == 0 || len(id) > 1<<16-1 {
			return
		}
		read, err := lockid.ParseHex(fmt.Sprintf("%x", id))
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{read.Base64(), read.Base64URL()} {
			if again, err := lockid.Parse(form); err != nil || again != read {
				t.Errorf("Parse(%s): got %v and error %v, want %v", form, again, err, read)
			}
		}
		if again, err := lockid.ParseHex(read.Hex()); err != nil || again != read {
			t.Errorf("ParseHex(%s): got %v and error %v, want %v", read.Hex(), again, err, read)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("BAASNL/7")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := lockid.Parse(text)
		if err != nil {
			return
		}
		if again, err := lockid.Parse(id.Base64()); err != nil || again != id {
			t.Errorf("Parse(%s) of Parse(%q): got %v and error %v, want %v", id.Base64(), text, again, err, id)
		}
	})
}
