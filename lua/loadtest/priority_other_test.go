//go:build !linux

package loadtest_test

import "testing"

func goFirst(*testing.B) {}

func goesFirst(int) {}
