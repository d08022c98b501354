package boltstore

import (
	"context"
	"os"
)

// Size implements jitsiauth.Sizer. A file that was given to New may hold more.
func (s *Store) Size(context.Context) (int64, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
