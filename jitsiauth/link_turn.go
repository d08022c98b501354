package jitsiauth

import (
	"context"
	"sync"
)

// linkTurns lets those who spend one link do so one after the other. The zero value
// works. It holds only links that are being spent.
type linkTurns struct {
	mu    sync.Mutex
	links map[ID]*linkTurn
}

// linkTurn is that of one link.
type linkTurn struct {
	free  chan struct{} // holds one while nobody has it
	takes int           // who has it or waits
}

// enter waits for the turn and returns what ends it, or the error of ctx.
func (t *linkTurns) enter(ctx context.Context, id ID) (leave func(), err error) {
	t.mu.Lock()
	if t.links == nil {
		t.links = map[ID]*linkTurn{}
	}
	at := t.links[id]
	if at == nil {
		at = &linkTurn{free: make(chan struct{}, 1)}
		at.free <- struct{}{}
		t.links[id] = at
	}
	at.takes++
	t.mu.Unlock()
	select {
	case <-at.free:
		return func() {
			at.free <- struct{}{}
			t.drop(id, at)
		}, nil
	case <-ctx.Done():
		t.drop(id, at)
		return nil, ctx.Err()
	}
}

func (t *linkTurns) drop(id ID, at *linkTurn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.takes--; at.takes == 0 {
		delete(t.links, id)
	}
}
