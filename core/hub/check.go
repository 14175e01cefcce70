package hub

import (
	"fmt"

	"realtime/core/id"
)

// Limits are those that an application can hold its requests against before it makes them.
type Limits struct {
	MaxPayload int // bytes of an emit or an ack, attachments included
	MaxRooms   int // of one socket
	MaxName    int // bytes of the name of a room, a user or a namespace
}

// Limits returns those of this hub.
func (h *Hub) Limits() Limits {
	return Limits{MaxPayload: h.cfg.MaxPayload, MaxRooms: h.cfg.MaxRooms, MaxName: h.cfg.MaxName}
}

// checkRooms says whether these names can be rooms to join.
func (h *Hub) checkRooms(rooms []string) error {
	if len(rooms) > h.cfg.MaxRooms {
		return &Error{CodeTooLarge, fmt.Sprintf(
			"rooms: %d given, a socket can be in %d (max_rooms)", len(rooms), h.cfg.MaxRooms)}
	}
	for _, room := range rooms {
		switch {
		case room == "":
			return &Error{CodeInvalid, "room: the name is empty"}
		case len(room) > h.cfg.MaxName:
			return h.nameTooLong("room", room)
		case isSocketID(room):
			return &Error{CodeInvalid, fmt.Sprintf(
				"room %q: a name of %d such characters, or one that ends with # and them, is a socket id, which nobody can join",
				room, id.Len)}
		}
	}
	return nil
}

func (h *Hub) checkAttributes(data []byte, user *string) error {
	if len(data) > h.cfg.MaxPayload {
		return &Error{CodeTooLarge, fmt.Sprintf(
			"data: %d bytes, the limit is %d (max_payload)", len(data), h.cfg.MaxPayload)}
	}
	if user != nil && len(*user) > h.cfg.MaxName {
		return h.nameTooLong("user", *user)
	}
	return nil
}

// CheckGrant returns the error for which Accept would close the session.
func (h *Hub) CheckGrant(g Grant) error {
	if err := h.checkRooms(g.Rooms); err != nil {
		return err
	}
	return h.checkAttributes(g.Data, g.User)
}

func (h *Hub) nameTooLong(what, name string) error {
	return &Error{CodeTooLarge, fmt.Sprintf(
		"%s %.40q…: %d bytes, the limit is %d (max_name)", what, name, len(name), h.cfg.MaxName)}
}

func errTooManyRooms(socket string, total, limit int) error {
	return &Error{CodeTooLarge, fmt.Sprintf(
		"socket %s would be in %d rooms, the limit is %d (max_rooms)", socket, total, limit)}
}
