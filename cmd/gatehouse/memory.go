package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/cache"
)

// spareHeap is the size of what is allocated and never written to. It takes no memory,
// and the collector counts it: the heap may grow so much further, whatever is in use,
// before it is collected. A run over thousands of small files is then collected a few
// times instead of some twenty.
const spareHeap = 32 << 20

// memory opens the cache of verdicts for a tree. It is off in continuous
// integration, where the cache of another change could decide. rules changes with
// the policies. save stores what the run added.
func (p program) memory(root, rules string, off bool) (m checks.Memory, save func()) {
	folder := p.env("XDG_CACHE_HOME")
	if folder == "" && p.env("HOME") != "" {
		folder = filepath.Join(p.env("HOME"), ".cache")
	}
	identity, err := programIdentity()
	if off || p.env("CI") != "" || root == "" || folder == "" || err != nil {
		return checks.Memory{}, func() {}
	}
	sum := sha256.Sum256([]byte(root))
	store := cache.Open(filepath.Join(folder, "gatehouse", "verdicts", hex.EncodeToString(sum[:16])))
	m = checks.Memory{Version: identity + " " + rules, Recall: store.Recall, Keep: store.Keep}
	return m, func() {
		// A cache that cannot be written makes the next run slower and this one no
		// worse.
		_ = store.Save()
	}
}

// programIdentity changes with every build: two builds from a work tree have the
// same version and not the same rules.
func programIdentity() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d %d", version(), info.Size(), info.ModTime().UnixNano()), nil
}
