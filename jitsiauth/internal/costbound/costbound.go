// Package costbound holds the lowest bcrypt cost that the service accepts, so
// that tests can lower it and nothing else can; see package lowcost.
package costbound

// Min is the lowest accepted cost.
var Min = 10
