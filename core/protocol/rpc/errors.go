package rpc

import "fmt"

// Code is what a program decides by in an error answer. The texts beside it are for people.
type Code string

// The codes of an error answer, in both directions.
const (
	CodeVersion            Code = "version"              // no common protocol version
	CodeUnauthorized       Code = "unauthorized"         // the token is wrong, or hello has not come first
	CodeUnknownMethod      Code = "unknown_method"       //
	CodeInvalid            Code = "invalid"              // a parameter is missing or of the wrong type
	CodeTooLarge           Code = "too_large"            // over a limit of size, which the message names
	CodeTooManyAttachments Code = "too_many_attachments" // Socket.IO's clients take ten
	CodeReservedEvent      Code = "reserved_event"       // a name that Socket.IO keeps for itself
	CodeInvalidNamespace   Code = "invalid_namespace"    //
	CodeBusy               Code = "busy"                 // too many unanswered requests of this connection
	CodeTimeout            Code = "timeout"              //
	CodeGone               Code = "gone"                 // the socket, or the event to be answered, is no more
	CodeTruncated          Code = "truncated"            // the answer does not fit in a frame, not even cut
	CodeDraining           Code = "draining"             // nothing new is taken
	CodeRefused            Code = "refused"              // the app says no to a client: its text is for the client
	CodeInternal           Code = "internal"             // anything else; the log of who says it knows more
)

// Error is the error of a response: {code, message, data?}.
type Error struct {
	Code    Code
	Message string
	Data    []byte // one MessagePack value, or nil; aliases the frame when decoded
}

func (e *Error) Error() string { return fmt.Sprintf("rpc: %s: %s", e.Code, e.Message) }

// Fault is what kind of rule a frame breaks. The texts stand in conformance/vectors/rpc.json.
type Fault string

// The faults that end a connection.
const (
	FaultLength   Fault = "length"   // 0, or more than is allowed
	FaultSyntax   Fault = "syntax"   // not MessagePack, or it ends too early
	FaultDepth    Fault = "depth"    // more than 64 levels
	FaultTrailing Fault = "trailing" // bytes after the array
	FaultShape    Fault = "shape"    // MessagePack, but none of the three shapes
)

// FrameError says that the peer broke a rule of the framing. The connection is of no use after it.
type FrameError struct {
	Fault Fault
	What  string // which rule, in a few words
}

func (e *FrameError) Error() string { return fmt.Sprintf("rpc: frame: %s: %s", e.Fault, e.What) }

func shape(what string) error { return &FrameError{Fault: FaultShape, What: what} }

// ParamError says that a parameter is missing or is not what it should be. It is the answer of one
// request (CodeInvalid), not the end of a connection.
type ParamError struct {
	Key  string
	What string
}

func (e *ParamError) Error() string { return fmt.Sprintf("%s: %s", e.Key, e.What) }
