/*
 * Realtime.connect: a page's Socket.IO connection with the tokens that the page carries.
 *
 *   <meta name="realtime-token" content="JWT" data-namespace="/chat">   who the page is
 *   <meta name="realtime-room" content="JWT">                          a room that it may follow
 *
 *   var socket = Realtime.connect("/chat")      // instead of io("/chat")
 *
 * The tags are read at each connect. When another page of Turbo has other tags, its socket connects
 * anew. Requests to the own origin say in X-Realtime-Socket which sockets the page has, so that the app
 * can leave them out of what it sends. Syntax of ES5; needs neither an inline script nor eval.
 *
 * With clients of 1.x and 2.x the tokens go into the query, and no ids are told. 0.9 is not served.
 */
(function (window, document) {
  "use strict"

  if (window.Realtime) return // loaded twice

  var HEADER = "X-Realtime-Socket"
  var MAX_IDS = 8 // as many as the app looks at
  var PATH = "/socket.io/" // as the sidecar that serves this file is set
  var entries = []

  var Realtime = window.Realtime = {
    // Of the official client; for pages that bundle it: Realtime.io = io
    io: null,

    // connect(namespace = "/", options = {}) returns the socket of io(namespace, options).
    connect: function (namespace, options) {
      var io = Realtime.io || window.io
      if (!io) throw new Error("Realtime.connect: load " + PATH + "socket.io.js first, or set Realtime.io")
      if (typeof io !== "function") throw new Error("Realtime.connect: Socket.IO 0.9 has no room for tokens; load 1.x or later")
      var settings = copy(options)
      if (!settings.path) settings.path = PATH
      var entry = { namespace: namespace || "/", own: settings.auth, shown: null, refused: false, byQuery: io.protocol < 5 }
      var connect = entry.byQuery ? connectByQuery : connectByAuth
      entry.socket = connect(io, entry, settings)
      entries.push(entry)
      return entry.socket
    },

    // ids returns those of this page's connected sockets. What 1.x and 2.x take for an id is the secret
    // of their session, which is not told.
    ids: function () {
      var list = []
      entries.forEach(function (entry) {
        var socket = entry.socket
        if (!entry.byQuery && socket.connected && socket.id && list.length < MAX_IDS) list.push(socket.id)
      })
      return list
    }
  }

  // connectByAuth connects clients of 3.x and 4.x.
  function connectByAuth(io, entry, settings) {
    settings.auth = function (send) {
      entry.refused = false
      entry.shown = signature(entry.namespace)
      if (typeof entry.own === "function") entry.own(function (data) { send(credentials(entry.namespace, data)) })
      else send(credentials(entry.namespace, entry.own))
    }
    var socket = io(entry.namespace, settings)
    socket.on("connect_error", function () { entry.refused = !socket.active })
    return socket
  }

  // connectByQuery connects those of 1.x and 2.x, which have no auth. They enter "/" with the query of the
  // connection's address, whether the page wants it or not, and other namespaces with one of their own.
  function connectByQuery(io, entry, settings) {
    var query = settings.query
    var waits = settings.autoConnect === false
    delete settings.auth
    settings.autoConnect = false // a connection that is new must not open before it has the query of "/"
    settings.query = queryOf(entry.namespace, entry.own, query) // on one that is open this is said at once
    var socket = io(entry.namespace, settings)

    function refresh() {
      entry.shown = signature(entry.namespace)
      var own = queryOf(entry.namespace, entry.own, query)
      if (entry.namespace !== "/") socket.query = own
      if (entry.namespace === "/") socket.io.opts.query = own
      else if (!hasRoot(socket.io)) socket.io.opts.query = queryOf("/", null, query)
    }

    var open = socket.open
    socket.open = socket.connect = function () {
      if (!socket.connected) refresh()
      return open.call(socket)
    }
    socket.io.on("reconnect_attempt", refresh)
    refresh()
    if (!waits && !isActive(socket)) {
      socket.io.autoConnect = true // as it would have been, for those that share it
      socket.open()
    }
    return socket
  }

  // hasRoot reports whether a connection's "/" is the page's own.
  function hasRoot(manager) {
    return entries.some(function (entry) { return entry.namespace === "/" && entry.socket.io === manager })
  }

  // queryOf is what the page's own program says in its query and its auth, with the page's tokens. An
  // auth that is a function has to answer at once here.
  function queryOf(namespace, own, query) {
    var said = own
    if (typeof own === "function") {
      said = null
      own(function (data) { said = data })
    }
    var all = credentials(namespace, said)
    var parts = []
    function add(values) {
      for (var key in values) {
        var value = values[key]
        if (value === undefined || value === null) continue
        if (key === "room_tokens" && Array.isArray(value)) value = value.join(",") // none has a comma in it
        else if (typeof value === "object") value = JSON.stringify(value)
        parts.push(encodeURIComponent(key) + "=" + encodeURIComponent(value))
      }
    }
    if (typeof query === "string") parts.push(query)
    else add(query)
    add(all)
    return parts.join("&")
  }

  function copy(from) {
    var to = {}
    for (var key in from) to[key] = from[key]
    return to
  }

  // tags returns what the page's tags of this name say for a namespace.
  function tags(name, namespace) {
    var list = []
    var found = document.querySelectorAll('meta[name="' + name + '"]')
    for (var i = 0; i < found.length; i++) {
      var content = found[i].getAttribute("content")
      if (content && (found[i].getAttribute("data-namespace") || "/") === namespace) list.push(content)
    }
    return list
  }

  // credentials adds the page's tokens to what the page's own program says.
  function credentials(namespace, own) {
    var auth = copy(own)
    var token = tags("realtime-token", namespace)[0]
    var rooms = tags("realtime-room", namespace)
    if (token && auth.token === undefined) auth.token = token
    if (rooms.length) auth.room_tokens = rooms.concat(auth.room_tokens || [])
    return auth
  }

  function signature(namespace) {
    return tags("realtime-token", namespace).concat(tags("realtime-room", namespace)).join(" ")
  }

  // follow connects anew where the page's tags are others than at the last connect. A socket that the
  // page itself has disconnected stays so.
  function follow() {
    entries.forEach(function (entry) {
      var socket = entry.socket
      if (entry.shown === null || entry.shown === signature(entry.namespace)) return
      if (!entry.byQuery) {
        if (isActive(socket) || entry.refused) socket.disconnect().connect()
      } else if (isActive(socket) && socket.io.engine) {
        socket.io.engine.close() // they enter "/" on a new connection only, which they make by themselves
      }
    })
  }

  // isActive reports whether a socket is connected or will be by itself.
  function isActive(socket) {
    return socket.active === undefined ? !!socket.subs : socket.active // before 3.1 and since
  }

  // mayTell reports whether a request goes to the own origin, and not to Socket.IO itself.
  function mayTell(url) {
    var link = document.createElement("a")
    link.href = url
    link.href = link.href // resolves it in browsers that do so only when it is read
    return link.protocol === window.location.protocol && link.host === window.location.host &&
      link.pathname.indexOf(PATH) !== 0
  }

  function patchFetch() {
    var fetch = window.fetch
    if (!fetch) return
    window.fetch = function (input, init) {
      var ids = Realtime.ids()
      var isRequest = window.Request && input instanceof window.Request
      if (!ids.length || isRequest || !mayTell(String(input))) return fetch.apply(this, arguments)
      var headers = new window.Headers((init && init.headers) || undefined)
      if (headers.has(HEADER)) return fetch.apply(this, arguments)
      headers.set(HEADER, ids.join(","))
      var changed = copy(init)
      changed.headers = headers
      return fetch.call(this, input, changed)
    }
  }

  function patchXHR() {
    if (!window.XMLHttpRequest) return
    var prototype = window.XMLHttpRequest.prototype
    var open = prototype.open, setHeader = prototype.setRequestHeader, send = prototype.send
    prototype.open = function (method, url) {
      this.realtimeMayTell = mayTell(String(url))
      return open.apply(this, arguments)
    }
    prototype.setRequestHeader = function (name) {
      if (String(name).toLowerCase() === HEADER.toLowerCase()) this.realtimeMayTell = false
      return setHeader.apply(this, arguments)
    }
    prototype.send = function () {
      var ids = Realtime.ids()
      if (this.realtimeMayTell && ids.length) setHeader.call(this, HEADER, ids.join(","))
      return send.apply(this, arguments)
    }
  }

  patchFetch()
  patchXHR()
  document.addEventListener("turbo:load", follow)
  document.addEventListener("turbo:frame-load", follow)
  window.addEventListener("pageshow", follow)
})(window, document)
