package api

import "encoding/json"

// Optional is a field of a merge patch: not set, null, or a value. The zero
// value is not set; it needs omitzero in its tag to stay out of the JSON.
type Optional[T any] struct {
	Value T    // the zero value if Null or not Set
	Set   bool // the field is there
	Null  bool // it is null
}

// Some returns a field with a value.
func Some[T any](value T) Optional[T] { return Optional[T]{Value: value, Set: true} }

// Null returns a field that is null.
func Null[T any]() Optional[T] { return Optional[T]{Set: true, Null: true} }

// IsZero reports whether the field is not set; encoding/json asks for omitzero.
func (o Optional[T]) IsZero() bool { return !o.Set }

// MarshalJSON implements json.Marshaler.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.Set || o.Null {
		return []byte("null"), nil
	}
	return json.Marshal(o.Value)
}

// UnmarshalJSON implements json.Unmarshaler. It is called only for a field that
// is there. On error o stays as it was.
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = Null[T]()
		return nil
	}
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	*o = Some(value)
	return nil
}
