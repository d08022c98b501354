package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// readYAML reads a mapping with the one field accounts, a list of mappings. Of YAML
// it takes what such a file needs: one document, without tags, anchors and aliases.
func (d *declaredFile) readYAML(file []byte) error {
	if len(file) > maxDeclaredYAML {
		return d.wrong(0, "file", fmt.Sprintf("must be at most %d MiB long: use a CSV, which may be %d MiB", maxDeclaredYAML>>20, maxDeclared>>20))
	}
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if !utf8.Valid(file) {
		return d.wrong(firstInvalid(file), "", "must be in UTF-8")
	}
	// YAML 1.2 §5.4 reads all line ends as LF; the parser counts others wrongly.
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(file))
	tokens := lexer.Tokenize(text)
	if err := d.checkTokens(tokens); err != nil {
		return err
	}
	parsed, err := parser.Parse(tokens, 0)
	if err != nil {
		return d.notYAML(err)
	}
	var root ast.Node
	for _, document := range parsed.Docs {
		if document.Body != nil && root != nil {
			return d.wrong(lineOf(document.Body), "", ruleOneDocument)
		}
		root = cmp.Or(root, document.Body)
	}
	if root == nil {
		return d.wrong(0, "accounts", "must have at least one account")
	}
	y := &yamlReader{file: d, lines: strings.Split(text, "\n"), wrong: &wrongLines{file: d.name}}
	y.readRoot(root)
	return y.wrong.asError()
}

// firstInvalid is the line with the first bytes that are no UTF-8.
func firstInvalid(text []byte) int {
	line := 1
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		text = text[size:]
	}
	return line
}

const ruleOneDocument = "must be one document: a second one begins here"

// maxFlow is how deep brackets may stand in each other: {accounts: [{jid: …}]}.
const maxFlow = 3

// checkTokens refuses what no file of accounts needs, before the parser sees it:
// what could make a small file a large one, and nesting that costs a stack.
func (d *declaredFile) checkTokens(tokens token.Tokens) error {
	depth, documents := 0, 0
	for i, tk := range tokens {
		line, rule := tk.Position.Line, ""
		switch tk.Type {
		case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType:
			rule = "must have no tags, anchors, aliases and merges (! & * <<): put a text that begins so in quotes"
		case token.DirectiveType, token.MappingKeyType:
			rule = "must have no directives (%) and no keys that begin with ?"
		case token.DocumentHeaderType:
			if documents++; documents > 1 || !onlyComments(tokens[:i]) {
				rule = ruleOneDocument
			}
		case token.SequenceStartType, token.MappingStartType:
			if depth++; depth > maxFlow {
				rule = "must not be nested that deep"
			}
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			if i > 0 && tokens[i-1].Type == token.SequenceEntryType {
				rule = "must be a list of accounts, without lists in it"
			}
		}
		if rule != "" {
			return d.wrong(line, "", rule)
		}
	}
	return nil
}

func onlyComments(tokens token.Tokens) bool {
	for _, tk := range tokens {
		if tk.Type != token.CommentType {
			return false
		}
	}
	return true
}

// notYAML says where the parser stopped, and why if that quotes nothing: what stands
// there may be a password.
func (d *declaredFile) notYAML(err error) error {
	line, rule := 0, "can't be read as YAML"
	if wrong, ok := errors.AsType[yaml.Error](err); ok {
		if tk := wrong.GetToken(); tk != nil && tk.Position != nil {
			line = tk.Position.Line
		}
		message := wrong.GetMessage()
		switch {
		case strings.HasPrefix(message, "mapping key "):
			rule = "must not have the same field twice"
		case !strings.Contains(message, `"`):
			rule += ": " + message + "; texts with signs that mean something in YAML must be in quotes"
		}
	}
	return d.wrong(line, "", rule)
}
