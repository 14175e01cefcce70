// What the first generation's htmlfile transport finds in Internet Explorer, made of an iframe: an
// ActiveX document that goes on loading. The transport itself is the client's own.

window.ActiveXObject = function ActiveXObject(name) {
  if (name !== "htmlfile") throw new Error(`there is no ${name}`);
  const frame = document.body.appendChild(document.createElement("iframe"));
  frame.hidden = true;
  frame.contentDocument.parentWindow = frame.contentWindow;
  return frame.contentDocument;
};

window.CollectGarbage = () => {};
