package main

import (
	"fmt"
	"os"
	"text/tabwriter"
)

// configCommand prints what serve and run would work with.
type configCommand struct {
	settings `embed:""`
}

// Run prints a line for each option: key, value, source.
func (c *configCommand) Run(*grammar) error {
	s, err := c.load("", nil)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, line := range s.Describe() {
		fmt.Fprintf(w, "%s:\t%s\t# %s\n", line.Key, line.Value, line.Source)
	}
	return w.Flush()
}

// versionCommand prints the version.
type versionCommand struct{}

// Run prints it alone, so that scripts can read it.
func (versionCommand) Run(*grammar) error {
	_, err := fmt.Println(version)
	return err
}
