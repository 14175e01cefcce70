package link

// inherit gives an heir what is still pending for its predecessor: events that the app has not answered,
// before which it will not be asked about the heir. It comes before the heir's connect.
func (l *Link) inherit(past, heir socket) {
	l.update(func(*steps) {
		l.rejected.remove(heir.ID()) // their id is one, and an earlier heir may have failed
		ln := l.lanes[past]
		if ln == nil {
			return
		}
		delete(l.lanes, past)
		ln.socket = heir
		l.lanes[heir] = ln
	})
}
