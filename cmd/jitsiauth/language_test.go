package main

import "testing"

func TestLanguageFrom(t *testing.T) {
	for _, test := range []struct {
		want    string
		environ []string
	}{
		{"en", nil},
		{"en", []string{"LANG"}},
		{"en", []string{"LANG="}},
		{"en", []string{"LANG=C.UTF-8"}},
		{"en", []string{"LANG=POSIX"}},
		{"en", []string{"LANG=en_US.UTF-8"}},
		{"en", []string{"LANG=jam_JM.UTF-8"}},
		{"ja", []string{"LANG=ja"}},
		{"ja", []string{"LANG=ja_JP"}},
		{"ja", []string{"PATH=/bin", "LANG=ja_JP.UTF-8"}},
		{"ja", []string{"LANG=ja.UTF-8"}},
		{"ja", []string{"LANG=en_US.UTF-8", "LC_MESSAGES=ja_JP.UTF-8"}},
		{"en", []string{"LC_MESSAGES=en_US.UTF-8", "LANG=ja_JP.UTF-8"}},
		{"en", []string{"LC_ALL=C", "LC_MESSAGES=ja_JP.UTF-8", "LANG=ja_JP.UTF-8"}},
		{"ja", []string{"LC_ALL=", "LC_MESSAGES=", "LANG=ja_JP.UTF-8"}},
		{"ja", []string{"LC_ALL=ja_JP.UTF-8", "LANG=C"}},
		{"en", []string{"LANGUAGE=ja", "LC_TIME=ja_JP.UTF-8"}},
	} {
		if got := languageFrom(test.environ); got != test.want {
			t.Errorf("%q: %s, want %s", test.environ, got, test.want)
		}
	}
}
