// Package memstore keeps accounts in memory: a jitsiauth.Store for tests and
// examples, gone when the process ends.
//
//	service, err := jitsiauth.New(memstore.New(), jitsiauth.Options{})
package memstore
