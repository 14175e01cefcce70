// Package core holds nothing itself: its folders are the floors of the house. ARCHITECTURE.md
// is the map, and imports_test.go keeps the arrows between the floors.
package core
