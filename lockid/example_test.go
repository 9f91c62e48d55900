package lockid_test

import (
	"fmt"

	"github.com/tapkey-go/tapkey-go/lockid"
)

// From the API to the form printed on the lock.
func ExampleParse() {
	id, err := lockid.Parse("BAASNL/7") // the PhysicalLockID of a lock
	if err != nil {
		panic(err)
	}
	fmt.Println(id)
	// Output:
	// 12-34-BF-FB
}

// From the form printed on the lock to the forms used by the API.
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
	// lock id: invalid hex: want two digits for each byte
}
