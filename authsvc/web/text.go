package web

import "fmt"

// Languages are those of the pages.
var Languages = []string{"ja", "en"}

// text is one thing said in all languages. %d and %s in it stand for what is put
// in; both languages have the same ones in the same order, or with numbers
// (%[2]s).
type text struct{ ja, en string }

// catalogue is the texts of an area, by keys that begin with its name. A key that
// ends in ".one" takes the place of the one before it where the first argument
// is 1.
type catalogue map[string]text

// catalogues are all areas.
var catalogues = []catalogue{
	baseTexts, errorTexts, loginTexts, homeTexts, passwordTexts, linkTexts, usersTexts, userTexts, userEditTexts,
	linksTexts, throttleTexts, logTexts, nowTexts, tokenTexts, backupTexts, statusTexts, importTexts,
}

var texts = func() catalogue {
	all := catalogue{}
	for _, area := range catalogues {
		for key, said := range area {
			all[key] = said
		}
	}
	return all
}()

// Has reports whether there is a text under the key.
func Has(key string) bool {
	_, ok := texts[key]
	return ok
}

// Text returns what is said under the key in a language, "ja" or else English.
// A key that is missing is shown as it is, which tests look for.
func Text(lang, key string, args ...any) string {
	said, ok := texts[key]
	if one, has := texts[key+".one"]; has && len(args) > 0 && args[0] == 1 {
		said = one
	}
	if !ok {
		return key
	}
	format := said.en
	if lang == "ja" {
		format = said.ja
	}
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}
