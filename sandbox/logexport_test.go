package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// Tapkey has published a program that exports the log of a locking system. This test sends
// the same requests in the same order, without this module's client.
func TestLogExport(t *testing.T) {
	s := start(t)
	rsp, err := http.PostForm(s.TokenURL(), url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {s.ClientID()},
		"client_secret": {s.ClientSecret()},
		"scope":         {"read:core:entities read:logs read:owneraccounts"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(rsp.Body).Decode(&token); err != nil {
		t.Fatal(err)
	}
	rsp.Body.Close()

	get := func(path string) []map[string]any {
		t.Helper()
		// Only spaces and quotes are encoded.
		path = strings.NewReplacer(" ", "%20", "'", "%27").Replace(path)
		req, err := http.NewRequest("GET", s.BaseURL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token.AccessToken)
		rsp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer rsp.Body.Close()
		body, err := io.ReadAll(rsp.Body)
		if err != nil || rsp.StatusCode != http.StatusOK {
			t.Fatalf("GET %s: got status %s, error %v and body %s, want 200", path, rsp.Status, err, body)
		}
		var list []map[string]any
		if err := json.Unmarshal(body, &list); err != nil {
			t.Fatalf("GET %s: got body %s (%v), want a JSON list", path, body, err)
		}
		return list
	}
	byID := func(list []map[string]any) map[any]map[string]any {
		m := make(map[any]map[string]any)
		for _, item := range list {
			m[item["id"]] = item
		}
		return m
	}

	exported := map[string]int{}
	for _, owner := range get("/Owners") {
		base := "/owners/" + owner["id"].(string)
		locks := byID(get(base + "/boundlocks"))
		contacts := byID(get(base + "/contacts?$select=id,identifier"))
		cards := byID(get(base + "/boundcards?$select=id,title"))
		for skip := 0; ; skip += 500 {
			page := get(base + "/logentries?$skip=" + strconv.Itoa(skip) + "&$top=500" +
				"&$filter=logType eq 'Command' and command eq 'TriggerLock'" +
				"&$select=id,boundCardId,boundLockId,contactId,entryNo,lockTimestamp,receivedAt&")
			for _, entry := range page {
				if len(entry) != 7 {
					t.Fatalf("entry %v: got %d fields, want 7", entry, len(entry))
				}
				lock := locks[entry["boundLockId"]]
				if lock["title"] == nil || lock["physicalLockId"] == nil {
					t.Fatalf("entry %v: got lock %v, want one with title and physicalLockId", entry, lock)
				}
				switch {
				case entry["contactId"] != nil:
					if contacts[entry["contactId"]]["identifier"] == nil {
						t.Fatalf("entry %v: got an unknown contact, want one with an identifier", entry)
					}
				case entry["boundCardId"] != nil:
					if cards[entry["boundCardId"]]["title"] == nil {
						t.Fatalf("entry %v: got an unknown card, want one with a title", entry)
					}
				}
			}
			exported[owner["name"].(string)] += len(page)
			if len(page) < 500 {
				break
			}
		}
	}
	// Six of seven entries have the command TriggerLock.
	want(t, exported, `{"Coworking Space":1029,"Holiday Flat":0,"Home":52,"Self Storage North":26}`)
}
