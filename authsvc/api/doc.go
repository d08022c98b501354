// Package api holds what travels between package authsvc and its callers: the
// JSON bodies and the error codes. It imports nothing but the standard library.
//
// In a request, a field whose tag lacks omitzero must be given; the server
// refuses fields that the type does not have, two fields of one name, and
// wrong types. A null stands for a field that is not given, and in UserPatch
// for clearing it.
package api
