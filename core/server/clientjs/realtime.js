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
      var name = namespace || "/"
      var settings = copy(options)
      var own = settings.auth
      var entry = { namespace: name, shown: null, refused: false }
      if (!settings.path) settings.path = PATH
      settings.auth = function (send) {
        entry.refused = false
        entry.shown = signature(name)
        if (typeof own === "function") own(function (data) { send(credentials(name, data)) })
        else send(credentials(name, own))
      }
      entry.socket = io(name, settings)
      entry.socket.on("connect_error", function () { entry.refused = !entry.socket.active })
      entries.push(entry)
      return entry.socket
    },

    // ids returns those of this page's connected sockets.
    ids: function () {
      var list = []
      entries.forEach(function (entry) {
        var socket = entry.socket
        if (socket.connected && socket.id && list.length < MAX_IDS) list.push(socket.id)
      })
      return list
    }
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
      if (entry.shown === null || entry.shown === signature(entry.namespace)) return
      if (entry.socket.active || entry.refused) entry.socket.disconnect().connect()
    })
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
