package lockid_test

import (
	"fmt"

	"github.com/tapkey-go/tapkey-go/lockid"
)

// From an answer of the API to what people read on the lock.
func ExampleParse() {
	id, err := lockid.Parse("BAASNL/7") // the PhysicalLockID of a lock
	if err != nil {
		panic(err)
	}
	fmt.Println(id)
	// Output:
	// 12-34-BF-FB
}

// From what people read on the lock to the forms of the API.
func ExampleParseHex() {
	id, err := lockid.ParseHex("12 34 bf fb")
	if err != nil {
		panic(err)
	}
	fmt.Println(id.Base64(), "in JSON")
	fmt.Println(id.Base64URL(), "in a URL")

	_, err = lockid.ParseHex("12-34-BF-F")
	fmt.Println(err)
	// Output:
	// BAASNL/7 in JSON
	// BAASNL_7 in a URL
	// lock id: no hex digits, two for each byte
}
