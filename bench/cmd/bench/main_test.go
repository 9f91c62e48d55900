package main

import (
	"os"
	"testing"

	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

// TestDocumentsHaveMarkers checks that a measurement can be written into the documents.
func TestDocumentsHaveMarkers(t *testing.T) {
	t.Chdir("../..") // where the command runs
	for _, part := range append(findings{}.parts(), part{documentFile, summaryPart, ""}) {
		text, err := os.ReadFile(part.file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := report.Replace(string(text), part.name, part.content); err != nil {
			t.Errorf("%s: got error %v, want markers of %s", part.file, err, part.name)
		}
	}
}
