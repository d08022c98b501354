package csvfile

import "strings"

// formulaStarts are what a spreadsheet may take for a formula at the beginning
// of a cell (OWASP, CSV Injection), full-width forms included.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// looksLikeFormula looks behind any number of '.
func looksLikeFormula(cell string) bool {
	return strings.IndexAny(strings.TrimLeft(cell, "'"), formulaStarts) == 0
}

// Guard puts a ' before a cell that a spreadsheet could run; an import takes it off
// again.
func Guard(cell string) string {
	if looksLikeFormula(cell) {
		return "'" + cell
	}
	return cell
}

// unguard is the way back: unguard(Guard(x)) == x for any x.
func unguard(cell string) string {
	if looksLikeFormula(cell) {
		return strings.TrimPrefix(cell, "'")
	}
	return cell
}
