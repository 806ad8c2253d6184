package vault

import "sync"

// memo makes each value once, however many ask for it at the same time.
type memo[K comparable, V any] struct {
	mutex sync.Mutex
	made  map[K]func() (V, error)
}

func (m *memo[K, V]) get(key K, produce func() (V, error)) (V, error) {
	m.mutex.Lock()
	if m.made == nil {
		m.made = map[K]func() (V, error){}
	}
	once, ok := m.made[key]
	if !ok {
		once = sync.OnceValues(produce)
		m.made[key] = once
	}
	m.mutex.Unlock()
	return once()
}
