// Command realtime is the front door: one binary that owns every client connection and passes all
// other requests to the app behind it.
//
//	realtime serve --upstream http://127.0.0.1:3000   beside an app that runs already
//	realtime run bin/rails server                     starts the app too
//	realtime emit order.paid '{"id":7}' --to orders   says something to clients, from a shell
//	realtime config                                   prints the effective configuration
//
// Each command is a file. flags.go turns the table of options (core/server) into flags, so that a flag,
// an environment variable and a line of the file have one name and one meaning. What run does with the
// app's process is in supervisor.go (when to start, tell and end it), child.go (one run of it),
// terminal.go and process_*.go (what the system does behind our back).
package main
