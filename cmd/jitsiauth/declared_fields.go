package main

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/jitsiauth/server/authsvc/api"
)

// yamlReader makes accounts of a parsed file, and notes all that is wrong.
type yamlReader struct {
	file  *declaredFile
	lines []string // of the text, for what the parser has put something else in the place of
	wrong *wrongLines
}

func (y *yamlReader) readRoot(root ast.Node) {
	fields, ok := pairs(root)
	if !ok {
		y.wrong.add(lineOf(root), "", "", "must be a mapping with the field accounts")
		return
	}
	for _, field := range fields {
		if name := keyText(field.Key); name != "accounts" {
			y.wrong.add(lineOf(field.Key), "", name, "is not a field of a file of accounts, which has the field accounts alone")
			continue
		}
		list, ok := field.Value.(*ast.SequenceNode)
		if !ok {
			y.wrong.add(lineOf(field.Key), "", "accounts", "must be a list of accounts")
			continue
		}
		for _, item := range list.Values {
			y.readAccount(item)
		}
	}
}

func (y *yamlReader) readAccount(item ast.Node) {
	fields, ok := pairs(item)
	if !ok || len(fields) == 0 {
		y.wrong.add(lineOf(item), "", "accounts", "must be a list of mappings, such as \"- username: alice\"")
		return
	}
	account := &declaredAccount{line: lineOf(fields[0].Key), lines: map[string]int{}}
	for _, field := range fields {
		name := keyText(field.Key)
		if _, again := account.lines[name]; again {
			y.wrong.add(lineOf(field.Key), "", name, "must not be given twice")
			continue
		}
		account.lines[name] = lineOf(field.Key)
		rule := account.set(name, field.Value)
		if rule == "" && slices.Contains(secretFields, name) && y.misread(field.Value.GetToken()) {
			rule = ruleEscape
		}
		if rule != "" {
			y.wrong.add(lineOf(field.Key), "", name, rule)
		}
	}
	if line, ok := account.lines["hash"]; ok {
		account.lines["password_hash"] = line
	}
	y.file.accounts = append(y.file.accounts, account)
}

// set sets a field, or returns the rule that its value breaks.
func (d *declaredAccount) set(name string, value ast.Node) (rule string) {
	switch name {
	case "jid":
		return setWord(&d.JID, value)
	case "username":
		return setWord(&d.Username, value)
	case "domain":
		return setWord(&d.Domain, value)
	case "password":
		return setSecret(&d.Password, value)
	case "password_file":
		return setWord(&d.PasswordFile, value) // a path is no secret, and may have a comment behind it
	case "password_hash", "hash":
		if d.PasswordHash != "" {
			return "must not be given twice, as hash and as password_hash"
		}
		return setSecret(&d.PasswordHash, value)
	case "generate":
		var generate api.Optional[bool]
		if rule := setFlag(&generate, value); rule != "" || generate.Null {
			return ruleFlag
		}
		d.Generate = generate.Value
		return ""
	case "display_name":
		return setText(&d.DisplayName, value)
	case "email":
		return setText(&d.Email, value)
	case "note":
		return setText(&d.Note, value)
	case "role":
		return setText(&d.Role, value)
	case "disabled":
		return setFlag(&d.Disabled, value)
	case "valid_from":
		return setDate(&d.ValidFrom, value)
	case "valid_until":
		return setDate(&d.ValidUntil, value)
	}
	return "is not a field of an account: jid, or username and domain; password, password_file, hash or generate; display_name, email, note, role, disabled, valid_from, valid_until"
}

// Rules of values.
const (
	ruleText  = "must be a text"
	ruleFlag  = "must be true or false"
	ruleEmpty = "must not be empty: leave the field out, or put a text like null in quotes"
	ruleCut   = "is cut off by what YAML takes for a comment (#): put it in quotes"
	rulePlain = "must not have tabs in it or go on in the next line unless it is in quotes, for YAML reads those as something else: put it in quotes"

	ruleEscape = "has a \\x, \\u or \\U in double quotes that no hexadecimal number of a character follows: put it in single quotes, or write \\\\"
)

