//go:build race

package jitsiauth

// underRace says that the race detector slows everything down.
const underRace = true
