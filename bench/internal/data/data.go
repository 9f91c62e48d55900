// Package data generates the responses of the measured API. They are the same in every run
// and for every client. Ids, names and times differ between items. One name in four
// contains JSON escapes or non-ASCII letters. Fields that the API often sends as null are
// null.
package data

import (
	"fmt"
	"time"
)

// Item appends the JSON of item number i to dst.
type Item func(dst []byte, i int) []byte

// One returns the JSON of the first item.
func One(item Item) []byte { return item(nil, 0) }

// List returns a JSON array of the items from, from+1, ..., to-1.
func List(item Item, from, to int) []byte {
	list := []byte{'['}
	for i := from; i < to; i++ {
		if i > from {
			list = append(list, ',')
		}
		list = item(list, i)
	}
	return append(list, ']')
}

// Owner appends an owner account of about 90 bytes.
func Owner(dst []byte, i int) []byte {
	return fmt.Appendf(dst, `{"id":"%s","name":"%s %d","active":%t}`, id(1, i), name(i), i, i%10 != 9)
}

// Contact appends a contact of about 300 bytes.
func Contact(dst []byte, i int) []byte {
	return fmt.Appendf(dst, `{"id":"%s","ownerId":"%s","identifier":"user%d@example.com",`+
		`"email":"user%d@example.com","ipId":"tapkey","ipUserId":null,"title":"%s","comment":null}`,
		id(2, i), id(1, 0), i, i, name(i))
}

// Grant appends a grant of about 1,200 bytes, which contains its lock and its contact.
func Grant(dst []byte, i int) []byte {
	dst = fmt.Appendf(dst, `{"id":"%s","state":"Ok","active":true,"boundLockId":"%s","boundLock":`, id(3, i), id(4, i))
	dst = lock(dst, i)
	dst = fmt.Appendf(dst, `,"contactId":"%s","contact":`, id(2, i))
	dst = Contact(dst, i)
	return fmt.Appendf(dst, `,"boundCardId":null,"boundCard":null,"owner":null,"validFrom":"%s",`+
		`"validBefore":"%s","timeRestrictionIcal":null}`, at(i), at(i+9000))
}

func lock(dst []byte, i int) []byte {
	return fmt.Appendf(dst, `{"id":"%s","active":true,"title":"%s","description":"Floor %d, door %d",`+
		`"ownerAccountId":"%s","physicalLockId":"BAASNL/7","lockTypeId":"TK.Td30",`+
		`"lockType":{"id":"TK.Td30","manufacturerId":1,"modelName":"TD30","supportedTechnologies":["nfc","ble"]},`+
		`"bindDate":"%s","unbindDate":null,"rclSerialNo":%d,"rclDate":"%s","lastSeenRclSerialNo":null,`+
		`"lastSeenRclUpdateDate":null,"targetType":"Lock","supportedFeatures":null,`+
		`"membershipStatistics":null,"healthStatuses":null}`,
		id(4, i), name(i), i%7, i, id(1, 0), at(i), i+1, at(i+30))
}

// LogEntry appends a log entry of about 350 bytes.
func LogEntry(dst []byte, i int) []byte {
	return fmt.Appendf(dst, `{"id":"%s","entryNo":%d,"lockTimestamp":"%s","receivedAt":"%s","boundLockId":"%s",`+
		`"boundCardId":null,"contactId":"%s","logType":"Command","command":"TriggerLock"}`,
		id(5, i), i+1, at(i), at(i+60), id(4, i%40), id(2, i%300))
}

func id(kind, i int) string {
	return fmt.Sprintf("%08x-3b0a-4c1d-9a57-%012x", uint32(kind<<28)+uint32(i)*2654435761, i)
}

func name(i int) string {
	return [...]string{"Entrance Door", "Garage", `B\u00fcro \"Nord\"`, "Lager Süd", "Coworking Space", "Server Room",
		"Garden Shed", "Meeting Room"}[i%8]
}

func at(minute int) string {
	return time.Date(2024, 1, 1, 6, 0, 0, 0, time.UTC).Add(time.Duration(minute) * time.Minute).
		Format("2006-01-02T15:04:05.000Z")
}
