// Package csvfile reads CSVs of accounts as people have them: those of RFC 4180, and
// what Excel writes, in Japan too.
//
// Lines (line.go) is all of it: rows (row.go), the names of their columns
// (heading.go) and their cells (cell.go) become values of api.ImportLine, one at a
// time. Text (text.go) finds out the encoding of a whole file. Guard (formula.go) is
// for who writes a CSV that a spreadsheet is to open.
//
// It knows the form of accounts and not the service: who reads one has still to
// prepare names, and to read dates in the service's zone.
package csvfile
