package source

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLongLinks(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	if leaves("a", strings.Repeat("x/", maxLinkSteps), none) {
		t.Error("a link within the limit leaves the tree")
	}
	if !leaves("a", strings.Repeat("x/", maxLinkSteps)+"y", none) {
		t.Error("a link over the limit is said to stay")
	}
	// Each link of the chain goes as deep as it can and then to the next.
	deep := strings.Repeat("x/", 2000)
	chain := func(path string) (string, bool) {
		base := path[strings.LastIndexByte(path, '/')+1:]
		if n := 0; strings.HasPrefix(base, "l") {
			fmt.Sscanf(base, "l%d", &n)
			return deep + fmt.Sprintf("l%d", n+1), true
		}
		return "", false
	}
	start := time.Now()
	for range 100 {
		leaves("l0", deep+"l1", chain)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("100 links took %s", took)
	}
}
