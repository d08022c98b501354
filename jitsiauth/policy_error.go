package jitsiauth

import "fmt"

// PolicyError says why a Policy refused a password, in a form that can be told
// in the person's language; see Text. It is an *InvalidError of the field
// "password" for errors.As, and matches ErrInvalid. It never holds the password.
type PolicyError struct {
	Reason PolicyReason
	Min    int // with PasswordTooShort: how many characters there must be
}

// PolicyReason is what is wrong with a password. The reasons stay as they are.
type PolicyReason string

// The reasons of DefaultPolicy. A Policy may have others, which get a general
// text.
const (
	PasswordTooShort PolicyReason = "too_short"
	PasswordCommon   PolicyReason = "common"   // many people use it, or it repeats a few characters
	PasswordOwnName  PolicyReason = "own_name" // of the account
)

func (e *PolicyError) Error() string { return e.invalid().Error() }

// Unwrap returns the *InvalidError.
func (e *PolicyError) Unwrap() error { return e.invalid() }

func (e *PolicyError) invalid() *InvalidError {
	return &InvalidError{Field: "password", Rule: e.rule()}
}

func (e *PolicyError) rule() string {
	switch e.Reason {
	case PasswordTooShort:
		return fmt.Sprintf("must be at least %d characters long", e.Min)
	case PasswordCommon:
		return "must not be one that many people use or that follows a simple pattern"
	case PasswordOwnName:
		return "must not be the account's own name"
	}
	return "must be harder to guess"
}

// Text tells the person what is wrong with the password and what to do instead,
// in sentences: in Japanese if lang is "ja", otherwise in English.
func (e *PolicyError) Text(lang string) string {
	if lang == "ja" {
		return e.japanese() + "自分だけが思いつく組み合わせで単語をいくつか並べるか、自動で作成したパスワードをお使いください。"
	}
	return "The password " + e.rule() + ". Put together a few words that only you would combine, or let one be generated."
}

func (e *PolicyError) japanese() string {
	switch e.Reason {
	case PasswordTooShort:
		return fmt.Sprintf("パスワードは%d文字以上にしてください。", e.Min)
	case PasswordCommon:
		return "このパスワードは、多くの人が使っているか、並びが単純なため、簡単に推測されます。"
	case PasswordOwnName:
		return "アカウントの名前をパスワードに使うことはできません。"
	}
	return "このパスワードは推測されやすいため、使うことができません。"
}
