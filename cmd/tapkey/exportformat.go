package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
)

// A record is one entry of an exported log.
type record struct {
	BoundLockID       string `json:"boundLockId"`
	LockSerialNumber  string `json:"lockSerialNumber"`
	LockTitle         string `json:"lockTitle"`
	ContactID         string `json:"contactId"`
	ContactIdentifier string `json:"contactIdentifier"`
	BoundCardID       string `json:"boundCardId"`
	BoundCardTitle    string `json:"boundCardTitle"`
	LockTimestamp     string `json:"lockTimestamp"`
	EntryNo           int64  `json:"entryNo"`
	ReceivedAt        string `json:"receivedAt"`
	ID                string `json:"id"`
}

// An encoder writes records in one format.
type encoder interface {
	encode(record) error
	end() error
}

var exportFormats = []string{"csv", "jsonl"}

var encoders = map[string]func(io.Writer) encoder{"csv": newCSV, "jsonl": newJSONLines}

type csvEncoder struct {
	w     *csv.Writer
	cells []string
}

func newCSV(w io.Writer) encoder {
	e := &csvEncoder{w: csv.NewWriter(w)}
	// The csv.Writer keeps an error and returns it again later.
	_ = e.w.Write([]string{
		"BoundLockId", "Lock Serial Number", "Lock Name", "Contact ID", "Contact Identifier", "NFC Transponder ID",
		"NFC Transponder Title", "Lock Timestamp", "Entry Number", "Received At", "ID",
	})
	return e
}

func (e *csvEncoder) encode(r record) error {
	e.cells = append(e.cells[:0],
		r.BoundLockID, r.LockSerialNumber, r.LockTitle, r.ContactID, r.ContactIdentifier, r.BoundCardID,
		r.BoundCardTitle, r.LockTimestamp, strconv.FormatInt(r.EntryNo, 10), r.ReceivedAt, r.ID)
	for i, text := range e.cells {
		e.cells[i] = noFormula(oneLine(text))
	}
	return e.w.Write(e.cells)
}

func (e *csvEncoder) end() error {
	e.w.Flush()
	return e.w.Error()
}

type jsonLines struct{ w io.Writer }

func newJSONLines(w io.Writer) encoder { return jsonLines{w} }

func (e jsonLines) encode(r record) error {
	line, err := json.Marshal(r)
	if err == nil {
		_, err = e.w.Write(append(escapeControls(line), '\n'))
	}
	return err
}

func (e jsonLines) end() error { return nil }
