package web

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
)

// Form is what somebody sent, and what is wrong with it. A page shows it again
// with both, but never a password.
type Form struct {
	values url.Values
	errors map[string]string
	// Problem is what is wrong as a whole, and not with one field.
	Problem string
}

// NewForm returns a form that holds the values; nil: an empty one.
func NewForm(values url.Values) *Form {
	return &Form{values: maps.Clone(values), errors: map[string]string{}}
}

// Get returns the first value of a field.
func (f *Form) Get(name string) string { return f.values.Get(name) }

// All returns all values of a field, such as of boxes that were ticked.
func (f *Form) All(name string) []string { return f.values[name] }

// Set gives a field its value, such as what is there before somebody changes it.
func (f *Form) Set(name, value string) {
	if f.values == nil {
		f.values = url.Values{}
	}
	f.values.Set(name, value)
}

// Refuse says what is wrong with a field.
func (f *Form) Refuse(field, text string) {
	if f.errors[field] == "" {
		f.errors[field] = text
	}
}

// Error returns what is wrong with a field.
func (f *Form) Error(field string) string { return f.errors[field] }

// OK reports that nothing is wrong so far.
func (f *Form) OK() bool { return len(f.errors) == 0 && f.Problem == "" }

// input is a field as parts.html shows it.
type input struct {
	Name, Type, Value, Error string
	Label, Hint              string // keys
	Auto, Mode               string // autocomplete, inputmode
	Required, Autofocus      bool
	Describes                string
}

// newInput makes a field of a form. Options are "type=", "label=", "hint=",
// "auto=" (autocomplete), "mode=" (inputmode), "required", "autofocus".
func newInput(f *Form, name string, options ...string) (input, error) {
	in := input{Name: name, Type: "text", Value: f.Get(name), Error: f.Error(name)}
	for _, option := range options {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "type":
			in.Type = value
		case "label":
			in.Label = value
		case "hint":
			in.Hint = value
		case "auto":
			in.Auto = value
		case "mode":
			in.Mode = value
		case "required":
			in.Required = true
		case "autofocus":
			in.Autofocus = true
		default:
			return in, fmt.Errorf("the field %s has the option %q, which is not known", name, option)
		}
	}
	if in.Type == "password" {
		in.Value = ""
	}
	if in.Hint != "" {
		in.Describes = name + "-hint"
	}
	if in.Error != "" {
		in.Describes = strings.TrimSpace(name + "-error " + in.Describes)
	}
	return in, nil
}
