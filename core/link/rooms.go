package link

import "time"

// TokenRooms are the rooms of a namespace that tokens open to whoever shows them, also without a socket.
// Each must count; the error is fit for the client.
func (l *Link) TokenRooms(namespace string, tokens []string) ([]string, error) {
	rooms, err := l.tokens.Rooms(tokens, namespace, l.appSecrets(), time.Now())
	if err != nil {
		return nil, err
	}
	return rooms, nil
}
