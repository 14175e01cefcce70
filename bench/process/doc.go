// Package process starts the programs of the benchmarks on a core of their own and reads what they
// cost: CPU time and memory, from /proc. Linux only.
package process
