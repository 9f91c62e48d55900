package engine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// PathText returns the text of a path value that is not a plain string, for a PathValue:
// that of a named string, of the elements of a list, or of the value in a union.
func PathText(value any) string {
	if union, ok := value.(json.Marshaler); ok {
		data, err := union.MarshalJSON()
		var text string
		if err != nil || json.Unmarshal(data, &text) != nil {
			return string(data)
		}
		return text
	}
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice {
		return fmt.Sprint(value)
	}
	var texts []string
	for i := range list.Len() {
		texts = append(texts, PathText(list.Index(i).Interface()))
	}
	return strings.Join(texts, ",")
}
