// Command typecheck says whether packages, their tests included, are right in their types on another
// system. It reads everything from source and generates no code: for a system that nothing is built for
// here, that costs a tenth of what `go vet` does.
//
//	typecheck GOOS/GOARCH PACKAGE…
//
// It ends with 1 and a line for each mistake when there is one, with 2 when the packages cannot be read.
package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: typecheck GOOS/GOARCH PACKAGE…")
		os.Exit(2)
	}
	found, err := load(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "typecheck:", err)
		os.Exit(2)
	}
	if packages.PrintErrors(found) > 0 {
		os.Exit(1)
	}
	fmt.Printf("ok: %d packages on %s, tests included\n", len(found), os.Args[1])
}

// load reads the packages with all that they need. Without cgo, as everything is built that is not for
// this machine.
func load(platform string, patterns []string) ([]*packages.Package, error) {
	system, processor, whole := strings.Cut(platform, "/")
	if !whole {
		return nil, fmt.Errorf("%q is not GOOS/GOARCH", platform)
	}
	found, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedTypesSizes,
		Env:   append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0"),
		Tests: true,
	}, patterns...)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no packages in %s", strings.Join(patterns, " "))
	}
	return found, err
}
