package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"realtime/core/protocol/payload"
	"realtime/core/protocol/rpc"
)

// pageSize is how many sockets are asked for at once; far less than a frame holds.
const pageSize = 1000

// errNoNext is for a sidecar that cannot show even one socket: a frame is larger than any.
var errNoNext = errors.New("sockets: the list ends in the middle")

// selection says whom a list is about.
type selection struct {
	To        []string `sep:"none" help:"A room or socket id; may be given several times. Without it: everyone in the namespace." placeholder:"ROOM"`
	Users     []string `name:"user" sep:"none" help:"A user, as the app named it; may be given several times." placeholder:"USER"`
	Namespace string   `default:"/" placeholder:"/" help:"The namespace."`
	JSON      bool     `name:"json" help:"Print JSON: for each a line of its own."`
	linkFlags `embed:""`
}

func (s *selection) params() map[string]any {
	params := map[string]any{"namespace": s.Namespace}
	for key, list := range map[string][]string{"to": s.To, "users": s.Users} {
		if len(list) > 0 {
			params[key] = list
		}
	}
	return params
}

// ask calls a method and reads its result, which has no binary values but those of the app's data.
func (s *selection) ask(link *appLink, method string, params map[string]any, result any) error {
	packed, err := link.call(method, params)
	if err != nil {
		return err
	}
	text, _, err := payload.AppendJSON(nil, packed, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return json.Unmarshal(text, result)
}

// socketsCommand lists who is connected.
type socketsCommand struct {
	selection `embed:""`
}

// listedSocket is one socket of the answer.
type listedSocket struct {
	ID          string          `json:"id"`
	Namespace   string          `json:"namespace"`
	Rooms       []string        `json:"rooms"`
	User        *string         `json:"user"`
	Data        json.RawMessage `json:"data"`
	Address     string          `json:"address"`
	Secure      bool            `json:"secure"`
	Transport   string          `json:"transport"`
	Dialect     string          `json:"dialect"`
	ConnectedAt int64           `json:"connected_at"`
}

// Run prints a line for each socket, page by page as they come.
func (c *socketsCommand) Run(*grammar) error {
	link, err := c.dial(rpc.RoleAdmin, "realtime sockets")
	if err != nil {
		return err
	}
	defer link.Close()
	out := newListing(os.Stdout, c.JSON, "ID", "USER", "ADDRESS", "TRANSPORT", "SINCE", "ROOMS")
	params := c.params()
	params["limit"] = pageSize
	for {
		var page struct {
			Sockets   []listedSocket `json:"sockets"`
			Next      *string        `json:"next"`
			Truncated bool           `json:"truncated"`
		}
		if err := c.ask(link, rpc.MethodSockets, params, &page); err != nil {
			return err
		}
		for _, s := range page.Sockets {
			user := "-"
			if s.User != nil {
				user = *s.User
			}
			since := time.UnixMilli(s.ConnectedAt).Format(time.RFC3339)
			out.add(s, s.ID, user, s.Address, s.Transport, since, strings.Join(s.Rooms, " "))
		}
		if page.Next == nil {
			if page.Truncated {
				return errNoNext
			}
			return out.end()
		}
		params["after"] = *page.Next
	}
}

// roomsCommand lists the rooms and how many are in each.
type roomsCommand struct {
	selection `embed:""`
}

// Run prints a line for each room.
func (c *roomsCommand) Run(*grammar) error {
	link, err := c.dial(rpc.RoleAdmin, "realtime rooms")
	if err != nil {
		return err
	}
	defer link.Close()
	var result struct {
		Rooms     map[string]int `json:"rooms"`
		Truncated bool           `json:"truncated"`
	}
	if err := c.ask(link, rpc.MethodRooms, c.params(), &result); err != nil {
		return err
	}
	out := newListing(os.Stdout, c.JSON, "SOCKETS", "ROOM")
	for _, name := range slices.Sorted(maps.Keys(result.Rooms)) {
		size := result.Rooms[name]
		out.add(map[string]any{"room": name, "sockets": size}, fmt.Sprint(size), name)
	}
	if err := out.end(); err != nil {
		return err
	}
	if result.Truncated {
		return errors.New("rooms: there are more than one answer holds; --to and --user narrow it down")
	}
	return nil
}

// listing writes rows as a table, or as lines of JSON.
type listing struct {
	buffer *bufio.Writer
	table  *tabwriter.Writer
	json   *json.Encoder // nil for a table
}

func newListing(w io.Writer, asJSON bool, head ...string) *listing {
	l := &listing{buffer: bufio.NewWriter(w)}
	if asJSON {
		l.json = json.NewEncoder(l.buffer)
		return l
	}
	l.table = tabwriter.NewWriter(l.buffer, 0, 0, 2, ' ', 0)
	fmt.Fprintln(l.table, strings.Join(head, "\t"))
	return l
}

// add writes a row. Names come from clients and apps: what would move a terminal's cursor is left out.
func (l *listing) add(row any, cells ...string) {
	if l.json != nil {
		_ = l.json.Encode(row) // the buffer keeps the error for end
		return
	}
	for i, cell := range cells {
		cells[i] = plainCell(cell)
	}
	fmt.Fprintln(l.table, strings.Join(cells, "\t"))
}

func plainCell(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, text)
}

func (l *listing) end() error {
	if l.table != nil {
		if err := l.table.Flush(); err != nil {
			return err
		}
	}
	return l.buffer.Flush()
}
