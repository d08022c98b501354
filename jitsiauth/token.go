package jitsiauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Token lets a program in over HTTP. Its secret is shown once, when it is
// made; the store keeps its SHA-256, which is enough for 256 random bits.
type Token struct {
	ID        ID
	Name      string // unique
	Scopes    []Scope
	Domains   []string  // prepared; the only domains it may touch; empty: all
	ExpiresAt time.Time // exclusive; zero: never
	CreatedAt time.Time
	// LastUsedAt is when the token last let someone in; zero: never. It is
	// kept a second or so later, by Service.Run.
	LastUsedAt time.Time
	// Prefix is how the secret begins: TokenPrefix and 4 of 43 letters, enough
	// to tell which token stands in a file and too little to guess the rest.
	// Empty for a secret that was not made here.
	Prefix string
	Hash   [sha256.Size]byte // of the whole secret
}

// Scope says what a token may do.
type Scope string

// The scopes.
const (
	ScopeAuth       Scope = "auth"        // Prosody: ask about logins
	ScopeUsersRead  Scope = "users:read"  // list and show accounts
	ScopeUsersWrite Scope = "users:write" // what a manager may
	ScopeAdmin      Scope = "admin"       // everything but ask about logins
)

// TokenPrefix begins every secret, so that one found in a log or a repository
// says what it is.
const TokenPrefix = "jitsiauth_"

// MinFixedToken is the least length of a token that was not made here, in
// characters.
const MinFixedToken = 32

// maxTokenName bounds a token's name in bytes.
const maxTokenName = 64

// Has reports whether the token was given the scope.
func (t *Token) Has(scope Scope) bool { return slices.Contains(t.Scopes, scope) }

// Actor is who the token's holder is to the service.
func (t *Token) Actor() Actor {
	role := RoleUser
	switch {
	case t.Has(ScopeAdmin):
		role = RoleAdmin
	case t.Has(ScopeUsersWrite):
		role = RoleManager
	}
	return Actor{Kind: ActorToken, Name: t.Name, Role: role, Domains: t.Domains}
}

// NewToken is what Service.CreateToken takes. Name and Scopes must be given.
type NewToken struct {
	Name      string
	Scopes    []Scope
	Domains   []string  // empty: all
	ExpiresAt time.Time // zero: never
}

// NewTokenSecret draws a secret of 256 random bits.
func (s *Service) NewTokenSecret() (string, error) {
	var bits [32]byte
	if _, err := io.ReadFull(s.random, bits[:]); err != nil {
		return "", err
	}
	return TokenPrefix + base64.RawURLEncoding.EncodeToString(bits[:]), nil
}

// CreateToken makes a token and returns it with its secret, which can't be had
// again. It returns an *InvalidError, ErrForbidden, or ErrExists where the
// name is taken. The token and its log entry are written together.
func (s *Service) CreateToken(ctx context.Context, n NewToken) (Token, string, error) {
	secret, err := s.NewTokenSecret()
	if err != nil {
		return Token{}, "", err
	}
	t, err := s.AdoptToken(ctx, n, secret)
	return t, secret, err
}

// AdoptToken is CreateToken for a secret that is already there, such as one
// just written to a file with NewTokenSecret.
func (s *Service) AdoptToken(ctx context.Context, n NewToken, secret string) (Token, error) {
	if err := ActorFrom(ctx).mayAdminister(); err != nil {
		return Token{}, err
	}
	if len(secret) < MinFixedToken {
		return Token{}, invalid("secret", "must be at least %d characters long", MinFixedToken)
	}
	now := s.now().UTC()
	t := Token{
		Name: n.Name, Scopes: slices.Clone(n.Scopes), ExpiresAt: n.ExpiresAt.UTC(),
		CreatedAt: now, Prefix: visiblePrefix(secret), Hash: sha256.Sum256([]byte(secret)),
	}
	err := t.check(now)
	if err != nil {
		return Token{}, err
	}
	if t.Domains, err = s.servedDomains(n.Domains); err != nil {
		return Token{}, err
	}
	if t.ID, err = newID(now, s.random); err != nil {
		return Token{}, err
	}
	return t, s.store.CreateToken(ctx, t, tokenEntry(ctx, now, TokenCreated, &t))
}

