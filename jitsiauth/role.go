package jitsiauth

// Role says what a person with an account may do to others.
type Role string

// The roles, from least to most.
const (
	RoleUser    Role = "user"    // their own account
	RoleManager Role = "manager" // accounts of users and managers
	RoleAdmin   Role = "admin"   // everything
)

// rank orders the roles; unknown ones have none.
func (r Role) rank() int {
	switch r {
	case RoleUser:
		return 1
	case RoleManager:
		return 2
	case RoleAdmin:
		return 3
	}
	return 0
}

// Covers reports whether r gives all the rights that other gives. What is no role
// covers nothing, and nothing covers it.
func (r Role) Covers(other Role) bool { return other.valid() && r.rank() >= other.rank() }

func (r Role) valid() bool { return r.rank() > 0 }