// secretFields are those of which a value that is read as another one locks somebody
// out, or lets somebody in.
var secretFields = []string{"password", "password_hash", "hash"}

// scalarText returns a value as it stands in the file: 0123, 1e3 and 2026-11-27 are
// texts like others, for nobody who writes a name or a password means a number.
func scalarText(value ast.Node) (text string, null, ok bool) {
	switch v := value.(type) {
	case *ast.StringNode:
		return v.Value, false, true
	case *ast.LiteralNode:
		return v.Value.Value, false, true
	case *ast.NullNode:
		return "", true, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(value.GetToken().Origin), false, true
	}
	return "", false, false
}

func setWord(to *string, value ast.Node) string {
	text, null, ok := scalarText(value)
	switch {
	case !ok:
		return ruleText
	case null, text == "":
		return ruleEmpty
	}
	*to = text
	return ""
}

// setSecret also refuses, of what is not in quotes, what is followed by a comment,
// which may be the rest of a password; and tabs and ends of lines, which the parser
// leaves out or makes blanks of.
func setSecret(to *string, value ast.Node) string {
	tk := value.GetToken()
	if tk.Type == token.SingleQuoteType || tk.Type == token.DoubleQuoteType {
		return setWord(to, value)
	}
	if next := tk.Next; next != nil && next.Type == token.CommentType && next.Position.Line == tk.Position.Line {
		return ruleCut
	}
	if _, block := value.(*ast.LiteralNode); block || strings.ContainsAny(strings.TrimSpace(tk.Origin), "\t\n") {
		return rulePlain
	}
	return setWord(to, value)
}

// misread reports a text in double quotes with an escape that is none (YAML 1.2
// §5.7), of which the parser makes some character. The token does not hold the
// escapes, so the lines are looked at that it stands in.
func (y *yamlReader) misread(tk *token.Token) bool {
	if tk.Type != token.DoubleQuoteType {
		return false
	}
	first := min(max(tk.Position.Line-1, 0), len(y.lines))
	last := min(first+strings.Count(strings.TrimSpace(tk.Origin), "\n")+1, len(y.lines))
	text := strings.Join(y.lines[first:last], "\n")
	return badEscape(text) || strings.ContainsRune(tk.Value, utf8.RuneError) && !strings.ContainsRune(text, utf8.RuneError)
}

func badEscape(text string) bool {
	for {
		_, after, found := strings.Cut(text, `\`)
		if !found || after == "" {
			return false
		}
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[after[0]]
		text = after[1:]
		if len(text) < digits || strings.Trim(text[:digits], "0123456789abcdefABCDEF") != "" {
			return true
		}
	}
}

func setText(to *api.Optional[string], value ast.Node) string {
	text, null, ok := scalarText(value)
	if !ok {
		return ruleText
	}
	*to = api.Optional[string]{Value: text, Set: true, Null: null}
	return ""
}

// setDate takes an empty text for no date, as a CSV has it.
func setDate(to *api.Optional[string], value ast.Node) string {
	rule := setText(to, value)
	to.Null = to.Null || to.Set && to.Value == ""
	return rule
}

func setFlag(to *api.Optional[bool], value ast.Node) string {
	switch v := value.(type) {
	case *ast.BoolNode:
		*to = api.Some(v.Value)
	case *ast.NullNode:
		*to = api.Null[bool]()
	default:
		return ruleFlag
	}
	return ""
}

// pairs returns the fields of a mapping.
func pairs(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch v := node.(type) {
	case *ast.MappingNode:
		return v.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{v}, true
	}
	return nil, false
}

// keyText is the name of a field, as it stands there if it is no text.
func keyText(key ast.MapKeyNode) string {
	if text, ok := key.(*ast.StringNode); ok {
		return text.Value
	}
	return key.GetToken().Value
}

func lineOf(node ast.Node) int { return node.GetToken().Position.Line }
