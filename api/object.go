package api

// Object is a response of unknown shape. Its values have the types that encoding/json
// stores in an empty interface value.
type Object map[string]any
