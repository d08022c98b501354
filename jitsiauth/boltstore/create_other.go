//go:build !linux

package boltstore

func publish(from, to string) error { return link(from, to) }
