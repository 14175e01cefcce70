package server

import (
	"slices"
	"strings"
)

// environment is the process's variables by name. One that is empty counts as not set: that is how
// container files leave a variable out.
type environment map[string]string

func newEnvironment(environ []string) environment {
	e := make(environment, len(environ))
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && value != "" {
			e[name] = value
		}
	}
	return e
}

// variable is the name of an option's variable.
func variable(key string) string { return "REALTIME_" + strings.ToUpper(key) }

// option returns what the variables say about an option.
func (e environment) option(r *row) (given, bool) {
	name := variable(r.Key)
	if value, ok := e[name]; ok {
		return given{texts: []string{value}, source: name}, true
	}
	if port, ok := e["PORT"]; ok && r.Key == "listen" {
		return given{texts: []string{port}, source: "PORT"}, true
	}
	return given{}, false
}

// name chooses the environment's name by the conventions of the frameworks.
func (e environment) name(standard string) given {
	for _, name := range []string{"REALTIME_ENV", "RAILS_ENV", "RACK_ENV", "DJANGO_ENV"} {
		if value, ok := e[name]; ok {
			return given{texts: []string{value}, source: name}
		}
	}
	return given{texts: []string{standard}, source: "default"}
}

// unknown returns hints about variables that look like ours and are none. They are no errors: a
// container platform sets variables for each service, and the service may be called realtime.
func (e environment) unknown() []string {
	known := []string{"REALTIME_CONFIG", "REALTIME_BIN", "REALTIME_LIBRARY"} // the latter two tell the bindings where we are
	for i := range table {
		known = append(known, variable(table[i].Key))
	}
	for _, key := range appsOwn {
		known = append(known, variable(key))
	}
	var hints []string
	for name := range e {
		if !strings.HasPrefix(name, "REALTIME_") || slices.Contains(known, name) || isServiceLink(name) {
			continue
		}
		hints = append(hints, name+" is no variable of ours"+suggest(name, known))
	}
	slices.Sort(hints)
	return hints
}

// isServiceLink knows what Kubernetes sets for a service called realtime: REALTIME_SERVICE_HOST,
// REALTIME_PORT_80_TCP_ADDR and so on.
func isServiceLink(name string) bool {
	rest := strings.TrimPrefix(name, "REALTIME_")
	return rest == "PORT" || strings.HasPrefix(rest, "PORT_") || strings.HasPrefix(rest, "SERVICE_")
}
