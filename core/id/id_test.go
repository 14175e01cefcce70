package id

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"
)

func TestNew_is_valid_and_never_repeats(t *testing.T) {
	const goroutines, each = 8, 1000 // many blocks, taken by several at once
	ids := make([][]string, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for range each {
				ids[g] = append(ids[g], New())
			}
		})
	}
	wg.Wait()

	seen := make(map[string]bool, goroutines*each)
	for _, list := range ids {
		for _, id := range list {
			if !Valid(id) {
				t.Fatalf("%q is not valid", id)
			}
			if strings.HasPrefix(id, "-") {
				t.Fatalf("%q would be taken for a flag", id)
			}
			if seen[id] {
				t.Fatalf("%q came twice", id)
			}
			seen[id] = true
		}
	}
}

// Each of the 120 bits must take both values, and about equally often: a block that was used twice,
// wiped too early or half filled would show here.
func TestNew_every_bit_is_random(t *testing.T) {
	const n = 4000
	var ones [size * 8]int
	for range n {
		raw, err := base64.RawURLEncoding.DecodeString(New())
		if err != nil || len(raw) != size {
			t.Fatalf("%d bytes, %v", len(raw), err)
		}
		for bit := range ones {
			ones[bit] += int(raw[bit/8] >> (bit % 8) & 1)
		}
	}
	// Eight standard deviations: a false alarm once in 10^13 runs.
	const deviation = 8 * 32
	for bit, count := range ones {
		if count < n/2-deviation || count > n/2+deviation {
			t.Errorf("bit %d was set in %d of %d ids", bit, count, n)
		}
	}
}

func TestNew_leaves_nothing_behind(t *testing.T) {
	New()
	source.mu.Lock()
	defer source.mu.Unlock()
	for i, b := range source.bytes[:(block-source.unused)*size] {
		if b != 0 {
			t.Fatalf("byte %d of an id that was given out is still there", i)
		}
	}
}

func TestValid(t *testing.T) {
	tests := []struct {
		name string
		id   string
		want bool
	}{
		{"every kind of character", "azAZ09-_azAZ09-_azAZ", true},
		{"empty", "", false},
		{"19", strings.Repeat("a", 19), false},
		{"21", strings.Repeat("a", 21), false},
		{"padding", strings.Repeat("a", 19) + "=", false},
		{"standard base64", strings.Repeat("a", 19) + "+", false},
		{"slash", strings.Repeat("a", 19) + "/", false},
		{"line feed", strings.Repeat("a", 19) + "\n", false},
		{"20 bytes, fewer characters", strings.Repeat("ä", 10), false},
		{"zero byte", strings.Repeat("a", 19) + "\x00", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Valid(tt.id); got != tt.want {
				t.Errorf("Valid(%q) = %v", tt.id, got)
			}
		})
	}
}

func FuzzValid(f *testing.F) {
	f.Add("azAZ09-_azAZ09-_azAZ")
	f.Add("azAZ09-_azAZ09-_azA=")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		raw, err := base64.RawURLEncoding.DecodeString(s)
		// The decoder passes over line breaks; an id has none.
		decodes := err == nil && len(raw) == size && !strings.ContainsAny(s, "\r\n")
		if Valid(s) != decodes {
			t.Errorf("Valid(%q) = %v, but decoding says %v", s, Valid(s), decodes)
		}
	})
}

func TestAllocations(t *testing.T) {
	var kept string
	valid := true
	if got := testing.AllocsPerRun(200, func() { kept = New() }); got > 1 {
		t.Errorf("New: %.0f allocations, want only the string", got)
	}
	if got := testing.AllocsPerRun(200, func() { valid = Valid(kept) && valid }); got > 0 {
		t.Errorf("Valid: %.0f allocations", got)
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			New()
		}
	})
}
