/* holdfast: what a search box needs and browsers refuse to a page from file:// (fetch, XMLHttpRequest, Worker),
   answered from files of the copy. Does nothing where the copy is served over HTTP, and asks no network.
   HOLDFAST_OFFLINE, written before this text, says what was packed: {site, data, workers}. */
(function () {
  "use strict";
  if (location.protocol !== "file:" || window.holdfastOffline) return;

  var settings = HOLDFAST_OFFLINE;
  var here = document.currentScript.src;
  var root = here.slice(0, here.lastIndexOf("_holdfast/shim/"));
  var has = Object.prototype.hasOwnProperty;
  var texts = {}, pages = {}, states = {};

  // -- what the packed files call -----------------------------------------------------------------------

  window.holdfastOffline = {
    data: function (path, text) { texts[path] = text; },
    pages: function (paths, renamed) {
      paths.forEach(function (path) { pages[path] = path; });
      Object.keys(renamed).forEach(function (path) { pages[path] = renamed[path]; });
    }
  };

  function load(file, done) {
    var state = states[file];
    if (state && state.over) return done();
    if (state) { state.waiting.push(done); return; }
    state = states[file] = { over: false, waiting: [done] };
    var script = document.createElement("script");
    script.charset = "utf-8";
    script.src = root + "_holdfast/shim/" + file;
    script.onload = script.onerror = function () {
      state.over = true;
      script.remove();
      state.waiting.forEach(function (one) { one(); });
    };
    (document.head || document.documentElement).appendChild(script);
  }

  /* Calls done when the texts of all these paths, and the list of pages, are here. */
  function ready(paths, done) {
    var files = ["pages.js"].concat(paths.filter(function (path) {
      return has.call(settings.data, path);
    }).map(function (path) { return settings.data[path]; }));
    var left = files.length;
    files.forEach(function (file) { load(file, function () { if (--left === 0) done(); }); });
  }

  // -- which file of the site an address means ----------------------------------------------------------

  function absolute(address, base) {
    try { return new URL(String(address), base).href; } catch (refused) { return null; }
  }

  function below(url, top) { return url.indexOf(top) === 0 ? url.slice(top.length) : null; }

  /* The path below the site's root; null for what lies elsewhere. A page that asks for "/index.json" asks,
     from file://, for file:///index.json (on Windows file:///C:/index.json). */
  function pathOf(url) {
    if (url === null) return null;
    var bare = url.replace(/[?#][\s\S]*$/, "");
    var path = below(bare, root);
    if (path === null) path = below(bare.replace(/^http:/, "https:"), settings.site.replace(/^http:/, "https:"));
    if (path === null && /^file:\/\/\//.test(bare)) {
      path = below(bare.slice(7).replace(/^\/[A-Za-z]:(?=\/)/, ""), new URL(settings.site).pathname);
    }
    if (path === null) return null;
    try { return decodeURIComponent(path); } catch (malformed) { return path; }
  }

  function packed(url) {
    var path = pathOf(url);
    return path !== null && has.call(settings.data, path) ? path : null;
  }

  var TYPES = { json: "application/json", xml: "text/xml", html: "text/html", js: "text/javascript" };

  function typeOf(path) {
    return (TYPES[path.slice(path.lastIndexOf(".") + 1).toLowerCase()] || "text/plain") + ";charset=utf-8";
  }

  // -- fetch and XMLHttpRequest -------------------------------------------------------------------------

  function answer(win, base) {
    var nativeFetch = win.fetch;
    if (nativeFetch) {
      win.fetch = function (input, options) {
        var self = this, given = arguments;
        var asked = input && typeof input === "object" && "url" in input ? input : null;
        var url = absolute(asked ? asked.url : input, base());
        var method = (options && options.method) || (asked && asked.method) || "GET";
        var path = /^get$/i.test(method) ? packed(url) : null;
        if (path === null) return nativeFetch.apply(self || win, given);
        return new win.Promise(function (resolve) {
          ready([path], function () {
            if (!has.call(texts, path)) return resolve(nativeFetch.apply(self || win, given));
            var response = new win.Response(texts[path], { status: 200, headers: { "Content-Type": typeOf(path) } });
            Object.defineProperty(response, "url", { value: url });
            resolve(response);
          });
        });
      };
    }

    // A blob is something that XMLHttpRequest may read from file://: events, types and headers stay the browser's.
    var prototype = win.XMLHttpRequest.prototype;
    var open = prototype.open, send = prototype.send, abort = prototype.abort;

    function sendText(request, call, body) {
      var blob = win.URL.createObjectURL(new win.Blob([texts[call.path]], { type: typeOf(call.path) }));
      open.call(request, "GET", blob, call.later);
      Object.defineProperty(request, "responseURL", { configurable: true, value: call.url });
      request.addEventListener("loadend", function () { win.URL.revokeObjectURL(blob); });
      return send.call(request, body);
    }

    prototype.open = function (method, address, later) {
      var url = absolute(address, base());
      var path = /^get$/i.test(method) ? packed(url) : null;
      delete this.holdfastCall;
      delete this.responseURL;
      if (path === null) return open.apply(this, arguments);
      Object.defineProperty(this, "holdfastCall", {
        configurable: true, value: { path: path, url: url, later: later !== false, given: arguments }
      });
      return open.call(this, method, "data:,", later !== false);
    };
    prototype.send = function (body) {
      var request = this, call = this.holdfastCall;
      if (!call) return send.apply(this, arguments);
      if (has.call(texts, call.path)) return sendText(this, call, body);
      if (!call.later) { open.apply(this, call.given); return send.call(this, body); }
      ready([call.path], function () {
        if (request.holdfastCall !== call) return; // aborted, or opened for something else
        if (has.call(texts, call.path)) return sendText(request, call, body);
        open.apply(request, call.given);
        send.call(request, body);
      });
    };
    prototype.abort = function () {
      delete this.holdfastCall;
      return abort.apply(this, arguments);
    };
  }

  answer(window, function () { return document.baseURI; });

  // -- Worker: a classic worker's script runs in a hidden frame -------------------------------------------

  function copied(data) { return window.structuredClone ? window.structuredClone(data) : data; }

  var NativeWorker = window.Worker;

  /* An error page names its files from the site's root, which from file:// is the reader's disk. */
  function local(url, path) {
    if (path === null || below(url, root) !== null) return url;
    return root + path.split("/").map(encodeURIComponent).join("/");
  }

  function FrameWorker(address, options) {
    var asked = absolute(address, document.baseURI);
    var path = pathOf(asked), url = local(asked, path);
    if (url === null || url.indexOf("file:") !== 0 || (options && options.type === "module")) {
      return new NativeWorker(address, options);
    }
    var worker = Object.setPrototypeOf(new EventTarget(), FrameWorker.prototype);
    var frame = document.createElement("iframe");
    var before = [], running = false, dead = false, scope = null;

    ["message", "messageerror", "error"].forEach(function (type) {
      worker["on" + type] = null;
      worker.addEventListener(type, function (event) {
        if (typeof worker["on" + type] === "function") worker["on" + type](event);
      });
    });

    function deliver(target, make) {
      setTimeout(function () { if (!dead) target.dispatchEvent(make()); }, 0);
    }
    function failed(message, file, line) {
      deliver(worker, function () {
        return new ErrorEvent("error", { message: message, filename: file || url, lineno: line || 0, cancelable: true });
      });
    }
    function inward(data) {
      deliver(scope, function () { return new scope.MessageEvent("message", { data: data }); });
    }
    function script() { return scope.document.createElement("script"); }
    function run(text, file) {
      var element = script();
      element.text = text + "\n//# sourceURL=" + file;
      scope.document.head.appendChild(element).remove();
    }
    function runFile(file) {
      return new Promise(function (resolve, reject) {
        var element = script();
        element.src = file;
        element.onload = resolve;
        element.onerror = function () { reject(new Error("could not load " + file)); };
        scope.document.head.appendChild(element);
      });
    }

    worker.postMessage = function (data) {
      var sent = copied(data);
      if (running) inward(sent); else before.push(sent);
    };
    worker.terminate = function () { dead = true; frame.remove(); };

    frame.hidden = true;
    frame.setAttribute("aria-hidden", "true");
    frame.style.display = "none";
    document.documentElement.appendChild(frame);
    scope = frame.contentWindow;
    scope.document.open(); // or Firefox puts another document in the place of the empty one, later
    scope.document.write("<!DOCTYPE html><html><head></head><body></body></html>");
    scope.document.close();

    answer(scope, function () { return url; });
    scope.WorkerGlobalScope = scope.DedicatedWorkerGlobalScope = scope.Window;
    scope.close = worker.terminate;
    scope.postMessage = function (data) {
      var sent = copied(data);
      deliver(worker, function () { return new MessageEvent("message", { data: sent }); });
    };
    // What was packed runs at once, as the standard has it; for other files scripts that await the call work
    scope.importScripts = function () {
      var later = Promise.resolve();
      Array.prototype.forEach.call(arguments, function (one) {
        var file = absolute(one, url), path = packed(file);
        if (path !== null && has.call(texts, path)) run(texts[path], file);
        else later = later.then(function () { return runFile(file); });
      });
      later.catch(function (error) { failed(String(error.message)); });
      return later;
    };
    scope.addEventListener("error", function (event) { failed(event.message, event.filename, event.lineno); });

    var wanted = path !== null && has.call(settings.workers, path) ? settings.workers[path] : [];
    ready(wanted, function () {
      if (dead) return;
      runFile(url).then(function () {
        running = true;
        before.forEach(inward);
        before = [];
      }, function (error) { failed(error.message); });
    });
    return worker;
  }
  FrameWorker.prototype = Object.create(EventTarget.prototype, {
    constructor: { value: FrameWorker, writable: true, configurable: true }
  });
  window.Worker = FrameWorker;

  // -- links that scripts write: "/post/" is a file here --------------------------------------------------

  function fileOf(url) {
    var path = pathOf(url);
    if (path === null) return null;
    var stem = path.replace(/\/$/, "");
    var found = [path, stem + "/index.html", stem + ".html", stem + "/index.htm", stem + ".htm"].map(function (one) {
      return one.replace(/^\//, "");
    }).filter(function (one) { return has.call(pages, one); })[0];
    if (found === undefined) return null;
    var tail = /[?#][\s\S]*$/.exec(url);
    return root + pages[found].split("/").map(encodeURIComponent).join("/") + (tail ? tail[0] : "");
  }

  function mend(event) {
    var node = event.composedPath ? event.composedPath()[0] : event.target;
    if (event.type === "focusin" && node && node.tagName === "INPUT") ready([], function () {});
    while (node && !(node.tagName === "A" && typeof node.href === "string" && node.hasAttribute("href"))) {
      node = node.parentNode || node.host;
    }
    if (!node) return;
    var file = fileOf(node.href);
    if (file !== null && file !== node.href) node.href = file;
  }

  ["mousedown", "touchstart", "focusin", "contextmenu", "click", "auxclick"].forEach(function (type) {
    window.addEventListener(type, mend, { capture: true, passive: true });
  });

  // -- module scripts are refused: where a page brings a twin for browsers without modules, that one runs ------

  document.addEventListener("DOMContentLoaded", function () {
    var modules = [].slice.call(document.querySelectorAll('script[type="module" i]'));
    // an inline module runs from file:// too, and its twin would do the same work a second time
    if (!modules.length || modules.some(function (one) { return !one.hasAttribute("src"); })) return;
    [].forEach.call(document.querySelectorAll("script[nomodule]"), function (old) {
      var twin = document.createElement("script");
      [].forEach.call(old.attributes, function (one) {
        if (one.name !== "nomodule") twin.setAttribute(one.name, one.value);
      });
      twin.text = old.text;
      twin.async = false;
      old.replaceWith(twin);
    });
  });
})();
