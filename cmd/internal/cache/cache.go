// Package cache keeps verdicts on files on disk from one run to the next, so that
// the cost of a run grows with the change and not with the repository.
//
// It knows keys and records and not what is in them. A cache that cannot be read
// is an empty one, and one that cannot be written is no fault of a run.
package cache

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// MaxBytes bounds the file of one cache. Over it, what the last run did not use
// is dropped.
const MaxBytes = 64 << 20

// magic begins the file of a cache; it changes with the layout.
var magic = []byte("gatehouse-verdicts-1\n")

// Store is the verdicts on the files of one tree.
type Store struct {
	file string

	mu      sync.Mutex
	records map[checks.Key][]byte
	used    map[checks.Key]bool
	grown   bool // there is something new to save
}

// Open reads the cache in a file, which need not exist.
func Open(file string) *Store {
	s := &Store{file: file, records: map[checks.Key][]byte{}, used: map[checks.Key]bool{}}
	data, err := os.ReadFile(file)
	if err != nil || !s.parse(data) {
		s.records = map[checks.Key][]byte{}
	}
	return s
}

// parse reads records: a key, the length and the bytes of each; behind them the
// CRC-32 of it all.
func (s *Store) parse(data []byte) bool {
	if len(data) > MaxBytes || len(data) < len(magic)+crc32.Size || !bytes.HasPrefix(data, magic) {
		return false
	}
	body, sum := data[:len(data)-crc32.Size], data[len(data)-crc32.Size:]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(sum) {
		return false
	}
	for body = body[len(magic):]; len(body) > 0; {
		var key checks.Key
		n := copy(key[:], body)
		length, size := binary.Uvarint(body[n:])
		if n < len(key) || size <= 0 || length > uint64(len(body)-n-size) {
			return false
		}
		end := n + size + int(length)
		s.records[key] = body[n+size : end : end]
		body = body[end:]
	}
	return true
}

// Recall gives the record under key. It may be called from any goroutine.
func (s *Store) Recall(key checks.Key) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record, ok := s.records[key]
	if ok {
		s.used[key] = true
	}
	return record, ok
}

// Keep stores a record. It may be called from any goroutine.
func (s *Store) Keep(key checks.Key, record []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[key], s.used[key], s.grown = record, true, true
}

// Save writes the cache where there is something new in it. Readers see the old
// file or the new one, never a part; of two that save at once, one wins.
func (s *Store) Save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.grown {
		return nil
	}
	out := s.encode(func(checks.Key) bool { return true })
	if len(out) > MaxBytes {
		out = s.encode(func(k checks.Key) bool { return s.used[k] })
	}
	if len(out) > MaxBytes {
		return fmt.Errorf("the verdicts of one run take %d bytes, and %d are kept at most", len(out), MaxBytes)
	}
	return write(s.file, out)
}

func (s *Store) encode(keep func(checks.Key) bool) []byte {
	out := append([]byte{}, magic...)
	for key, record := range s.records {
		if keep(key) {
			out = append(out, key[:]...)
			out = binary.AppendUvarint(out, uint64(len(record)))
			out = append(out, record...)
		}
	}
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
}

// write puts data in the place of file, readable by its owner only: paths and
// names of objects are nobody else's business.
func write(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
		return fmt.Errorf("save %s: %w", file, err)
	}
	return nil
}
