package rpc

// The versions of the protocol that this package speaks.
const (
	LowestVersion  = 1
	HighestVersion = 1
)

// Requests and notifications of the app.
const (
	MethodHello      = "hello"
	MethodEmit       = "emit"
	MethodBatch      = "batch"
	MethodCall       = "call"
	MethodJoin       = "join"
	MethodLeave      = "leave"
	MethodDisconnect = "disconnect" // also the sidecar's, with other parameters: DisconnectEvent
	MethodSockets    = "sockets"
	MethodRooms      = "rooms"
	MethodCount      = "count"
	MethodSet        = "set"
	MethodAck        = "ack"
	MethodServerEmit = "server_emit"
	MethodStats      = "stats"
	MethodWindow     = "window"
)

// Requests and notifications of the sidecar.
const (
	MethodConnect     = "connect"
	MethodEvent       = "event"
	MethodServerEvent = "server_event"
	MethodRejected    = "rejected"
)

// Of both sides.
const (
	MethodPing  = "ping"
	MethodDrain = "drain" // a worker's is a request, the sidecar's a notification
	MethodBye   = "bye"
)

// Role is what a connection is for.
type Role string

// The roles of a hello.
const (
	RoleHandler Role = "handler" // takes connects and events
	RoleEmitter Role = "emitter" // only sends: jobs, consoles, tasks
	RoleAdmin   Role = "admin"   // looks and steers
)

// The hooks that an app can declare in its hello.
const (
	HookConnect    = "connect"
	HookDisconnect = "disconnect"
)

// MaxID is the length of the longest id, in bytes: of sockets, events and emits.
const MaxID = 64
