package jitsiauth

// SCRAMLevels is how many iterations every refusal costs, by scheme: for tests of
// the whole service.
func (s *Service) SCRAMLevels() map[string]int { return s.hasher.scram.missing(work{}) }