// visiblePrefix is what Token.Prefix says.
func visiblePrefix(secret string) string {
	const visible = len(TokenPrefix) + 4
	if !strings.HasPrefix(secret, TokenPrefix) || len(secret) < len(TokenPrefix)+43 {
		return ""
	}
	return secret[:visible]
}

func (t *Token) check(now time.Time) error {
	if t.Name == "" {
		return invalid("name", "must not be empty")
	}
	if err := checkText("name", t.Name, maxTokenName, false); err != nil {
		return err
	}
	if _, err := ParseID(t.Name); err == nil {
		return invalid("name", "must not look like a token's ID")
	}
	if len(t.Scopes) == 0 {
		return invalid("scopes", "must name at least one of auth, users:read, users:write, admin")
	}
	for _, scope := range t.Scopes {
		switch scope {
		case ScopeAuth, ScopeUsersRead, ScopeUsersWrite, ScopeAdmin:
		default:
			return invalid("scopes", "must be of auth, users:read, users:write, admin")
		}
	}
	if t.ExpiresAt.IsZero() {
		return nil
	}
	if !now.Before(t.ExpiresAt) {
		return invalid("expires_at", "must lie in the future")
	}
	return checkMoment("expires_at", t.ExpiresAt)
}

func (s *Service) servedDomains(names []string) ([]string, error) {
	domains, err := prepareDomains(names)
	if err != nil {
		return nil, err
	}
	for _, domain := range domains {
		if !slices.Contains(s.domains, domain) {
			return nil, invalid("domains", "must be of those that this service serves: %s", strings.Join(s.domains, ", "))
		}
	}
	return domains, nil
}

// Tokens returns all tokens in the order they were made, or ErrForbidden.
func (s *Service) Tokens(ctx context.Context) ([]Token, error) {
	if err := ActorFrom(ctx).mayAdminister(); err != nil {
		return nil, err
	}
	return s.store.ListTokens(ctx)
}

// RevokeToken ends the token with this name or ID at once. It returns
// ErrNotFound or ErrForbidden.
func (s *Service) RevokeToken(ctx context.Context, nameOrID string) error {
	tokens, err := s.Tokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if t.Name == nameOrID || t.ID.String() == nameOrID {
			return s.store.DeleteToken(ctx, t.ID, tokenEntry(ctx, s.now().UTC(), TokenRevoked, &t))
		}
	}
	return ErrNotFound
}

// Authenticate returns the token with this secret. It returns ErrBadToken, or
// ErrTokenExpired for one that was right once. The secret is looked up by its
// hash, so that time tells nothing about secrets that are near.
func (s *Service) Authenticate(ctx context.Context, secret string) (Token, error) {
	hash := sha256.Sum256([]byte(secret))
	if s.isFixed && subtle.ConstantTimeCompare(hash[:], s.fixed[:]) == 1 {
		return Token{Name: "JITSIAUTH_PROSODY_TOKEN", Scopes: []Scope{ScopeAuth}, Hash: hash}, nil
	}
	t, err := s.tokens.find(ctx, s.store, hash, s.store.TokenByHash)
	if errors.Is(err, ErrNotFound) {
		return Token{}, ErrBadToken
	}
	if err != nil {
		return Token{}, err
	}
	if !t.ExpiresAt.IsZero() && !s.now().Before(t.ExpiresAt) {
		return Token{}, fmt.Errorf("%w: %s", ErrTokenExpired, t.Name) // whoever has it may know its name
	}
	s.logins.used(t.ID, s.now().UTC())
	return t, nil
}

func tokenEntry(ctx context.Context, now time.Time, action Action, t *Token) Change {
	c := entry(ctx, now, action)
	c.Subject, c.Name = t.ID, t.Name
	return c
}
