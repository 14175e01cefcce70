package hub

// Codes of [Error], the words of the app link (docs/protocol/rpc.md).
const (
	CodeInvalid            = "invalid"
	CodeInvalidNamespace   = "invalid_namespace"
	CodeReservedEvent      = "reserved_event"
	CodeTooManyAttachments = "too_many_attachments"
	CodeTooLarge           = "too_large"
	CodeBusy               = "busy"
	CodeGone               = "gone"
)

// Error is a refusal of what the application asked for: its own mistake, or a limit, which
// Message names. It is meant for the application's developer and never reaches a client.
type Error struct {
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ErrGone says that the socket has left, or that the ack was sent already.
var ErrGone = &Error{Code: CodeGone, Message: "the socket has left or was answered already"}
