// Run in each frame before its own scripts. WebRTC speaks UDP, which no proxy sees and no request announces:
// say whom it would ask.
(() => {
  const tell = console.debug.bind(console);
  const Real = globalThis.RTCPeerConnection;
  if (!Real) return;
  const told = (options) => {
    try {
      for (const server of (options && options.iceServers) || [])
        for (const url of [].concat(server.urls || server.url || [])) tell("holdfast:webrtc " + url);
    } catch { /* the page's own mistake */ }
  };
  const Watched = new Proxy(Real, {
    construct(target, [options, ...more]) {
      told(options);
      return Reflect.construct(target, [options, ...more]);
    },
  });
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"])
    if (name in globalThis) globalThis[name] = Watched;
})();
